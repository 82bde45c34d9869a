//! The documents that tell other programs how to speak with this server.
//!
//! The *spec* is what the framework derives from the code: OpenAPI 3.0.0, true but terse. It is first *completed* with
//! what every operation shares (refusals, headers, the address of the server), then told in three forms:
//!
//! | document | for | form |
//! |---|---|---|
//! | `/openapi.json` | client generators and the `/docs` page | 3.1, upgraded without loss |
//! | `/openapi-3.0.json` | tools that know nothing newer | 3.0.3, webhooks under `x-webhooks` |
//! | `/openapi/dailyplay.json` | integrators of DailyPlay | `?action=` calls, spelled as DailyPlay's own document |

mod answers;
mod complete;
mod dailyplay;
pub mod docs;
mod legacy;
mod prune;
mod references;
mod refusals;
mod shared;
mod upgrade;
mod walk;

use serde_json::{Map, Value};

/// The three forms as JSON text, each ending in a line feed.
#[derive(Debug, Clone)]
pub struct Documents {
    /// The canonical one.
    pub v3_1: String,
    /// The same in the older version.
    pub v3_0: String,
    /// Sessions and organisation keys in DailyPlay's spelling.
    pub dailyplay: String,
}

/// Tells the framework's spec (OpenAPI 3.0 JSON) in all forms; `base_url` is the server that they name, without a slash
/// at the end.
///
/// Panics when the spec is not the JSON object that the framework always writes.
pub fn documents(spec: &str, base_url: &str) -> Documents {
    let mut document: Value = serde_json::from_str(spec).expect("the framework writes JSON");
    complete::complete(&mut document, base_url);
    let dailyplay = text(&dailyplay::dailyplay(document.clone()));
    shared::parameters(&mut document);
    Documents { v3_1: text(&upgrade(document.clone())), v3_0: text(&legacy::legacy(document)), dailyplay }
}

/// Turns a 3.0 document into the 3.1 document that means the same; `x-webhooks` become `webhooks`.
pub fn upgrade(document: Value) -> Value {
    upgrade::upgrade(document)
}

/// A document as text that people can review: indented, but each reference on one line, or half of all lines would be
/// braces.
fn text(document: &Value) -> String {
    let pretty = serde_json::to_string_pretty(document).expect("a JSON value always serialises");
    let mut lines = pretty.lines().peekable();
    let mut text = String::with_capacity(pretty.len());
    while let Some(line) = lines.next() {
        text.push_str(line);
        if line.ends_with('{')
            && let Some(reference) =
                lines.next_if(|next| next.trim_start().starts_with("\"$ref\": ") && !next.ends_with(','))
        {
            let end = lines.next().unwrap_or_default();
            text.extend([" ", reference.trim_start(), " ", end.trim_start()]);
        }
        text.push('\n');
    }
    text
}

/// The object behind a key, made when it is missing.
fn object<'a>(parent: &'a mut Value, key: &str) -> &'a mut Map<String, Value> {
    let child = &mut parent[key];
    if !child.is_object() {
        *child = Value::Object(Map::new());
    }
    child.as_object_mut().expect("it has just been made an object")
}

/// Takes a member out and leaves the order of the others alone.
fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value> {
    let value = map.get_mut(key).map(Value::take);
    map.retain(|name, _| name != key);
    value
}
