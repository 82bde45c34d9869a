//! Calls that write: what is written is read from the body, what comes back is what the caller prefers.

mod change;
mod create;
mod guarded;
mod replace;

use poem::http::{StatusCode, header};

pub(super) use self::{
    change::{delete, update},
    create::create,
    guarded::{Beside, Guarded, ask},
    replace::replace,
};
use super::{
    super::{
        body::{self, Payload, Purpose},
        grammar::ast::Item,
        media,
        prefer::{self, Missing, Return, Tx},
        range,
        registry::Verb,
        rows,
        sql::{
            Level,
            write::{Returning, Writing},
        },
    },
    Face,
    etag::{self, Demand},
    operation::Operation,
    reading::missing,
    representation,
    session::Session,
};
use crate::{answer::Answer, error::ApiError, tenant_pool::Rows};

/// Whether what an operation does must be undone when its answer cannot be given.
pub(super) fn is_conditional(op: &Operation) -> bool {
    op.prefer.tx == Some(Tx::Rollback)
        || op.prefer.bound().is_some()
        || op.wants_object()
        || etag::demand(&op.headers).is_some()
        || etag::only_new(&op.headers)
        || may_answer_too_much(op)
        || op.guarded.is_some()
}

/// Whether any number of rows may come back: an answer that is too large must undo what it would have told of. New rows
/// without relations are about as large as the body that brought them.
fn may_answer_too_much(op: &Operation) -> bool {
    let has_relations = op.query.select.iter().any(|item| matches!(item, Item::Embed(_)));
    match op.verb {
        Verb::UpdateMany | Verb::DeleteMany => op.prefer.returning == Some(Return::Representation),
        _ => has_relations,
    }
}

