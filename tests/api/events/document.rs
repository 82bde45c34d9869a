//! The types as the OpenAPI document tells them.

use playhouse::events::types::{self, Data};

use super::*;

#[tokio::test]
async fn every_type_stands_in_the_document_with_the_schema_and_an_example_of_its_payload() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json").await.body;
    let webhooks = document["webhooks"].as_object().unwrap();
    assert_eq!(webhooks.len(), types::all().count());
    for event in types::all() {
        let operation = &webhooks[event.name]["post"];
        assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{}", event.name);
        let reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        let example = &schema["examples"][0];
        assert_eq!(example["type"], event.name);
        assert_eq!(schema["properties"]["type"]["enum"], json!([event.name]));
        for member in schema["required"].as_array().unwrap() {
            assert!(!example[member.as_str().unwrap()].is_null(), "{}: {member}", event.name);
        }
        assert_eq!(schema["properties"].get("previous").is_some(), event.previous, "{}", event.name);
        if event.data == Data::Row {
            assert_eq!(keys(&example["data"]), visible(event.table), "{}", event.name);
        }
    }
    let older = app.get("/openapi-3.0.json").await.body;
    assert_eq!(older["x-webhooks"].as_object().unwrap().len(), webhooks.len());
    assert!(older.get("webhooks").is_none());
    assert!(app.get("/openapi/dailyplay.json").await.body.get("webhooks").is_none());
}

#[tokio::test]
async fn the_types_of_rows_are_those_that_the_database_writes() {
    let app = TestApp::start().await;
    let functions = "select coalesce(string_agg(prosrc, ''), '') as text from pg_proc where prorettype = 'trigger'::regtype \
         or proname = 'tell_expired_sessions'";
    let stage = Stage { tenant: app.tenant().await, key: String::new(), app };
    let sources = stage.texts(functions).await.remove(0);
    for event in types::all().filter(|event| event.data == Data::Row && event.table != "webhooks") {
        let prefix = format!("'{}.'", event.group());
        assert!(sources.contains(&format!("'{}'", event.name)) || sources.contains(&prefix), "{}", event.name);
    }
}
