//! Values of a body as literals of their columns, coerced as Postgres coerces the members of JSON records: text into
//! numbers, numbers into text, arrays of JSON into arrays, anything at all into JSON.

use std::borrow::Cow;

use super::{Cell, Given, members::Reader, refusals};
use crate::{
    error::ApiError,
    tables::{
        kind::Kind,
        table::Column,
        values::{self, BadValue},
    },
};

/// The cells of a row.
pub(super) fn row(
    reader: &Reader<'_>,
    given: Vec<Option<Given<'_>>>,
    missing_default: bool,
    place: Option<usize>,
) -> Result<Vec<Cell>, ApiError> {
    let absent = missing_default || reader.keeps_absent();
    let cells = reader.columns.iter().zip(given).map(|(column, given)| match given {
        None if absent => Ok(Cell::Absent),
        None => Ok(Cell::Literal(None)),
        Some(given) => literal(column, &given).map(Cell::Literal).map_err(|error| refusals::at(error, place)),
    });
    cells.collect()
}

/// The literal of a value; `None` is null.
fn literal(column: &Column, given: &Given<'_>) -> Result<Option<String>, ApiError> {
    let raw = match given {
        Given::Null => return Ok(None),
        Given::Text(text) => return judged(column, text).map(Some),
        Given::Json(raw) => raw.get(),
    };
    let is_array = matches!(column.kind, Kind::TextArray | Kind::IntegerArray);
    if raw.starts_with('"') && !matches!(column.kind, Kind::Json | Kind::JsonText) {
        judged(column, &text(column, raw)?).map(Some)
    } else if raw.starts_with('[') && is_array {
        let elements = serde_json::from_str::<Vec<&serde_json::value::RawValue>>(raw)
            .map_err(|error| refusals::invalid_json(error.to_string()))?;
        let elements = elements.into_iter().map(|element| self::element(column, element.get(), raw));
        Ok(Some(values::array_literal(&elements.collect::<Result<Vec<_>, _>>()?)))
    } else {
        judged(column, raw).map(Some)
    }
}

/// An element of an array of JSON; arrays in it would be dimensions that no column has.
fn element(column: &Column, raw: &str, whole: &str) -> Result<Option<String>, ApiError> {
    let kind = values::element(column.kind);
    let text = match raw.as_bytes().first() {
        _ if raw == "null" => return Ok(None),
        Some(b'"') => text(column, raw)?,
        Some(b'[') => {
            let bad = BadValue { state: "22P02", reason: "malformed array, one dimension is expected".to_owned() };
            return Err(bad.into_error(column.name, column.kind, whole));
        }
        _ => raw.to_owned(),
    };
    match values::literal(kind, &text) {
        Ok(literal) => Ok(Some(stored(kind, literal))),
        Err(bad) => Err(bad.into_error(column.name, kind, &text)),
    }
}

/// The characters of a string of JSON.
fn text(column: &Column, raw: &str) -> Result<String, ApiError> {
    let text: String = serde_json::from_str(raw).map_err(|error| refusals::invalid_json(error.to_string()))?;
    if text.contains('\0') {
        let bad = BadValue { state: "22P05", reason: "unsupported Unicode escape sequence \\u0000".to_owned() };
        return Err(bad.into_error(column.name, column.kind, &text));
    }
    Ok(text)
}

fn judged(column: &Column, text: &str) -> Result<String, ApiError> {
    match values::literal(column.kind, text) {
        Ok(literal) => Ok(stored(column.kind, literal)),
        Err(bad) => Err(bad.into_error(column.name, column.kind, text)),
    }
}

/// A literal as it is kept.
fn stored(kind: Kind, literal: Cow<'_, str>) -> String {
    match kind {
        Kind::Text | Kind::TextArray if !literal.is_ascii() => values::composed(&literal).into_owned(),
        _ => literal.into_owned(),
    }
}
