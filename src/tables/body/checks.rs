//! What must hold of a body as a whole.

use std::collections::HashSet;

use super::{Cell, Document, Payload, Purpose, refusals};
use crate::{
    error::ApiError,
    tables::table::{KEY, Table},
};

/// An object changes the rows that the request names, an array the rows that its objects name.
pub(super) fn shape(document: &Document<'_>, purpose: Purpose) -> Result<(), ApiError> {
    match purpose {
        Purpose::Update if document.was_array && !document.rows.is_empty() => Err(refusals::array_with_rows_named()),
        Purpose::BulkUpdate if !document.was_array => Err(refusals::object_without_rows_named()),
        _ => Ok(()),
    }
}

/// Whether all rows say what they must, as far as the database cannot judge it.
pub(super) fn values(table: &Table, payload: &Payload<'_>, purpose: Purpose) -> Result<(), ApiError> {
    // Columns that the database could do without, so it would not complain.
    for column in table.writable().filter(|column| column.required && column.nullable) {
        let place = payload.position(column.name);
        let is_new = matches!(purpose, Purpose::Insert | Purpose::Replace);
        for row in &payload.rows {
            let fails = match place.map(|place| &row[place]) {
                Some(Cell::Literal(value)) => value.is_none(),
                Some(Cell::Absent) | None => is_new && column.default.is_none(),
            };
            if fails {
                return Err(refusals::no_null(table, column));
            }
        }
    }
    if purpose == Purpose::BulkUpdate { names_each_row_once(payload) } else { Ok(()) }
}

fn names_each_row_once(payload: &Payload<'_>) -> Result<(), ApiError> {
    let place = payload.position(KEY);
    let mut seen = HashSet::new();
    for (index, row) in payload.rows.iter().enumerate() {
        match place.map(|place| &row[place]) {
            Some(Cell::Literal(Some(id))) if seen.insert(id.as_str()) => {}
            Some(Cell::Literal(Some(id))) => return Err(refusals::named_twice(id, index + 1)),
            _ => return Err(refusals::nameless(index + 1)),
        }
    }
    Ok(())
}
