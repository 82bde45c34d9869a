//! Which path and method lead to which verb, for each table of the catalog.

use std::collections::HashMap;

use poem::{
    Endpoint, Request, Response, Result,
    endpoint::{BoxEndpoint, EndpointExt},
    http::{Method, StatusCode},
};
use poem_openapi::{
    OpenApi, OperationId,
    registry::{MetaApi, Registry as Document},
};

use super::{
    super::{
        describe,
        registry::{Catalog, Registry, Verb},
        table::Table,
    },
    Tables,
    batch::Batches,
    root::Root,
    serve,
};
use crate::{caller::PropertyCaller, error::ApiError};

type Routes = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

impl<C: Catalog> OpenApi for Tables<C> {
    fn meta() -> Vec<MetaApi> {
        describe::meta::<C>()
    }

    fn register(document: &mut Document) {
        describe::register::<C>(document);
    }

    fn add_routes(self, routes: &mut Routes) {
        let registry = C::registry();
        for table in registry.tables() {
            for verb in Verb::ALL.into_iter().filter(|verb| verb.fits(table.access)) {
                let operation = registry.operation(table, verb);
                for (method, path) in places(table, verb) {
                    let endpoint = Call { registry, table, verb, operation }.boxed();
                    routes.entry(path).or_default().insert(method, endpoint);
                }
            }
        }
        routes.entry("/api".to_owned()).or_default().insert(Method::GET, Root(registry).boxed());
        routes.entry("/api/batch".to_owned()).or_default().insert(Method::POST, Batches(registry).boxed());
        for path in ["/api/:param0", "/api/:param0/*rest"] {
            for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, query()]
            {
                routes.entry(path.to_owned()).or_default().insert(method, Nowhere(registry).boxed());
            }
        }
    }
}

/// The method whose body is a query.
fn query() -> Method {
    Method::from_bytes(b"QUERY").expect("letters make a method")
}

/// Where a verb is served.
fn places(table: &Table, verb: Verb) -> Vec<(Method, String)> {
    let (all, one) = (format!("/api/{}", table.name), format!("/api/{}/:param0", table.name));
    match verb {
        Verb::List => vec![(Method::GET, all.clone()), (Method::HEAD, all)],
        Verb::Query => vec![(Method::POST, format!("/api/{}/query", table.name)), (query(), all)],
        Verb::Create => vec![(Method::POST, all)],
        Verb::UpdateMany => vec![(Method::PATCH, all)],
        Verb::Put => vec![(Method::PUT, all)],
        Verb::DeleteMany => vec![(Method::DELETE, all)],
        Verb::Get => vec![(Method::GET, one.clone()), (Method::HEAD, one)],
        Verb::Update => vec![(Method::PATCH, one)],
        Verb::Replace => vec![(Method::PUT, one)],
        Verb::Delete => vec![(Method::DELETE, one)],
    }
}

/// A verb on a table as an endpoint.
struct Call {
    registry: &'static Registry,
    table: &'static Table,
    verb: Verb,
    operation: &'static str,
}

impl Endpoint for Call {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        match serve(self.registry, self.table, self.verb, &mut request).await {
            Ok(mut response) => {
                response.set_data(OperationId(self.operation));
                Ok(response)
            }
            Err(error) => {
                let mut error = poem::Error::from(error.with_code_of_status());
                error.set_data(OperationId(self.operation));
                Err(error)
            }
        }
    }
}

/// Paths under `/api` that lead nowhere: the nearest table as a hint, for whoever has a credential.
struct Nowhere(&'static Registry);

impl Endpoint for Nowhere {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        PropertyCaller::of(&request).await?;
        let mut segments = request.uri().path().trim_start_matches('/').split('/').skip(1);
        let name = segments.next().unwrap_or_default();
        if segments.next().is_none() {
            self.0.require(name)?;
        }
        Err(ApiError::new(StatusCode::NOT_FOUND, "Invalid path specified in request URL").with_code("PGRST125").into())
    }
}
