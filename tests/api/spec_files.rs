//! The committed documents are what the code says, and every operation in them is fit to be read.

use std::path::Path;

use playhouse::documents::{PRINTED_BASE, documents};
use serde_json::Value;

#[test]
fn the_committed_documents_are_up_to_date() {
    let made = documents(PRINTED_BASE);
    for (version, file, text) in [
        ("3.1", "openapi.json", made.v3_1),
        ("3.0", "openapi-3.0.json", made.v3_0),
        ("dailyplay", "dailyplay.json", made.dailyplay),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi").join(file);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed.trim_end() == text.trim_end(),
            "openapi/{file} is stale: run `cargo run -q -- spec --version {version} > openapi/{file}` and review the difference"
        );
    }
}

#[test]
fn every_operation_has_what_a_reader_needs() {
    let document: Value = serde_json::from_str(&documents(PRINTED_BASE).v3_1).unwrap();
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            for member in ["summary", "description", "operationId"] {
                assert!(operation[member].as_str().is_some_and(|text| !text.is_empty()), "{name} lacks {member}");
            }
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name} lacks a tag");
            assert!(operation["security"].is_array(), "{name} does not say whether it needs a credential");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let shared =
                    parameter["$ref"].as_str().and_then(|target| document.pointer(target.trim_start_matches('#')));
                let parameter = shared.unwrap_or(parameter);
                assert!(parameter["description"].is_string(), "{name}: a parameter without a description");
            }
            if let Some(body) = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str() {
                let schema = document.pointer(body.trim_start_matches('#')).unwrap();
                assert!(schema["examples"].is_array(), "{name}: a body without an example");
            }
            ids.push(operation["operationId"].as_str().unwrap().to_owned());
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "an operation id comes twice");
}

#[test]
fn secured_operations_name_their_scheme() {
    let document: Value = serde_json::from_str(&documents(PRINTED_BASE).v3_1).unwrap();
    let scheme = |path: &str, method: &str| document["paths"][path][method]["security"].to_string();
    let base = "/api/org-api-keys";
    assert_eq!(scheme(&format!("{base}/sessions"), "post"), "[{\"apiKey\":[]}]");
    assert_eq!(scheme(&format!("{base}/sessions/{{token}}"), "delete"), "[{\"apiKey\":[]}]");
    assert_eq!(scheme(&format!("{base}/sessions/{{token}}"), "get"), "[]");
    assert_eq!(scheme(base, "patch"), "[{\"bearerAuth\":[]}]");
}
