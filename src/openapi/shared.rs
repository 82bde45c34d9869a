//! What many operations say in the same words is said once, among the components.
//!
//! An operation refers to a shared refusal or header by naming it and saying no more about it. Parameters cannot know
//! how many operations have them, so they are found by their text.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{object, refusals, walk};

/// What is said more often is shared.
const ENOUGH: usize = 2;

/// Where a parameter is used: its text, and the tag of the operation.
type Uses = BTreeMap<String, Vec<String>>;

/// Moves query and header parameters that come more than twice to the components: under their own name when several tags
/// have them and no other parameter took it, else under the tag's and theirs.
pub(super) fn parameters(document: &mut Value) {
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    walk::each_operation(document, |operation| {
        let tag = tag(operation);
        for parameter in movable(operation) {
            let (name, text) = (named(parameter), parameter.to_string());
            uses.entry(name).or_default().entry(text).or_default().push(tag.clone());
        }
    });
    let names = names(&uses);
    let mut components = Map::new();
    walk::each_operation(document, |operation| {
        for parameter in movable(operation) {
            if let Some(name) = names.get(&parameter.to_string()) {
                let reference = json!({ "$ref": format!("#/components/parameters/{name}") });
                components.insert(name.clone(), std::mem::replace(parameter, reference));
            }
        }
    });
    components.sort_keys();
    object(&mut document["components"], "parameters").extend(components);
}

/// The shared refusal that an operation means by a status without words.
pub(super) fn refusal(status: &str, response: &Value) -> Option<String> {
    let silent = response["description"].as_str().is_none_or(str::is_empty);
    let refusal = response["content"]["application/json"]["schema"]["$ref"] == refusals::ERROR;
    if silent && refusal { refusals::reference(status) } else { None }
}

/// A header without words is the shared one of its name.
pub(super) fn headers(headers: &mut Map<String, Value>) {
    for (name, header) in headers {
        if header["description"].is_null() && header["$ref"].is_null() {
            *header = json!({ "$ref": format!("#/components/headers/{name}") });
        }
    }
}

/// The names of what is shared, by its text; of several texts that want a name, the one that is used most has it.
fn names(uses: &BTreeMap<String, Uses>) -> BTreeMap<String, String> {
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for (name, texts) in uses {
        let mut texts: Vec<_> = texts.iter().filter(|(_, tags)| tags.len() > ENOUGH).collect();
        texts.sort_by_key(|(_, tags)| std::cmp::Reverse(tags.len()));
        for (text, tags) in texts {
            let several = tags.iter().any(|tag| *tag != tags[0]);
            let wanted = several.then(|| fit(name)).into_iter().chain([fit(&format!("{}.{name}", tags[0]))]);
            if let Some(free) = wanted.into_iter().find(|wanted| !named.contains_key(wanted)) {
                named.insert(free, text.clone());
            }
        }
    }
    named.into_iter().map(|(name, text)| (text, name)).collect()
}

fn movable(operation: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query" || parameter["in"] == "header")
}

fn tag(operation: &Map<String, Value>) -> String {
    operation.get("tags").and_then(|tags| tags[0].as_str()).unwrap_or_default().to_owned()
}

fn named(parameter: &Value) -> String {
    parameter["name"].as_str().unwrap_or_default().to_owned()
}

/// Names of components have letters, digits, dots, hyphens and underscores alone.
fn fit(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '_' })
        .collect()
}
