//! The section `webhooks` of the OpenAPI document: each type of event, with an example and the schema of its payload.

use serde_json::{Map, Value, json};

use super::types::{self, Data, EventType, Member};
use crate::tables::registry::Registry;

/// Adds the section, and the schemas that it refers to, to the framework's spec, which has the rows of all tables.
///
/// # Panics
///
/// When a type tells of a table that the registry does not know, or the spec is not the framework's.
pub fn add(spec: &mut Value, registry: &Registry) {
    let mut webhooks = Map::new();
    for event in types::all() {
        let payload = payload(spec, registry, event);
        let name = format!("{}Event", camel(event.name));
        webhooks.insert(event.name.to_owned(), json!({ "post": operation(event, &name) }));
        let schemas = spec["components"]["schemas"].as_object_mut().expect("the framework writes schemas");
        assert!(schemas.insert(name.clone(), payload).is_none(), "two schemas have the name {name}");
    }
    spec["webhooks"] = Value::Object(webhooks);
}

fn operation(event: &EventType, schema: &str) -> Value {
    let announced = if event.sent { "" } else { "\n\nThis type is announced; this version does not send it." };
    json!({
        "tags": ["webhooks"],
        "summary": event.tells,
        "description": format!(
            "{}. Sent to every enabled webhook whose `event_types` has `{}`, `{}.*` or `*`, at least once. `webhook-id` \
             stays the same however often it is sent; verify `webhook-signature` over the body as it came, as Standard \
             Webhooks says.{announced}",
            event.tells, event.name, event.group()
        ),
        "operationId": format!("on_{}", event.name.replace('.', "_")),
        "parameters": [
            header("webhook-id", "The id of the event", json!("0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10")),
            header("webhook-timestamp", "When this attempt was made, in seconds since 1970", json!("1772390327")),
            header(
                "webhook-signature",
                "`v1,` and the Base64 of the HMAC-SHA256 of id, timestamp and body; two of them, a blank apart, while a \
                 secret is being replaced",
                json!("v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
            ),
        ],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } },
        },
        "responses": {
            "2XX": { "description": "The event was taken; it is not sent again" },
            "410": { "description": "Nothing is wanted any more; the webhook is disabled" },
            "default": { "description": "It is sent again later, and no earlier than `Retry-After` says" },
        },
        "security": [],
    })
}

fn header(name: &str, about: &str, example: Value) -> Value {
    json!({ "name": name, "in": "header", "required": true, "description": about,
        "schema": { "type": "string", "example": example } })
}

fn payload(spec: &Value, registry: &Registry, event: &EventType) -> Value {
    let (data, example) = match event.data {
        Data::Row => {
            let table = registry.table(event.table).expect("a type tells of a table of the registry");
            let row = camel(table.singular);
            let example = spec["components"]["schemas"][&row]["example"].clone();
            (json!({ "allOf": [{ "$ref": format!("#/components/schemas/{row}") }] }), example)
        }
        Data::Members(members) => members_of(members),
    };
    let mut properties = Map::new();
    let mut put = |name: &str, mut schema: Value, about: &str| {
        schema["description"] = json!(about);
        properties.insert(name.to_owned(), schema);
    };
    put("type", json!({ "type": "string", "enum": [event.name] }), "What happened");
    put("timestamp", json!({ "type": "string", "format": "date-time" }), "When it happened");
    let what = match event.data {
        Data::Row if event.name.ends_with(".deleted") => "The row as it was",
        Data::Row => "The row as it is since then",
        Data::Members(_) => "What is told of it",
    };
    put("data", data.clone(), what);
    let (property, at) = ("0198c5a2-7d51-7c6e-9a3c-2b4d6f8a0c1e", "2026-03-01T18:32:07.123456+00:00");
    let mut told = json!({ "type": event.name, "timestamp": at, "data": example });
    if event.previous {
        put("previous", data, "The old values of the columns that changed, and of no others");
        told["previous"] = previous(&example);
    }
    put("property_id", json!({ "type": "string", "format": "uuid" }), "The property in which it happened");
    told["property_id"] = json!(property);
    let mut required = vec!["type", "timestamp", "data", "property_id"];
    if event.previous {
        required.push("previous");
    }
    json!({ "type": "object", "description": event.tells, "required": required, "properties": properties, "example": told })
}

/// The time of the change is always among what changed.
fn previous(row: &Value) -> Value {
    match row.get("updated_at") {
        Some(_) => json!({ "updated_at": "2026-02-27T21:14:03.120938+00:00" }),
        None => json!({}),
    }
}

fn members_of(members: &[Member]) -> (Value, Value) {
    let (mut properties, mut example) = (Map::new(), Map::new());
    for member in members {
        let (kind, format) = member.kind.split_once(' ').unwrap_or((member.kind, ""));
        let mut schema = json!({ "type": kind, "description": member.about });
        if !format.is_empty() {
            schema["format"] = json!(format);
        }
        properties.insert(member.name.to_owned(), schema);
        example.insert(member.name.to_owned(), serde_json::from_str(member.example).expect("examples are JSON"));
    }
    let required: Vec<&str> = members.iter().map(|member| member.name).collect();
    (json!({ "type": "object", "required": required, "properties": properties }), Value::Object(example))
}

fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split(['.', '_']).filter(|word| !word.is_empty()).map(capital).collect()
}