/// The rows that are written: those of the body, as the table's warden left them.
fn payload(op: &Operation, face: &Face<'_>, purpose: Purpose) -> Result<Payload<'static>, ApiError> {
    match &op.guarded {
        Some(guarded) => guarded.clone().map(|guarded| guarded.payload),
        None => read_payload(op, face, purpose),
    }
}

/// Whether a body changes each row by its own values.
fn is_many(op: &Operation) -> bool {
    op.verb == Verb::UpdateMany && op.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
}

/// The rows of the body.
fn read_payload(op: &Operation, face: &Face<'_>, purpose: Purpose) -> Result<Payload<'static>, ApiError> {
    let media = media::body_media(op.header(&header::CONTENT_TYPE))?;
    let missing_default = op.prefer.missing == Some(Missing::Default);
    body::read(op.table, media, &op.body, op.query.columns.as_deref(), purpose, face.tenant, missing_default)
}

/// Pages are for reading: a write that touched only a part of what fits would touch an arbitrary part.
fn refuse_paging(op: &Operation) -> Result<(), ApiError> {
    let own = |path: &[String]| path.is_empty();
    let name = match op {
        _ if op.query.limit.iter().any(|limit| own(&limit.path)) => "limit",
        _ if op.query.offset.iter().any(|offset| own(&offset.path)) => "offset",
        _ if op.query.after.is_some() => "after",
        _ => return Ok(()),
    };
    Err(ApiError::bad_request(format!("{name} cannot be used when rows are written; narrow them by filters"))
        .with_code("paging_not_allowed"))
}

fn unfiltered(verb: &str) -> ApiError {
    ApiError::bad_request(format!("{verb} requires a WHERE clause"))
        .with_code("21000")
        .with_hint("Name the rows by at least one filter; all rows fit id=not.is.null")
}

/// What comes back of changed rows.
fn returning(op: &Operation, by_default: bool) -> Returning {
    match op.prefer.returning {
        Some(Return::Representation) => Returning::Rows,
        None if by_default => Returning::Rows,
        _ => Returning::Count,
    }
}

/// Demands the version that `If-Match` names.
fn demand(op: &Operation, level: &mut Level<'_>) -> Result<(), ApiError> {
    match etag::demand(&op.headers) {
        None | Some(Demand::Any) => Ok(()),
        Some(Demand::OneOf(_)) if !op.verb.is_of_one() => Err(ApiError::bad_request(
            "If-Match names the version of one row; send it with a path that ends in the row's id",
        )
        .with_code("if_match_needs_id")),
        Some(Demand::OneOf(versions)) => {
            level.unchanged(versions);
            Ok(())
        }
    }
}

/// How many rows a statement wrote.
fn affected(returning: Returning, rows: &Rows) -> u64 {
    match returning {
        Returning::Count if rows.columns().is_empty() => rows.affected(),
        _ => rows.len() as u64,
    }
}

/// The answer to changed or deleted rows.
async fn settle(
    op: &Operation,
    session: &mut Session<'_>,
    level: &Level<'_>,
    writing: (&Writing, Returning),
    rows: &Rows,
    kind: prefer::Operation,
) -> Result<Answer, ApiError> {
    let (writing, returning) = writing;
    let count = affected(returning, rows);
    if let Some(bound) = op.prefer.bound().filter(|bound| count > *bound) {
        return Err(ApiError::bad_request("Query result exceeds max-affected preference constraint")
            .with_code("PGRST124")
            .with_details(format!("The query affects {count} rows, and at most {bound} are allowed")));
    }
    if op.verb.is_of_one() {
        if count == 0 {
            return Err(absent(op, session, level).await?);
        }
        let answer = match returning {
            Returning::Rows => {
                let columns = representation::columns(&writing.names, rows.columns())?;
                let answer = representation::write_one(op, StatusCode::OK, columns, rows, None)?;
                if kind == prefer::Operation::Update { tagged(op, writing, rows, answer) } else { answer }
            }
            _ => Answer::empty(StatusCode::NO_CONTENT),
        };
        return Ok(op.told(answer, kind));
    }
    op.require_single(count)?;
    let answer = match returning {
        Returning::Rows => {
            let columns = representation::columns(&writing.names, rows.columns())?;
            representation::write(op, StatusCode::OK, columns, rows, None)?
        }
        _ => Answer::empty(StatusCode::NO_CONTENT),
    };
    let range = match kind {
        prefer::Operation::Update => range::content_range(0, count, op.prefer.count.map(|_| count)),
        _ => counted(op, count),
    };
    Ok(op.told(answer.with_text(header::CONTENT_RANGE, &range), kind))
}

/// The answer to a change that changes nothing.
fn unchanged(op: &Operation, returning: Returning) -> Result<Answer, ApiError> {
    op.require_single(0)?;
    let answer = match returning {
        Returning::Rows => Answer::of(StatusCode::OK, op.media.content_type(), vec!["[]".into()]),
        _ => Answer::empty(StatusCode::NO_CONTENT),
    };
    let range = range::content_range(0, 0, op.prefer.count.map(|_| 0));
    Ok(op.told(answer.with_text(header::CONTENT_RANGE, &range), prefer::Operation::Update))
}

/// Why no row was written: there is none, or it has moved on.
async fn absent(op: &Operation, session: &mut Session<'_>, level: &Level<'_>) -> Result<ApiError, ApiError> {
    if etag::demand(&op.headers).is_none() {
        return Ok(missing(op));
    }
    let there = session.read(&level.exists()?, op.table).await?;
    Ok(if there.is_empty() { missing(op) } else { moved() })
}

/// 412: the row is not at the version that the caller knows.
fn moved() -> ApiError {
    ApiError::new(StatusCode::PRECONDITION_FAILED, "The row has changed since it was read; read it again")
        .with_code("precondition_failed")
}

/// `Content-Range` of calls that do not page: how many rows, when that was asked for.
fn counted(op: &Operation, count: u64) -> String {
    match op.prefer.count {
        Some(_) => format!("*/{count}"),
        None => "*/*".to_owned(),
    }
}

/// Adds the version of the one row that an answer shows.
fn tagged(op: &Operation, writing: &Writing, rows: &Rows, answer: Answer) -> Answer {
    let version = writing.version.and_then(|at| representation::integer(rows, at));
    match version.and_then(|version| etag::of(op, version)) {
        Some(tag) => answer.with(header::ETAG, tag),
        None => answer,
    }
}

/// Where the one new row is.
fn location(op: &Operation, writing: &Writing, rows: &Rows) -> Option<String> {
    let at = writing.id?;
    let writer = rows::Writer::of(rows.columns().get(at)?.type_()).ok()?;
    let id = writer.text_of(rows.get(0)?.bytes(at)?).ok()?;
    Some(format!("/api/{}?id=eq.{id}", op.table.name))
}
