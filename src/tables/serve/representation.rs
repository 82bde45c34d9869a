//! Rows in the media type that the caller asked for.

use poem::http::StatusCode;

use super::{
    super::{
        media::Media,
        rows::{Format, Formulas, ListWriter, Nulls, OutColumn, Writer, write_object},
    },
    operation::Operation,
};
use crate::{answer::Answer, error::ApiError, tenant_pool::Rows};

/// All rows of an answer: an array, CSV, or one object where that was asked for.
pub(super) fn write(op: &Operation, status: StatusCode, names: &[String], rows: &Rows) -> Result<Answer, ApiError> {
    let columns = columns(names, rows)?;
    let format = match op.media {
        Media::Object { nulls_stripped } => return object(op, status, &columns, rows, nulls(nulls_stripped)),
        Media::Csv { formulas_escaped } => {
            Format::Csv(if formulas_escaped { Formulas::Escaped } else { Formulas::Kept })
        }
        Media::Array { nulls_stripped } => Format::Json(nulls(nulls_stripped)),
        Media::Json => Format::Json(Nulls::Kept),
    };
    let mut list = ListWriter::new(&columns, format);
    for row in rows.iter() {
        list.push(|column| row.bytes(column)).map_err(broken)?;
    }
    Ok(Answer::of(status, op.media.content_type(), list.finish()))
}

/// The one row of an answer that is about one row.
pub(super) fn write_one(op: &Operation, status: StatusCode, names: &[String], rows: &Rows) -> Result<Answer, ApiError> {
    match op.media {
        Media::Csv { .. } => write(op, status, names, rows),
        Media::Object { nulls_stripped } | Media::Array { nulls_stripped } => {
            object(op, status, &columns(names, rows)?, rows, nulls(nulls_stripped))
        }
        Media::Json => object(op, status, &columns(names, rows)?, rows, Nulls::Kept),
    }
}

fn object(
    op: &Operation,
    status: StatusCode,
    columns: &[OutColumn],
    rows: &Rows,
    nulls: Nulls,
) -> Result<Answer, ApiError> {
    let row = rows.get(0).ok_or_else(ApiError::internal)?;
    let mut body = Vec::with_capacity(1024);
    write_object(&mut body, columns, nulls, |column| row.bytes(column)).map_err(broken)?;
    Ok(Answer::of(status, op.media.content_type(), vec![body.into()]))
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

fn columns(names: &[String], rows: &Rows) -> Result<Vec<OutColumn>, ApiError> {
    let writers = rows.columns().iter().map(|column| Writer::of(column.type_()));
    let columns = names.iter().zip(writers).map(|(name, writer)| Ok(OutColumn::new(name, writer?)));
    columns.collect::<Result<_, super::super::rows::UnknownType>>().map_err(|error| {
        tracing::error!(%error, "a column of an answer cannot be written");
        ApiError::internal()
    })
}

fn broken(error: super::super::rows::Malformed) -> ApiError {
    tracing::error!(%error, "a value from the database cannot be written");
    ApiError::internal()
}
