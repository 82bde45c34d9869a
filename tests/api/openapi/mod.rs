//! The documents: complete in every operation, and the same thing said in two versions.

mod docs;
mod upgrade;

use playhouse::{api::service, openapi::documents};
use serde_json::{Value, json};

fn both() -> (Value, Value) {
    let documents = documents(&service().spec(), "https://play.example.com");
    let parse = |text: &str| serde_json::from_str(text).expect("documents are JSON");
    (parse(&documents.v3_0), parse(&documents.v3_1))
}

/// The statuses of an operation, in their order.
fn statuses(document: &Value, pointer: &str) -> Vec<String> {
    let operation = document.pointer(pointer).expect("the operation is in the document");
    operation["responses"].as_object().expect("it has responses").keys().cloned().collect()
}

#[test]
fn every_operation_tells_all_answers_that_it_can_give() {
    for document in <[Value; 2]>::from(both()) {
        assert_eq!(
            statuses(&document, "/paths/~1api~1org-api-keys~1sessions/post").join(" "),
            "200 400 401 403 408 413 414 415 429 431 500 503"
        );
        assert_eq!(
            statuses(&document, "/paths/~1api~1org-api-keys~1sessions~1{token}/get").join(" "),
            "200 400 408 413 414 429 431 500 503"
        );
        assert_eq!(
            statuses(&document, "/paths/~1api~1org-api-keys~1sessions~1{token}~1consume/post").join(" "),
            "200 400 408 410 413 414 415 429 431 500 503"
        );
    }
}

#[test]
fn answers_to_a_key_tell_its_quota() {
    let (_, document) = both();
    let answers = |pointer: &str| document.pointer(pointer).unwrap()["responses"].clone();
    let keyed = answers("/paths/~1api~1org-api-keys~1sessions/post");
    for header in [
        "RateLimit",
        "RateLimit-Policy",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "X-Request-Id",
    ] {
        assert!(keyed["200"]["headers"][header].is_object(), "{header}");
    }
    assert_eq!(keyed["429"], json!({ "$ref": "#/components/responses/RateLimited" }));
    let member = answers("/paths/~1api~1org-api-keys/get");
    assert!(member["200"]["headers"]["RateLimit"].is_null());
    assert_eq!(member["429"], json!({ "$ref": "#/components/responses/Throttled" }));
    assert!(document["components"]["responses"]["RateLimited"]["headers"]["Retry-After"].is_object());
}

#[test]
fn every_error_has_the_body_of_its_face() {
    let (document, _) = both();
    for (error, required) in [
        ("ErrorResponse", json!(["success", "error"])),
        ("TableError", json!(["success", "error", "code", "message", "details", "hint"])),
    ] {
        let error = &document["components"]["schemas"][error];
        assert_eq!(error["required"], required);
        assert_eq!(error["properties"]["success"]["example"], false);
    }
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        let media = &response["content"]["application/json"];
        let error = if name.starts_with("Table") { "TableError" } else { "ErrorResponse" };
        assert_eq!(media["schema"]["$ref"], format!("#/components/schemas/{error}"), "{name}");
        assert!(media["example"]["error"].is_string(), "{name}");
    }
}

#[test]
fn public_operations_say_that_they_need_no_credential() {
    let (_, document) = both();
    assert_eq!(document["paths"]["/api/org-api-keys/sessions/{token}"]["get"]["security"], json!([]));
}

#[test]
fn references_lead_somewhere_and_nothing_is_left_over() {
    for document in <[Value; 2]>::from(both()) {
        let text = document.to_string();
        let references: Vec<_> =
            text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
        for reference in &references {
            assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
        }
        for kind in ["schemas", "responses", "headers", "parameters"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                let pointer = format!("/components/{kind}/{name}");
                assert!(references.contains(&pointer), "nothing refers to {pointer}");
            }
        }
    }
}

#[test]
fn the_older_version_hides_what_it_has_no_word_for() {
    let (v3_0, v3_1) = both();
    assert_eq!((&v3_0["openapi"], &v3_1["openapi"]), (&json!("3.0.3"), &json!("3.1.0")));
    let info = json!({ "summary": "A platform" });
    let webhooks = json!({ "player.created": {} });
    let spec = json!({ "openapi": "3.0.0", "info": info, "paths": {}, "components": {}, "webhooks": webhooks });
    let documents = documents(&spec.to_string(), "http://localhost");
    assert!(documents.v3_0.contains("\"x-summary\"") && documents.v3_1.contains("\"summary\""));
    assert!(documents.v3_0.contains("\"x-webhooks\"") && !documents.v3_0.contains("\"webhooks\""));
    assert!(documents.v3_1.contains("\"webhooks\"") && !documents.v3_1.contains("\"x-webhooks\""));
}

#[test]
fn bounds_and_media_types_read_as_people_write_them() {
    let (document, _) = both();
    let minutes = &document["components"]["schemas"]["CreateSessionRequest"]["properties"]["expires_in_minutes"];
    assert_eq!((minutes["minimum"].to_string(), minutes["maximum"].to_string()), ("1".into(), "525600".into()));
    assert!(!document.to_string().contains("charset"));
    let example = &document["components"]["schemas"]["CreateSessionRequest"]["example"];
    assert_eq!(example["metadata"]["campaign"], "summer-promo");
    assert_eq!(example.get("stream_id"), Some(&Value::Null));
}

#[test]
fn no_member_is_null_outside_of_examples_and_enumerations() {
    fn check(pointer: &str, node: &Value) {
        assert!(!node.is_null(), "{pointer}");
        for (key, member) in node.as_object().into_iter().flatten() {
            if !matches!(key.as_str(), "example" | "examples" | "enum" | "default") {
                check(&format!("{pointer}/{key}"), member);
            }
        }
        node.as_array().into_iter().flatten().enumerate().for_each(|(i, item)| check(&format!("{pointer}/{i}"), item));
    }
    let documents = documents(&service().spec(), "https://play.example.com");
    for text in [documents.v3_1, documents.v3_0, documents.dailyplay] {
        check("", &serde_json::from_str(&text).unwrap());
    }
}

#[test]
fn every_answer_has_words_and_every_error_an_example() {
    let (_, document) = both();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (status, response) in item.as_object().unwrap().values().flat_map(|o| o["responses"].as_object().unwrap()) {
            let inline = response["$ref"].is_null();
            assert!(
                !inline || response["description"].as_str().is_some_and(|words| !words.is_empty()),
                "{path} {status}"
            );
            let error = inline && status.as_str() >= "400";
            assert!(
                !error || response["content"]["application/json"]["example"]["error"].is_string(),
                "{path} {status}"
            );
        }
    }
}
