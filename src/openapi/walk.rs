//! Ways through a document to the places that are rewritten.

use serde_json::{Map, Value};

/// The methods under which a path keeps operations; its other members are no operations.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Calls `visit` with each operation below `paths`.
pub(super) fn each_operation(document: &mut Value, mut visit: impl FnMut(&mut Map<String, Value>)) {
    for (_, path) in super::object(document, "paths") {
        for (method, operation) in path.as_object_mut().into_iter().flatten() {
            if let (true, Value::Object(operation)) = (METHODS.contains(&method.as_str()), operation) {
                visit(operation);
            }
        }
    }
}

/// Replaces each schema of a document, the innermost first.
pub(super) fn each_schema(node: &mut Value, rewrite: &mut impl FnMut(Map<String, Value>) -> Map<String, Value>) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| each_schema(item, rewrite)),
        Value::Object(members) => {
            for (key, member) in members {
                match key.as_str() {
                    "schema" => schema(member, rewrite),
                    "schemas" => member.as_object_mut().into_iter().flatten().for_each(|(_, s)| schema(s, rewrite)),
                    "example" | "examples" => {}
                    _ => each_schema(member, rewrite),
                }
            }
        }
        _ => {}
    }
}

fn schema(node: &mut Value, rewrite: &mut impl FnMut(Map<String, Value>) -> Map<String, Value>) {
    let Value::Object(members) = node else { return };
    for (keyword, member) in members.iter_mut() {
        match (keyword.as_str(), member) {
            ("properties", Value::Object(named)) => named.iter_mut().for_each(|(_, s)| schema(s, rewrite)),
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => parts.iter_mut().for_each(|s| schema(s, rewrite)),
            ("items" | "additionalProperties" | "not", inner) => schema(inner, rewrite),
            _ => {}
        }
    }
    *members = rewrite(std::mem::take(members));
}
