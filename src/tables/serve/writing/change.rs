//! `PATCH` and `DELETE`: rows that filters name, rows that an array names, or one row by its id.

use super::{
    Face, Operation, Session, demand, guarded, is_many, payload, refuse_paging, returning, settle, unfiltered,
};
use crate::{
    answer::Answer,
    error::ApiError,
    tables::{body::Purpose, prefer, registry::Verb, serve::reading, table::KEY},
};

/// `PATCH`: the rows that filters name, each row of an array by its own values, or one row by its id.
pub(in crate::tables::serve) async fn update(
    op: &Operation,
    face: &Face<'_>,
    session: &mut Session<'_>,
) -> Result<Answer, ApiError> {
    refuse_paging(op)?;
    let mut level = face.level(op)?;
    let by_id = op.verb == Verb::Update;
    let many = is_many(op);
    let payload = payload(op, face, if many { Purpose::BulkUpdate } else { Purpose::Update })?;
    if by_id {
        level.one(op.id.as_deref().unwrap_or_default())?;
    }
    let nothing = payload.rows.is_empty() || payload.columns.iter().all(|column| many && column.name == KEY);
    if many && level.is_narrowed() && !payload.rows.is_empty() {
        return Err(ApiError::bad_request(
            "An array changes each row by its own id, so it goes without filters; send one object to change all rows that fit",
        )
        .with_code("bulk_with_filter"));
    }
    if !many && !level.is_narrowed() {
        return Err(unfiltered("UPDATE"));
    }
    demand(op, &mut level)?;
    let returning = guarded::widened(op, returning(op, by_id));
    if nothing && !by_id {
        return super::unchanged(op, returning);
    }
    let now = face.app.clock.now();
    let writing = match (many, nothing) {
        (true, _) => level.update_each(&payload, returning, now)?,
        // Nothing to change of one row: the row as it is.
        (false, true) => return reading::get(op, face, session).await,
        (false, false) => level.update(&payload, returning, now)?,
    };
    let rows = session.write(&writing.statement, op.table).await?;
    guarded::follow(op, session, &writing, &rows, false).await?;
    settle(op, session, &level, (&writing, returning), &rows, prefer::Operation::Update).await
}

/// `DELETE`: the rows that filters name, or one row by its id.
pub(in crate::tables::serve) async fn delete(
    op: &Operation,
    face: &Face<'_>,
    session: &mut Session<'_>,
) -> Result<Answer, ApiError> {
    refuse_paging(op)?;
    let mut level = face.level(op)?;
    if op.verb == Verb::Delete {
        level.one(op.id.as_deref().unwrap_or_default())?;
    } else if !level.is_narrowed() {
        return Err(unfiltered("DELETE"));
    }
    demand(op, &mut level)?;
    let returning = returning(op, false);
    let writing = level.delete(returning)?;
    let rows = session.write(&writing.statement, op.table).await?;
    settle(op, session, &level, (&writing, returning), &rows, prefer::Operation::Delete).await
}
