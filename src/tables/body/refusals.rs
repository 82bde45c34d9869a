//! Why a body is refused, in sentences that name the row, the column and what is allowed.

use poem::http::StatusCode;
use uuid::Uuid;

use super::{Given, MAX_ROWS};
use crate::{
    error::ApiError,
    input::shown,
    tables::{
        registry::nearest,
        table::{Column, Table},
    },
    tenant::PropertyId,
};

pub(super) fn invalid_json(details: String) -> ApiError {
    ApiError::bad_request("Empty or invalid json").with_code("PGRST102").with_details(details)
}

pub(super) fn invalid_csv(details: String) -> ApiError {
    ApiError::bad_request("Empty or invalid csv").with_code("PGRST102").with_details(details)
}

pub(super) fn ragged(line: usize, fields: usize, expected: usize) -> ApiError {
    ApiError::bad_request("All lines must have same number of fields")
        .with_code("PGRST102")
        .with_details(format!("Line {line} has {fields} fields, the header has {expected}"))
}

/// Objects of one array must have the same members.
pub(super) fn keys(place: Option<usize>, name: Option<&str>) -> ApiError {
    let error = ApiError::bad_request("All object keys must match").with_code("PGRST102");
    let (row, what) = (place.unwrap_or(1), name.map_or("it is no object".to_owned(), shown));
    error
        .with_details(format!("Row {row} differs from the first: {what}"))
        .with_hint("columns= in the query string lets objects have different keys")
}

pub(super) fn no_object(place: Option<usize>) -> ApiError {
    let (code, sentence) = match place {
        Some(_) => ("22023", "The body must be an array of objects"),
        None => ("PGRST102", "The body must be an object or an array of objects"),
    };
    at(ApiError::bad_request(sentence).with_code(code), place)
}

pub(super) fn limit_rows(rows: usize) -> Result<(), ApiError> {
    if rows <= MAX_ROWS {
        return Ok(());
    }
    Err(ApiError::bad_request(format!("A body may carry at most {MAX_ROWS} rows")).with_code("too_many_rows"))
}

/// Says which row of several is meant.
pub(super) fn at(error: ApiError, place: Option<usize>) -> ApiError {
    match place {
        Some(place) => error.with_details(format!("Row {place} of the body")),
        None => error,
    }
}

pub(super) fn unknown_column(table: &Table, name: &str) -> ApiError {
    let quoted = shown(name);
    let quoted = match quoted.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => format!("'{inner}'"),
        None => quoted,
    };
    let sentence = format!("Could not find the {quoted} column of '{}' in the schema cache", table.name);
    let error = ApiError::bad_request(sentence).with_code("PGRST204");
    match nearest(name, table.writable().map(|column| column.name)) {
        Some(near) => error.with_hint(format!("Perhaps you meant the column '{near}'")),
        None => error,
    }
}

pub(super) fn read_only(table: &Table, name: &str) -> ApiError {
    ApiError::bad_request(format!("{name} of {} is set by the server; leave it out of the body", table.name))
        .with_code("read_only_column")
}

/// A row may say whose it is, as long as it is the caller's.
pub(super) fn tenant(tenant: PropertyId, given: &Given<'_>, place: Option<usize>) -> Result<(), ApiError> {
    let id = match given {
        Given::Null => None,
        Given::Text(text) => Uuid::try_parse(text).ok(),
        Given::Json(raw) => serde_json::from_str::<Uuid>(raw.get()).ok(),
    };
    if id == Some(tenant.0) {
        return Ok(());
    }
    let sentence = "property_id must be the property of the credential; leave it out of the body";
    Err(at(ApiError::forbidden(sentence).with_code("property_mismatch"), place))
}

pub(super) fn no_null(table: &Table, column: &Column) -> ApiError {
    let (name, table) = (column.name, table.name);
    ApiError::bad_request(format!(
        "null value in column \"{name}\" of relation \"{table}\" violates not-null constraint"
    ))
    .with_code("23502")
}

pub(super) fn array_with_rows_named() -> ApiError {
    ApiError::bad_request("The request already names its rows; send one object with what changes, or an array alone")
        .with_code("bulk_with_filter")
}

pub(super) fn object_without_rows_named() -> ApiError {
    let status = StatusCode::BAD_REQUEST;
    ApiError::new(status, "UPDATE requires a filter, or an array of objects that carry their id").with_code("21000")
}

pub(super) fn named_twice(id: &str, place: usize) -> ApiError {
    let error = ApiError::bad_request(format!("id {} comes twice; a row can be changed once", shown(id)));
    at(error.with_code("21000"), Some(place))
}

pub(super) fn nameless(place: usize) -> ApiError {
    let error = ApiError::bad_request("id is required in each object: it names the row to change");
    at(error.with_code("id_required"), Some(place))
}
