//! Writes to tables that have a warden: it is asked before, and what it wants goes along.

use std::sync::Arc;

use futures_util::future;

use super::{Face, Operation, Session, is_many, read_payload};
use crate::{
    answer::Answer,
    error::ApiError,
    secret::Secret,
    tables::{
        body::{Payload, Purpose},
        registry::Verb,
        rows,
        sql::write::{Returning, Writing},
        warden::{self, Sequel, Warden, Writ, Written},
    },
    tenant_pool::Rows,
};

/// What a warden made of a call.
#[derive(Debug, Clone)]
pub(in crate::tables::serve) struct Guarded {
    pub(super) payload: Payload<'static>,
    sequel: Arc<dyn Sequel>,
}

/// A member that the answer to new rows has beside their columns, for each of them.
#[derive(Debug)]
pub(in crate::tables::serve) struct Beside {
    /// Its name.
    pub(in crate::tables::serve) name: &'static str,
    /// Its values.
    pub(in crate::tables::serve) values: Vec<Secret>,
}

/// Asks the wardens of all operations, before a connection is taken. What they say counts when an operation is carried
/// out, because a call that was answered before is answered alike whatever they would say now.
pub(in crate::tables::serve) async fn ask(operations: &mut [Operation], face: &Face<'_>) {
    if operations.iter().all(|op| op.table.warden.is_none()) {
        return;
    }
    let asked = operations.iter_mut().filter_map(|op| Some((op.table.warden?, purpose(op)?, op)));
    let asked = asked.enumerate().map(|(index, (warden, purpose, op))| async move {
        op.guarded = Some(match index < warden::MAX_ROWS {
            true => judged(warden, purpose, op, face).await,
            false => Err(too_many(op)),
        });
    });
    future::join_all(asked).await;
}

/// What a call would write; `None` where a warden has nothing to judge.
fn purpose(op: &Operation) -> Option<Purpose> {
    match op.verb {
        Verb::Create => Some(Purpose::Insert),
        Verb::Put | Verb::Replace => Some(Purpose::Replace),
        Verb::UpdateMany if is_many(op) => Some(Purpose::BulkUpdate),
        Verb::UpdateMany | Verb::Update => Some(Purpose::Update),
        Verb::List | Verb::Query | Verb::Get | Verb::DeleteMany | Verb::Delete => None,
    }
}

async fn judged(
    warden: &'static dyn Warden,
    purpose: Purpose,
    op: &Operation,
    face: &Face<'_>,
) -> Result<Guarded, ApiError> {
    if op.verb == Verb::Create && op.prefer.resolution.is_some() {
        let sentence = format!("Rows of {} cannot be merged; change one that exists by its id", op.table.name);
        return Err(ApiError::bad_request(sentence).with_code("upsert_unavailable"));
    }
    let mut payload = read_payload(op, face, purpose)?;
    if payload.rows.len() > warden::MAX_ROWS {
        return Err(too_many(op));
    }
    let writ = Writ { app: face.app, caller: face.caller, registry: face.registry, table: op.table, purpose };
    let sequel = warden.judge(&writ, &mut payload).await?;
    Ok(Guarded { payload, sequel })
}

fn too_many(op: &Operation) -> ApiError {
    let sentence = format!("One call may write at most {} rows of {}", warden::MAX_ROWS, op.table.name);
    ApiError::bad_request(sentence).with_code("too_many_rows")
}

/// What must come back of written rows so that their warden learns which they are.
pub(super) fn widened(op: &Operation, returning: Returning) -> Returning {
    match (&op.guarded, returning) {
        (Some(_), Returning::Count) => Returning::Ids,
        (_, returning) => returning,
    }
}

/// Lets what the warden wants follow the rows.
pub(super) async fn follow(
    op: &Operation,
    session: &mut Session<'_>,
    writing: &Writing,
    rows: &Rows,
    are_new: bool,
) -> Result<Option<Beside>, ApiError> {
    let Some(Ok(guarded)) = &op.guarded else { return Ok(None) };
    let ids = ids(writing, rows).ok_or_else(|| {
        let sentence = format!("What is written to {} cannot be answered in groups", op.table.name);
        ApiError::bad_request(sentence).with_code("PGRST123")
    })?;
    let Session::Within(transaction) = session else {
        tracing::error!(table = op.table.name, "guarded rows are written without a transaction");
        return Err(ApiError::internal());
    };
    let values = guarded.sequel.follow(&Written { ids, are_new }, transaction).await?;
    let shown = op.table.warden.and_then(Warden::shown_once).filter(|_| are_new);
    let Some(shown) = shown.filter(|_| values.len() == rows.len()) else { return Ok(None) };
    if writing.names.iter().any(|name| name == shown.name) {
        let sentence = format!("{} is what the answer calls something else; choose another name in select", shown.name);
        return Err(ApiError::bad_request(sentence).with_code("name_taken"));
    }
    Ok(Some(Beside { name: shown.name, values }))
}

/// An answer with what is shown once, which knows itself without it.
pub(super) fn shown_once(
    beside: Option<&Beside>,
    write: impl Fn(Option<&Beside>) -> Result<Answer, ApiError>,
) -> Result<Answer, ApiError> {
    let answer = write(beside)?;
    match beside {
        Some(_) => Ok(answer.lasting_as(write(None)?.body)),
        None => Ok(answer),
    }
}

/// The ids of written rows.
fn ids(writing: &Writing, rows: &Rows) -> Option<Vec<String>> {
    let at = writing.id?;
    let writer = rows::Writer::of(rows.columns().get(at)?.type_()).ok()?;
    rows.iter().map(|row| writer.text_of(row.bytes(at)?).ok()).collect()
}
