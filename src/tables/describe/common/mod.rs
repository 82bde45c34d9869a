//! What belongs to no table: the list of tables, the batch, the body of every error.

mod batch; // several operations at once
mod error; // why a request was not carried out
mod root; // what a credential can use

use poem::http::Method;
use serde_json::json;

use super::{
    answers::answers,
    filters,
    model::{Components, Operation, Path, Schema, SchemaRef, inline, security},
    names::{ERROR, QUERY, TABLES_TAG},
    reads,
    schemas::put,
};

/// `GET /api` and `POST /api/batch`
pub(super) fn paths() -> Vec<Path> {
    let path = |path: &str, operation| Path { path: path.to_owned(), operations: vec![operation] };
    vec![path("/api", root::operation()), path("/api/batch", batch::operation())]
}

/// The objects of both, and those that all tables share.
pub(super) fn register(components: &mut Components) {
    put(components, ERROR, error::schema());
    put(components, QUERY, reads::query_form());
    let tests = filters::tests();
    for (name, schema) in tests.into_iter().chain(root::schemas()).chain(batch::schemas()) {
        put(components, name, schema);
    }
}

/// An operation that is about no table, as yet without parameters and a body.
fn operation(method: Method, id: &'static str, summary: &'static str, description: &'static str) -> Operation {
    Operation {
        method,
        tags: vec![TABLES_TAG],
        summary: Some(summary),
        description: Some(description),
        external_docs: None,
        params: Vec::new(),
        request: None,
        responses: answers(Vec::new(), &[]),
        deprecated: false,
        security: security(),
        operation_id: Some(id),
        code_samples: Vec::new(),
    }
}

/// A member of an object, described.
fn member(name: &'static str, about: &'static str, schema: Schema) -> (&'static str, SchemaRef) {
    (name, inline(Schema { description: Some(about), ..schema }))
}

/// An object, described.
fn object(about: &'static str, required: &[&'static str], properties: Vec<(&'static str, SchemaRef)>) -> Schema {
    Schema { description: Some(about), required: required.to_vec(), properties, ..Schema::new("object") }
}

/// `{"success": true, "data": …}`
fn success(data: Schema, about: &'static str) -> Schema {
    let properties = vec![
        member("success", "Always true", Schema { example: Some(json!(true)), ..Schema::new("boolean") }),
        member("data", about, data),
    ];
    object(about, &["success", "data"], properties)
}
