//! From OpenAPI 3.0 to 3.1, whose schemas are JSON Schema 2020-12.
//!
//! | 3.0 | 3.1 |
//! |---|---|
//! | `nullable: true` | `null` among the types, the values of `enum`, or the alternatives |
//! | `example` of a schema | `examples` |
//! | `exclusiveMinimum: true` beside `minimum: 1` | `exclusiveMinimum: 1` |
//! | `format: byte` and `format: binary` | `contentEncoding`, `contentMediaType` |
//! | `allOf` around a reference, to describe it | the description beside the reference |
//! | `x-webhooks` | `webhooks` |

use serde_json::{Map, Value, json};

use super::{references, take, walk};

const DIALECT: &str = "https://spec.openapis.org/oas/3.1/dialect/base";

/// Keywords that describe a schema and do not decide what fits it.
const ANNOTATIONS: [&str; 8] =
    ["title", "description", "default", "deprecated", "readOnly", "writeOnly", "externalDocs", "examples"];

pub(super) fn upgrade(mut document: Value) -> Value {
    references::tidy(&mut document);
    media_types(&mut document);
    walk::each_schema(&mut document, &mut schema);
    let Value::Object(members) = document else { return document };
    let mut upgraded = Map::new();
    for (key, value) in members {
        match key.as_str() {
            "openapi" => {
                upgraded.insert(key, json!("3.1.0"));
                upgraded.insert("jsonSchemaDialect".to_owned(), json!(DIALECT));
            }
            "x-webhooks" => {
                upgraded.insert("webhooks".to_owned(), value);
            }
            _ => {
                upgraded.insert(key, value);
            }
        }
    }
    Value::Object(upgraded)
}

/// A body that is bytes has the media type under which it stands.
fn media_types(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(media_types),
        Value::Object(members) => {
            for (name, media) in members.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
                if let Some(schema) = media.get_mut("schema").and_then(Value::as_object_mut)
                    && schema.get("format").is_some_and(|format| format == "binary")
                {
                    take(schema, "format");
                    schema.insert("contentMediaType".to_owned(), json!(name));
                }
            }
            members.iter_mut().for_each(|(_, member)| media_types(member));
        }
        _ => {}
    }
}

fn schema(members: Map<String, Value>) -> Map<String, Value> {
    let nullable = members.get("nullable").is_some_and(|nullable| *nullable == true);
    let reference = references::described(&members);
    let bound = |exclusive: &str, plain: &str| match members.get(exclusive) {
        Some(Value::Bool(true)) => members.get(plain).cloned(),
        _ => None,
    };
    let (lower, upper) = (bound("exclusiveMinimum", "minimum"), bound("exclusiveMaximum", "maximum"));

    let mut upgraded = Map::new();
    let mut put = |key: &str, value: Value| upgraded.insert(key.to_owned(), value);
    for (key, value) in members {
        match (key.as_str(), &value) {
            ("nullable", _) => None,
            ("example", _) => put("examples", json!([value])),
            ("exclusiveMinimum", Value::Bool(_)) | ("exclusiveMaximum", Value::Bool(_)) => None,
            ("minimum", _) if lower.is_some() => put("exclusiveMinimum", value),
            ("maximum", _) if upper.is_some() => put("exclusiveMaximum", value),
            ("format", Value::String(format)) => match format.as_str() {
                "byte" | "base64" => put("contentEncoding", json!("base64")),
                "binary" => put("contentMediaType", json!("application/octet-stream")),
                _ => put("format", value),
            },
            ("allOf", _) if reference.is_some() => put("$ref", json!(reference)),
            _ => put(&key, value),
        };
    }
    if nullable { with_null(upgraded) } else { upgraded }
}

/// Lets `null` fit as well.
fn with_null(mut schema: Map<String, Value>) -> Map<String, Value> {
    let nothing = json!({ "type": "null" });
    if ["$ref", "allOf", "not"].iter().any(|keyword| schema.contains_key(*keyword)) {
        let (outside, inside): (Map<_, _>, Map<_, _>) =
            schema.into_iter().partition(|(keyword, _)| ANNOTATIONS.contains(&keyword.as_str()));
        let mut either = Map::new();
        either.insert("anyOf".to_owned(), json!([inside, nothing]));
        either.extend(outside);
        return either;
    }
    for alternatives in ["anyOf", "oneOf"] {
        if let Some(Value::Array(alternatives)) = schema.get_mut(alternatives) {
            alternatives.push(nothing.clone());
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind, "null"]);
    }
    schema
}
