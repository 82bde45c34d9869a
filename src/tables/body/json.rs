//! JSON bodies, taken apart without touching their values: numbers keep every digit, nested JSON keeps its text.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Document, Given, Row, refusals};
use crate::{
    error::ApiError,
    tables::values::{MAX_DEPTH, depth},
};

pub(super) fn read(bytes: &[u8]) -> Result<Document<'_>, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| refusals::invalid_json(error.to_string()))?;
    if depth(text) > MAX_DEPTH {
        return Err(refusals::invalid_json(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    let invalid = |error: serde_json::Error| refusals::invalid_json(error.to_string());
    if text.trim_ascii_start().starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(invalid)?;
        refusals::limit_rows(elements.len())?;
        let rows = elements.into_iter().map(row).collect::<Result<_, _>>()?;
        return Ok(Document { was_array: true, header: Vec::new(), rows });
    }
    let element: &RawValue = serde_json::from_str(text).map_err(invalid)?;
    Ok(Document { was_array: false, header: Vec::new(), rows: vec![row(element)?] })
}

fn row(element: &RawValue) -> Result<Row<'_>, ApiError> {
    if !element.get().starts_with('{') {
        return Ok(None);
    }
    let members: Members<'_> =
        serde_json::from_str(element.get()).map_err(|error| refusals::invalid_json(error.to_string()))?;
    Ok(Some(members.0))
}

/// The members of an object in their order, twins included.
struct Members<'b>(Vec<(Cow<'b, str>, Given<'b>)>);

/// A member's name, borrowed where it is written without escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'b>(#[serde(borrow)] Cow<'b, str>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            let given = if value.get() == "null" { Given::Null } else { Given::Json(value) };
            members.push((name, given));
        }
        Ok(Members(members))
    }
}
