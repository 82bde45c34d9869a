//! Walks over everything there is: each operation of the document without a credential, with a wrong one and with too
//! small a one; each table with the ids of somebody else; each table with a row of its own.
//!
//! Nothing here names a table, so that a new one is walked as soon as the registry has it.

mod credentials;
mod hidden;
mod life;
mod strangers;

use serde_json::Value;

use super::neighbours::{Neighbours, Side, registry};
use crate::support::app::Answer;

/// An operation of the served document, with the ids of its path filled in.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) id: String,
}

/// The operations of the property's faces, about the rows of one side.
pub(super) async fn operations(stage: &Neighbours, about: &Side) -> Vec<Operation> {
    let document = stage.app.get("/openapi.json").await.body;
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| playhouse::api::is_coded(path)) {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let table = path.split('/').nth(2).and_then(|name| registry().table(name));
            let row = table.map(|table| about.id(table.name)).unwrap_or_default();
            let path = path.replace("{id}", &row);
            assert!(!path.contains('{'), "{path} has a parameter that this walk does not know");
            found.push(Operation { method: method.to_uppercase(), path, id: id.to_owned() });
        }
    }
    for table in registry().tables() {
        let listed = |id: &str| found.iter().any(|operation| operation.id == id);
        assert!(listed(&format!("{}_list", table.name)), "the document lacks {}", table.name);
    }
    found
}

/// The five members that clients of both families read, beside `success`.
fn assert_is_error(answer: &Answer, status: u16, code: &str, asked: &str) {
    assert_eq!(answer.status, status, "{asked}: {}", answer.text);
    let body = &answer.body;
    assert_eq!((&body["success"], &body["code"]), (&Value::Bool(false), &code.into()), "{asked}: {}", answer.text);
    assert_eq!(body["message"], body["error"], "{asked}: {}", answer.text);
    for name in ["error", "details", "hint"] {
        assert!(body.get(name).is_some(), "{asked} lacks {name}: {}", answer.text);
    }
    assert_eq!(answer.header("proxy-status"), format!("PostgREST; error={code}"), "{asked}");
}
