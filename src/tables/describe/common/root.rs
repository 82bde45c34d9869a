//! `GET /api`

use poem::http::Method;
use serde_json::json;

use super::{
    super::{
        answers::{JSON, answer, answers},
        model::{Operation, Schema, inline, list, media, named, string},
        names::ROOT,
        parameters as with,
    },
    member, object, success,
};

pub(super) fn operation() -> Operation {
    let about = "The tables and functions that this credential can use, and where they are.";
    Operation {
        params: vec![with::property()],
        responses: answers(vec![answer(200, "What there is", vec![media(JSON, named(ROOT))], &[])], &[]),
        ..super::operation(Method::GET, "api_root", "List what this credential can use", about)
    }
}

/// What it answers.
pub(super) fn schemas() -> [(&'static str, Schema); 1] {
    [(ROOT, answered())]
}

fn answered() -> Schema {
    let found = |name: &str, path: &str| {
        vec![member("name", "Its name", string(name)), member("path", "Where it is", string(path))]
    };
    let words = |example: &str| list(inline(string(example)));
    let mut table = found("players", "/api/players");
    table.push(member("operations", "What this credential may do, by the ids of operations", words("players_list")));
    let function = found("create-api-key", "/api/functions/create-api-key");
    let links = string("http://127.0.0.1:8080/openapi.json");
    let links = Schema { additional_properties: Some(Box::new(inline(links))), ..Schema::new("object") };
    let property = Schema {
        example: Some(json!("0198c5a2-7d51-7c6e-9a3c-2f6f1f0c9a51")),
        ..Schema::new_with_format("string", "uuid")
    };
    let table = object("A table", &["name", "path", "operations"], table);
    let function = object("A function", &["name", "path"], function);
    let data = object(
        "What this credential can use",
        &["property_id", "tables", "functions", "links"],
        vec![
            member("property_id", "The property that it works on", property),
            member("tables", "The tables", list(inline(table))),
            member("functions", "The functions", list(inline(function))),
            member("links", "Where else to look, by name", links),
        ],
    );
    success(data, "What this credential can use")
}
