//! Takes out of a document what nothing in it refers to.

use std::collections::BTreeSet;

use serde_json::Value;

/// Drops components of these kinds that neither a path, a webhook nor a component that stays refers to.
pub(super) fn unused(document: &mut Value, kinds: &[&str]) {
    let mut used = BTreeSet::new();
    for (key, member) in document.as_object().into_iter().flatten() {
        if key != "components" {
            collect(document, member, &mut used);
        }
    }
    for kind in kinds {
        if let Some(components) = document["components"].get_mut(*kind).and_then(Value::as_object_mut) {
            components.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
        }
    }
    if let Some(components) = document["components"].as_object_mut() {
        components.retain(|_, members| members.as_object().is_none_or(|members| !members.is_empty()));
    }
}

fn collect(document: &Value, node: &Value, used: &mut BTreeSet<String>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| collect(document, item, used)),
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref")
                && used.insert(reference.clone())
                && let Some(target) = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer))
            {
                collect(document, target, used);
            }
            members.values().for_each(|member| collect(document, member, used));
        }
        _ => {}
    }
}
