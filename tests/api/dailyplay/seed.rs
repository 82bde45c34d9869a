//! Every answer fits the schemas of the document that DailyPlay published.

use serde_json::{Value, json};

use super::{KEYS, Stage, is_instant};

fn document() -> Value {
    serde_json::from_str(include_str!("../fixtures/dailyplay-openapi.json")).unwrap()
}

/// What of a value does not fit its published schema; members that were added are fine.
fn misfits(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return misfits(document, document.pointer(&reference[1..]).unwrap(), value, place);
    }
    if value.is_null() && schema["nullable"] == true {
        return vec![];
    }
    let fits = match schema["type"].as_str().unwrap() {
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => match (value.as_str(), schema["format"].as_str()) {
            (Some(_), Some("date-time")) => is_instant(value),
            (Some(text), Some("uuid")) => uuid::Uuid::parse_str(text).is_ok(),
            (text, _) => text.is_some(),
        },
        other => panic!("{place}: {other}"),
    };
    let is_listed = schema["enum"].as_array().is_none_or(|list| list.contains(value));
    if !fits || !is_listed {
        return vec![format!("{place}: {value} is not {schema}")];
    }
    let members = schema["properties"].as_object().into_iter().flatten();
    let of_members = members.filter_map(|(name, schema)| {
        value.get(name).map(|member| misfits(document, schema, member, &format!("{place}.{name}")))
    });
    let items = value.as_array().into_iter().flatten();
    let of_items = items.map(|item| misfits(document, &schema["items"], item, &format!("{place}[]")));
    of_members.chain(of_items).flatten().collect()
}

/// The published schema of an operation's answer.
fn schema<'a>(document: &'a Value, path: &str, method: &str, status: u16) -> &'a Value {
    let mut response = &document["paths"][path][method]["responses"][status.to_string()];
    if let Some(reference) = response["$ref"].as_str() {
        response = document.pointer(&reference[1..]).unwrap();
    }
    &response["content"]["application/json"]["schema"]
}

#[test]
fn a_value_that_does_not_fit_is_found() {
    let document = document();
    let of = |value: Value| misfits(&document, &json!({ "$ref": "#/components/schemas/ApiKey" }), &value, "key").len();
    assert_eq!(of(json!({ "id": 1, "allowed_game_ids": null, "more": 1 })), 0);
    assert_eq!(of(json!({ "id": "1", "name": null, "allowed_game_ids": [1, "2"], "created_at": "2026-02-17" })), 4);
}

#[tokio::test]
async fn every_answer_fits_the_schema_that_was_published_for_it() {
    let document = document();
    let stage = Stage::set().await;
    let (create, consume) = (format!("{KEYS}?action=create-session"), format!("{KEYS}?action=consume-session"));
    let validate = format!("{KEYS}?action=validate-session&token=");
    let published = format!("{KEYS}?action=validate-session&token={{token}}");
    let key = stage.tenant.key.as_str();
    let full = json!({ "game_id": stage.tenant.game, "stream_id": stage.tenant.stream, "external_ref": "x", "metadata": { "a": 1 } });
    let mut answers = Vec::new();
    for body in [full, json!({ "stream_id": stage.tenant.stream }), json!({ "game_id": i32::MAX }), json!({})] {
        let created = stage.app.keyed(key, "POST", &create, body).await;
        let token = created.body["data"]["token"].as_str().unwrap_or("none").to_owned();
        answers.push((create.as_str(), "post", created));
        answers.push((&published, "get", stage.app.get(&format!("{validate}{token}")).await));
        for _ in 0..2 {
            answers.push((&consume, "post", stage.app.post(&consume, json!({ "token": token })).await));
        }
        answers.push((&published, "get", stage.app.get(&format!("{validate}{token}")).await));
    }
    answers.push((&create, "post", stage.app.post(&create, json!({})).await));
    let org = stage.tenant.org;
    let new = json!({ "org_id": org, "name": "A key", "allowed_game_ids": [1], "expires_at": "2037-01-01T00:00:00Z" });
    let created = stage.manage("POST", "", new).await;
    let id = created.body["data"]["id"].as_i64().unwrap();
    answers.push((KEYS, "post", created));
    answers.push((KEYS, "get", stage.manage("GET", &format!("?org_id={org}"), Value::Null).await));
    answers.push((KEYS, "patch", stage.change_key(id, json!({ "is_active": false })).await));
    answers.push((KEYS, "delete", stage.manage("DELETE", &format!("?id={id}&org_id={org}"), Value::Null).await));
    answers.push((KEYS, "get", stage.app.get(&format!("{KEYS}?org_id={org}")).await));
    assert_eq!(answers.len(), 26);
    for (path, method, answer) in answers {
        let schema = schema(&document, path, method, answer.status);
        assert!(schema.is_object(), "{method} {path} was never said to answer {}: {}", answer.status, answer.text);
        let misfits = misfits(&document, schema, &answer.body, "body");
        assert!(misfits.is_empty() && answer.body.is_object(), "{method} {path}: {misfits:?}");
    }
}
