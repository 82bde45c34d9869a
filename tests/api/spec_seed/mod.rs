//! The document in DailyPlay's spelling keeps every promise of the document that DailyPlay published.

mod compare;

use compare::differences;
use playhouse::{api::service, openapi::documents};
use serde_json::{Value, json};

fn seed() -> Value {
    serde_json::from_str(include_str!("../fixtures/dailyplay-openapi.json")).expect("the fixture is JSON")
}

fn ours() -> Value {
    serde_json::from_str(&documents(&service().spec(), "https://play.example.com").dailyplay)
        .expect("documents are JSON")
}

#[test]
fn every_promise_of_the_published_document_is_kept() {
    let differences = differences(&seed(), &ours());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_body_that_consumes_a_session_is_the_published_one() {
    let schema = |document: Value| document["components"]["schemas"]["ConsumeSessionRequest"].clone();
    let (ours, seed) = (schema(ours()), schema(seed()));
    assert_eq!(ours["required"], seed["required"]);
    assert_eq!(ours["properties"]["token"], seed["properties"]["token"]);
    for key in ["type", "example"] {
        assert_eq!(ours["properties"]["player_uuid"][key], seed["properties"]["player_uuid"][key]);
    }
}

#[test]
fn a_broken_promise_is_named_by_its_place() {
    for (pointer, broken, sentence) in [
        (
            "/paths/~1api~1org-api-keys/patch/operationId",
            json!("other"),
            "/paths/~1api~1org-api-keys/patch/operationId: published is \"updateApiKey\", ours is \"other\"",
        ),
        ("/paths/~1api~1org-api-keys?action=create-session/post", Value::Null, "create-session/post: missing"),
        ("/paths/~1api~1org-api-keys/get/responses/401", Value::Null, "/get/responses/401: missing"),
        ("/paths/~1api~1org-api-keys/get/parameters/0/required", json!(false), "/parameters/0/required"),
        ("/paths/~1api~1org-api-keys/get/parameters/0/in", json!("header"), "parameter \"org_id\" is missing"),
        ("/components/schemas/ApiKey/properties/expires_at/nullable", json!(false), "/expires_at/nullable"),
        ("/components/schemas/ApiKey/properties/name", json!({ "type": "string", "nullable": true }), "/name/nullable"),
        ("/components/schemas/ApiKey/properties/id/type", json!("string"), "/id/type"),
        ("/components/schemas/ApiKey/properties/created_at/format", json!("date"), "/created_at/format"),
        ("/components/schemas/SessionStatus/enum", json!(["active"]), "/status/enum"),
        (
            "/components/schemas/CreateSessionRequest/properties/expires_in_minutes/default",
            json!(1),
            "_minutes/default",
        ),
        (
            "/components/schemas/CreateSessionRequest/required",
            json!(["game_id"]),
            "\"game_id\" is required and was not",
        ),
        ("/components/schemas/CreateApiKeyRequest/required", json!(["name"]), "\"org_id\" is no longer required"),
        ("/components/securitySchemes/apiKey/name", json!("x-key"), "/apiKey/name"),
    ] {
        let mut document = ours();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent) {
            Some(Value::Array(items)) => items[member.parse::<usize>().unwrap()] = broken,
            Some(parent) => parent[member.replace("~1", "/")] = broken,
            None => panic!("{pointer} leads nowhere"),
        }
        let differences = differences(&seed(), &document).join("\n");
        assert!(differences.contains(sentence), "{pointer} should say `{sentence}`:\n{differences}");
    }
}

#[test]
fn the_face_stands_alone_in_its_document() {
    let document = ours();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths.len(), 5, "{paths:?}");
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"], json!([{ "url": "https://play.example.com" }]));
    let components = &document["components"];
    assert!(paths.iter().all(|path| path.starts_with("/api/org-api-keys")), "{paths:?}");
    assert_eq!(components["securitySchemes"].as_object().unwrap().len(), 2);
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn a_session_is_revoked_by_a_token_in_the_body() {
    let document = ours();
    let operation = &document["paths"]["/api/org-api-keys?action=revoke-session"]["post"];
    assert_eq!(operation["operationId"], "revokeSession");
    assert_eq!(operation["security"], json!([{ "apiKey": [] }]));
    assert!(operation["parameters"].is_null());
    let schema = &document["components"]["schemas"]["RevokeSessionRequest"];
    assert_eq!(schema["required"], json!(["token"]));
    assert_eq!(schema["properties"]["token"]["description"], "The session token to revoke");
}
