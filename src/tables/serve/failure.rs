//! What Postgres says about a caller's rows, in the words and codes of the dialect; never another tenant's data, never
//! SQL, never hidden columns.

use poem::http::StatusCode;

use super::super::table::{KEY, TENANT, Table};
use crate::{
    error::ApiError,
    tenant_pool::{DatabaseError, QueryError},
};

/// The answer to a statement on a table that Postgres refused.
pub(super) fn of(error: QueryError, table: &Table) -> ApiError {
    let Some(said) = error.database() else { return ApiError::from(error) };
    let message = || said.message.clone();
    let answer = |status, sentence: String| ApiError::new(status, sentence).with_code(said.state.clone());
    match &*said.state {
        "23505" => duplicate(answer(StatusCode::CONFLICT, message()), said, table),
        "23503" => answer(StatusCode::CONFLICT, reference(said, table)),
        // Postgres' own details of these show the whole row, hidden columns too.
        "23502" => answer(StatusCode::BAD_REQUEST, message()),
        "23514" => choices(answer(StatusCode::BAD_REQUEST, unfit(said, table)), said, table),
        "42501" => answer(StatusCode::FORBIDDEN, "The row is not one that this caller may write".to_owned()),
        "57014" => ApiError::from(error).with_hint("The statement took too long; narrow the filters or the page"),
        // Words of a text search that are none; any other fault of syntax would be ours.
        "42601" if said.message.contains("tsquery") => answer(StatusCode::BAD_REQUEST, message()),
        "21000" | "42P10" | "42703" | "42704" | "42803" | "42804" | "42846" | "42883" | "42725" => {
            answer(StatusCode::BAD_REQUEST, message())
        }
        // A value too long for the index that it belongs to.
        state if state.starts_with("22") || state.starts_with("54") => answer(StatusCode::BAD_REQUEST, message()),
        _ => ApiError::from(error),
    }
}

/// Says which columns are taken; the values are left to whoever sent them.
fn duplicate(error: ApiError, said: &DatabaseError, table: &Table) -> ApiError {
    let constraint = said.constraint.as_deref().unwrap_or_default();
    let unique =
        constraint.strip_prefix(&format!("{}_{TENANT}_", table.name)).and_then(|rest| rest.strip_suffix("_key"));
    let columns = if constraint == format!("{}_pkey", table.name) { Some(KEY) } else { unique };
    match columns {
        Some(columns) => error.with_details(format!("{} with this {columns} exists already", table.singular)),
        None => error,
    }
}

/// A reference to nothing, or to a row of somebody else, which is nothing too.
fn reference(said: &DatabaseError, table: &Table) -> String {
    let constraint = said.constraint.as_deref().unwrap_or_default();
    let key = table.foreign_keys.iter().find(|key| key.constraint == constraint);
    match key {
        Some(key) => {
            let columns: Vec<&str> = key.on.iter().map(|(here, _)| &**here).collect();
            format!("{} names a row of {} that does not exist", columns.join(", "), key.table)
        }
        None => said.message.clone(),
    }
}

/// A constraint that a row does not fit. Some are those of a column's type, which is no matter of the caller's.
fn unfit(said: &DatabaseError, table: &Table) -> String {
    match &said.constraint {
        Some(constraint) => {
            format!("new row for relation \"{}\" violates check constraint \"{constraint}\"", table.name)
        }
        None => said.message.clone(),
    }
}

/// Says which values a column may have.
fn choices(error: ApiError, said: &DatabaseError, table: &Table) -> ApiError {
    let constraint = said.constraint.as_deref().unwrap_or_default();
    let column = table.visible().find(|column| constraint == format!("{}_{}_check", table.name, column.name));
    match column {
        Some(column) if !column.choices.is_empty() => {
            error.with_details(format!("{} must be one of: {}", column.name, column.choices.join(", ")))
        }
        Some(column) => error.with_details(format!("the value of {} is outside its limits", column.name)),
        None => error,
    }
}
