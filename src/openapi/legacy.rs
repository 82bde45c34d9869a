//! What the framework writes into its 3.0 spec although only 3.1 knows it.

use serde_json::{Map, Value, json};

use super::take;

/// Makes a spec valid 3.0.3; what that version has no word for gets an `x-` name.
pub(super) fn legacy(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    rename(document.as_object_mut(), "webhooks", "x-webhooks");
    rename(document["info"].as_object_mut(), "summary", "x-summary");
    if let Some(license) = document["info"].get_mut("license") {
        rename(license.as_object_mut(), "identifier", "x-identifier");
    }
    document
}

fn rename(parent: Option<&mut Map<String, Value>>, from: &str, to: &str) {
    if let Some(parent) = parent
        && let Some(value) = take(parent, from)
    {
        parent.insert(to.to_owned(), value);
    }
}
