//! Rows in the media type that the caller asked for.

use std::sync::Arc;

use poem::http::StatusCode;
use tokio_postgres::types::Type;

use super::{
    super::{
        media::Media,
        rows::{Format, Formulas, ListWriter, Nulls, OutColumn, Writer},
    },
    operation::Operation,
    writing::Beside,
};
use crate::{
    answer::Answer,
    error::ApiError,
    tenant_pool::{Column, Rows},
};

/// How the rows of an answer are written that may be several.
pub(super) fn format(op: &Operation) -> Format {
    match op.media {
        Media::Object { nulls_stripped } => Format::Object(nulls(nulls_stripped)),
        Media::Csv { formulas_escaped } => {
            Format::Csv(if formulas_escaped { Formulas::Escaped } else { Formulas::Kept })
        }
        Media::Array { nulls_stripped } => Format::Json(nulls(nulls_stripped)),
        Media::Json => Format::Json(Nulls::Kept),
    }
}

/// All rows of an answer: an array, CSV, or one object where that was asked for; with a member beside the columns, where
/// there is one.
pub(super) fn write(
    op: &Operation,
    status: StatusCode,
    columns: Arc<[OutColumn]>,
    rows: &Rows,
    beside: Option<&Beside>,
) -> Result<Answer, ApiError> {
    written(op, status, columns, rows, (format(op), beside))
}

/// The same for the one row of an answer that is about one row.
pub(super) fn write_one(
    op: &Operation,
    status: StatusCode,
    columns: Arc<[OutColumn]>,
    rows: &Rows,
    beside: Option<&Beside>,
) -> Result<Answer, ApiError> {
    written(op, status, columns, rows, (of_one(format(op)), beside))
}

/// How the one row of an answer is written that is about one row.
fn of_one(format: Format) -> Format {
    match format {
        Format::Json(nulls) => Format::Object(nulls),
        other => other,
    }
}

fn written(
    op: &Operation,
    status: StatusCode,
    columns: Arc<[OutColumn]>,
    rows: &Rows,
    (format, beside): (Format, Option<&Beside>),
) -> Result<Answer, ApiError> {
    let list = match beside {
        None => {
            let mut list = ListWriter::new(columns, format);
            for row in rows.iter() {
                list.push(|column| row.bytes(column)).map_err(broken)?;
            }
            list
        }
        Some(beside) => {
            let shown = columns.len();
            let text = Writer::of(&Type::TEXT).map_err(|_| ApiError::internal())?;
            let columns = columns.iter().cloned().chain([OutColumn::new(beside.name, text)]);
            let mut list = ListWriter::new(columns.collect::<Vec<_>>(), format);
            for (row, value) in rows.iter().zip(&beside.values) {
                list.push(|column| if column < shown { row.bytes(column) } else { Some(value.expose().as_bytes()) })
                    .map_err(broken)?;
            }
            list
        }
    };
    Ok(Answer::of(status, op.media.content_type(), list.finish()))
}

/// A whole number of the first row.
pub(super) fn integer(rows: &Rows, column: usize) -> Option<i64> {
    let bytes = rows.get(0)?.bytes(column)?;
    match bytes.len() {
        4 => Some(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        8 => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn nulls(stripped: bool) -> Nulls {
    if stripped { Nulls::Stripped } else { Nulls::Kept }
}

/// The columns of an answer, by the types that Postgres gave them; further ones are not shown.
pub(super) fn columns(names: &[String], given: &[Column]) -> Result<Arc<[OutColumn]>, ApiError> {
    let writers = given.iter().map(|column| Writer::of(column.type_()));
    let columns = names.iter().zip(writers).map(|(name, writer)| Ok(OutColumn::new(name, writer?)));
    columns.collect::<Result<_, super::super::rows::UnknownType>>().map_err(|error| {
        tracing::error!(%error, "a column of an answer cannot be written");
        ApiError::internal()
    })
}

/// The error for a value that is not in the form of its type.
pub(super) fn broken(error: super::super::rows::Malformed) -> ApiError {
    tracing::error!(%error, "a value from the database cannot be written");
    ApiError::internal()
}
