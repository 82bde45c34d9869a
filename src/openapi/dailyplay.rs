//! Sessions and organisation keys in the spelling of DailyPlay's own document: `?action=` calls in place of paths,
//! `nullable` as 3.0 has it under the number of 3.1.

use serde_json::{Map, Value, json};

use super::{object, prune, take};

/// Every path of this face begins so.
const FACE: &str = "/api/org-api-keys";

/// How a call by path is spelled as a call by action, and where its token goes.
struct Spelling {
    path: &'static str,
    method: &'static str,
    key: &'static str,
    as_method: &'static str,
    token: Token,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Nowhere,
    Query,
    Body,
}

#[rustfmt::skip]
const SPELLINGS: [Spelling; 4] = [
    Spelling { path: "/api/org-api-keys/sessions", method: "post", key: "/api/org-api-keys?action=create-session", as_method: "post", token: Token::Nowhere },
    Spelling { path: "/api/org-api-keys/sessions/{token}", method: "get", key: "/api/org-api-keys?action=validate-session&token={token}", as_method: "get", token: Token::Query },
    Spelling { path: "/api/org-api-keys/sessions/{token}/consume", method: "post", key: "/api/org-api-keys?action=consume-session", as_method: "post", token: Token::Body },
    Spelling { path: "/api/org-api-keys/sessions/{token}", method: "delete", key: "/api/org-api-keys?action=revoke-session", as_method: "post", token: Token::Body },
];

/// The document of this face alone, out of a completed 3.0 document.
pub(super) fn dailyplay(mut document: Value) -> Value {
    let mut components = document["components"].take();
    let mut source = std::mem::take(object(&mut document, "paths"));
    source.retain(|path, _| path.starts_with(FACE));

    let mut paths = Map::new();
    for spelling in &SPELLINGS {
        let Some(item) = source.get_mut(spelling.path).and_then(Value::as_object_mut) else { continue };
        if let Some(mut operation) = take(item, spelling.method) {
            move_token(&mut operation, spelling.token, &mut components);
            let mut respelled = Map::new();
            respelled.insert(spelling.as_method.to_owned(), operation);
            paths.insert(spelling.key.to_owned(), Value::Object(respelled));
        }
    }
    source.retain(|_, item| item.as_object().is_some_and(|item| !item.is_empty()));
    paths.extend(source);

    rename_schemes(&mut paths, &mut components);
    for (_, schema) in object(&mut components, "schemas") {
        spread_example(schema);
    }
    let mut told = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Playhouse: sessions and keys",
            "description": "One-time tokens for plays of games and streams, and the keys of an organization that create them, in the spelling that integrations of DailyPlay use. The same operations under plain paths stand in /openapi.json.",
            "version": document["info"]["version"],
        },
        "servers": document["servers"],
        "security": [{ "apiKey": [] }],
        "paths": paths,
        "components": components,
    });
    prune::unused(&mut told, &["schemas", "responses", "headers", "parameters", "requestBodies"]);
    told
}

fn move_token(operation: &mut Value, to: Token, components: &mut Value) {
    let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
    match to {
        Token::Nowhere => {}
        Token::Query => {
            for parameter in parameters.iter_mut().filter(|parameter| parameter["in"] == "path") {
                parameter["in"] = json!("query");
            }
        }
        Token::Body => {
            parameters.retain(|parameter| parameter["in"] != "path");
            if parameters.is_empty() {
                operation.as_object_mut().map(|operation| take(operation, "parameters"));
            }
            token_in_body(operation, &name, components);
        }
    }
}

/// Makes the token the first and required member of the body.
fn token_in_body(operation: &mut Value, operation_id: &str, components: &mut Value) {
    let what = operation_id.strip_suffix("Session").unwrap_or("use");
    let token = json!({
        "type": "string",
        "format": "uuid",
        "description": format!("The session token to {what}"),
        "example": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    });
    let schema = &mut operation["requestBody"]["content"]["application/json"]["schema"];
    let name = match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/")) {
        Some(name) => name.to_owned(),
        None => {
            let mut capital = operation_id.to_owned();
            capital.get_mut(..1).map(str::make_ascii_uppercase);
            format!("{capital}Request")
        }
    };
    let inline = if schema.is_object() { schema.take() } else { json!({}) };
    operation["requestBody"] = json!({
        "required": true,
        "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } },
    });

    let body = object(components, "schemas").entry(name).or_insert(inline);
    let (mut required, mut properties) = (vec![json!("token")], Map::new());
    properties.insert("token".to_owned(), token);
    required.extend(body["required"].as_array().cloned().unwrap_or_default());
    properties.extend(std::mem::take(object(body, "properties")));
    body["type"] = json!("object");
    body["required"] = json!(required);
    body["properties"] = json!(properties);
}

/// Gives the schemes the names that they have there: what a scheme is decides, not what the code calls it.
fn rename_schemes(paths: &mut Map<String, Value>, components: &mut Value) {
    let schemes = std::mem::take(object(components, "securitySchemes"));
    let name = |scheme: &Value| match (scheme["type"].as_str(), scheme["in"].as_str()) {
        (Some("apiKey"), Some("header")) => Some("apiKey"),
        (Some("http"), _) if scheme["scheme"] == "bearer" => Some("bearerAuth"),
        _ => None,
    };
    let mut named = Map::new();
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        let Some(alternatives) = operation.get_mut("security").and_then(Value::as_array_mut) else { continue };
        for alternative in alternatives.iter_mut().filter_map(Value::as_object_mut) {
            *alternative = std::mem::take(alternative)
                .into_iter()
                .map(|(used, scopes)| match schemes.get(&used).and_then(|scheme| Some((name(scheme)?, scheme))) {
                    Some((new, scheme)) => {
                        named.entry(new).or_insert_with(|| scheme.clone());
                        (new.to_owned(), scopes)
                    }
                    None => (used, scopes),
                })
                .collect();
        }
    }
    components["securitySchemes"] = Value::Object(named);
}

/// Lays the example of an object on its properties, where that document shows examples; what a property cannot bear, since
/// it is a reference, stays with the object.
fn spread_example(schema: &mut Value) {
    let Some(mut example) = schema.get("example").and_then(Value::as_object).cloned() else { return };
    let mut placed = |name: &String, value: &Value| {
        let property = schema.get_mut("properties").and_then(|properties| properties.get_mut(name)?.as_object_mut());
        let bearing = property.filter(|property| !property.contains_key("$ref") && !property.contains_key("allOf"));
        bearing.map(|property| property.entry("example").or_insert_with(|| value.clone())).is_some()
    };
    example.retain(|name, value| !placed(name, value));
    match schema.as_object_mut() {
        Some(schema) if example.is_empty() => drop(take(schema, "example")),
        _ => {}
    }
}
