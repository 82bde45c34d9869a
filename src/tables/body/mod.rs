//! Bodies: what a caller sends to be written, read into columns and literals before any SQL is made.
//!
//! One object, an array of objects, or CSV with a header line. Nothing that came is left away unless `columns` says which
//! members count; a member that nobody may write, or that does not exist, is refused by name.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{
    media::BodyMedia,
    table::{Column, Table},
};
use crate::{error::ApiError, tenant::PropertyId};

mod cells;
mod checks;
mod csv;
mod json;
mod members;
mod refusals;

/// More rows than this in one body are refused.
pub const MAX_ROWS: usize = 10_000;

/// What a body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `POST`: each row is new, or merged with one that exists.
    Insert,
    /// `PATCH` of the rows that a filter or a path names: one object.
    Update,
    /// `PUT`: the whole row; the caller of this module compares its id with the one that the request names.
    Replace,
    /// `PATCH` with an array: each object names its row by id and changes what else it carries.
    BulkUpdate,
}

/// What a statement writes.
#[derive(Debug, Clone)]
pub struct Payload<'t> {
    /// The columns that the statement sets: as `columns` lists them, else in the order of their first appearance.
    pub columns: Vec<&'t Column>,
    /// A cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether an array came, or CSV; a single object otherwise.
    pub was_array: bool,
}

impl Payload<'_> {
    /// Where a column stands in each row; `None`: the body does not set it.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|set| set.name == column)
    }
}

/// One value of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A literal that fits the column's type, or NULL.
    Literal(Option<String>),
    /// Nothing was said: the default of the column, and in a [`Purpose::BulkUpdate`] the value that it has.
    Absent,
}

/// Reads a body.
///
/// `columns` are the members that count, all when there are none given; what a row leaves out of them is NULL, or with
/// `missing_default` the column's default.
///
/// # Errors
///
/// 400 naming the row, the column and what came; 403 `property_mismatch` for a row of another property.
pub fn read<'t>(
    table: &'t Table,
    media: BodyMedia,
    bytes: &[u8],
    columns: Option<&[String]>,
    purpose: Purpose,
    tenant: PropertyId,
    missing_default: bool,
) -> Result<Payload<'t>, ApiError> {
    let document = match media {
        BodyMedia::Json => json::read(bytes)?,
        BodyMedia::Csv => csv::read(bytes)?,
    };
    checks::shape(&document, purpose)?;
    let reader = members::Reader::new(table, columns, purpose, tenant, &document)?;
    let Document { was_array, rows: given_rows, .. } = document;
    let mut rows = Vec::with_capacity(given_rows.len());
    for (index, row) in given_rows.into_iter().enumerate() {
        let place = was_array.then_some(index + 1);
        let given = reader.row(row, place)?;
        rows.push(cells::row(&reader, given, missing_default, place)?);
    }
    let payload = Payload { columns: reader.into_columns(), rows, was_array };
    checks::values(table, &payload, purpose)?;
    Ok(payload)
}

/// A body, taken apart and not yet compared with a table.
struct Document<'b> {
    was_array: bool,
    /// The names that CSV sets even where no row follows.
    header: Vec<Cow<'b, str>>,
    rows: Vec<Row<'b>>,
}

/// One row as it came; `None` for an element of an array that is no object.
type Row<'b> = Option<Vec<(Cow<'b, str>, Given<'b>)>>;

/// A value as it came.
enum Given<'b> {
    Null,
    /// A field of CSV.
    Text(Cow<'b, str>),
    Json(&'b RawValue),
}

#[cfg(test)]
mod tests;
