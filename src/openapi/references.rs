//! References that are described: the framework says the description twice, inside and outside of an `allOf`.

use serde_json::{Map, Value, json};

use super::walk;

/// Leaves the reference alone in its `allOf` wherever nothing is lost by that.
pub(super) fn tidy(document: &mut Value) {
    walk::each_schema(document, &mut one_reference);
}

fn one_reference(mut schema: Map<String, Value>) -> Map<String, Value> {
    if let Some(reference) = described(&schema) {
        schema.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    }
    schema
}

/// The target of an `allOf` that only describes or bounds one reference, with all it adds repeated beside the `allOf`.
pub(super) fn described(schema: &Map<String, Value>) -> Option<String> {
    let (Value::Object(target), parts) = schema.get("allOf")?.as_array()?.split_first()? else { return None };
    let repeated = |part: &Value| {
        part.as_object().is_some_and(|part| part.iter().all(|(key, value)| schema.get(key) == Some(value)))
    };
    let alone = target.len() == 1 && parts.iter().all(repeated);
    target.get("$ref").filter(|_| alone).and_then(Value::as_str).map(str::to_owned)
}
