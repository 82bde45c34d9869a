//! `GET /api`: what this credential can use.

use poem::{Endpoint, IntoResponse, Request, Response, Result, web::Json};
use poem_openapi::OperationId;
use serde_json::{Value, json};

use super::{
    super::registry::{Registry, Verb},
    permit,
};
use crate::{
    auth::property_key::Right,
    caller::{self, PropertyCaller},
    functions::FUNCTIONS,
};

/// Lists what a credential can use.
pub(super) struct Root(pub(super) &'static Registry);

impl Root {
    fn tables(&self, caller: &PropertyCaller) -> Vec<Value> {
        let usable = self.0.tables().iter().filter(|table| permit(caller, table).is_ok());
        let shown = usable.map(|table| {
            let may = |verb: &Verb| {
                verb.fits(table.access) && caller.may(if verb.reads() { Right::Read } else { Right::Write })
            };
            let operations: Vec<&str> =
                Verb::ALL.into_iter().filter(may).map(|verb| self.0.operation(table, verb)).collect();
            json!({ "name": table.name, "path": format!("/api/{}", table.name), "operations": operations })
        });
        shown.collect()
    }
}

impl Endpoint for Root {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let caller = PropertyCaller::of(&request).await?;
        let base = &caller::app(&request).base_url;
        let usable = FUNCTIONS.iter().filter(|function| function.is_for(&caller)).map(|function| function.name);
        let functions: Vec<Value> =
            usable.map(|name| json!({ "name": name, "path": format!("/api/functions/{name}") })).collect();
        let data = json!({
            "property_id": caller.property.0,
            "tables": self.tables(&caller),
            "functions": functions,
            "links": {
                "whoami": format!("{base}/api/whoami"),
                "batch": format!("{base}/api/batch"),
                "openapi": format!("{base}/openapi.json"),
                "docs": format!("{base}/docs"),
            },
        });
        let mut response = Json(json!({ "success": true, "data": data })).into_response();
        response.set_data(OperationId("api_root"));
        Ok(response)
    }
}
