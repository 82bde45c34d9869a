//! Calls that read: lists, single rows, and queries that come as a body.

use std::sync::Arc;

use poem::http::{HeaderName, StatusCode, header};

use super::{
    super::{
        prefer::{self, Count},
        range,
        sql::{Level, Statement, keyset::Cursor},
    },
    Face, etag, links,
    operation::Operation,
    page::{Page, Written},
    plan::Plan,
    representation,
    session::Session,
};
use crate::{answer::Answer, error::ApiError};

/// A page of rows.
pub(super) async fn list(op: &Operation, face: &Face<'_>, session: &mut Session<'_>) -> Result<Answer, ApiError> {
    let own = |path: &[String]| path.is_empty();
    let limit = op.query.limit.iter().find(|limit| own(&limit.path)).map(|limit| limit.value);
    let offset = op.query.offset.iter().find(|offset| own(&offset.path)).map(|offset| offset.value);
    let ranged = op.header(&header::RANGE).filter(|_| !op.head);
    let page = range::page(limit, offset, ranged)?;
    let after = match &op.query.after {
        Some(text) => Some(face.app.cursors.open(face.tenant, &links::order_of(op), text)?),
        None => None,
    };
    let plan = Plan::of_page(face, op, page, after.as_ref())?;
    let Written { rows: shown, body, cursor } = read(op, face, session, &plan, after.as_ref()).await?;
    op.require_single(shown)?;
    let total = total(op, face, &plan, session, page, shown, after.is_some()).await?;
    let status = range::status(page.offset, shown, total)?;
    let mut answer = Answer::of(status, op.media.content_type(), body);
    answer = answer.with_text(header::CONTENT_RANGE, &range::content_range(page.offset, shown, total));
    answer = answer.with_text(header::CONTENT_LOCATION, &links::content_location(op));
    if let Some(total) = total {
        answer = answer.with_text(HeaderName::from_static("x-total-count"), &total.to_string());
    }
    if page.limit > 0 && shown >= page.limit {
        let next = match cursor {
            Some(cursor) => {
                links::next_by_cursor(op, face, &face.app.cursors.seal(face.tenant, &plan.order, &cursor), page)
            }
            None => links::next_by_offset(op, face, page),
        };
        answer = answer.with_text(header::LINK, &next);
    }
    Ok(op.told(answer, prefer::Operation::Read))
}

/// Runs the plan of a page and writes its rows.
async fn read(
    op: &Operation,
    face: &Face<'_>,
    session: &mut Session<'_>,
    plan: &Arc<Plan>,
    after: Option<&Cursor>,
) -> Result<Written, ApiError> {
    let sink = Page::new(plan.clone(), representation::format(op));
    session.read_into(&plan.statement(face.tenant, None, after), op.table, &sink).await?;
    sink.finish()
}

/// One row by its id.
pub(super) async fn get(op: &Operation, face: &Face<'_>, session: &mut Session<'_>) -> Result<Answer, ApiError> {
    let id = Level::id_of(op.table, op.id.as_deref().unwrap_or_default())?;
    let plan = Plan::of_one(face, op)?;
    let reading = &plan.reading;
    let rows = session.read(&plan.statement(face.tenant, Some(&id), None), op.table).await?;
    if rows.is_empty() {
        return Err(missing(op));
    }
    let tag = reading.version.and_then(|at| representation::integer(&rows, at)).and_then(|at| etag::of(op, at));
    if let Some(tag) = tag.as_ref().filter(|tag| etag::is_known(&op.headers, tag)) {
        return Ok(Answer::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, tag.clone()));
    }
    let mut answer = representation::write_one(op, StatusCode::OK, plan.columns(rows.columns())?, &rows, None)?;
    if let Some(tag) = tag {
        answer = answer.with(header::ETAG, tag);
    }
    Ok(op.told(answer, prefer::Operation::Read))
}

/// The error for a row that is not there, or not the caller's.
pub(super) fn missing(op: &Operation) -> ApiError {
    ApiError::not_found(op.table.singular).with_code("not_found")
}

/// How many rows fit, where the caller wants to know; asked only when the page does not tell.
async fn total(
    op: &Operation,
    face: &Face<'_>,
    plan: &Plan,
    session: &mut Session<'_>,
    page: range::Page,
    shown: u64,
    behind_cursor: bool,
) -> Result<Option<u64>, ApiError> {
    let Some(count) = op.prefer.count else { return Ok(None) };
    let is_last_page = shown < page.limit && (shown > 0 || page.offset == 0) && !behind_cursor;
    if is_last_page {
        return Ok(Some(page.offset + shown));
    }
    let exact = match count {
        Count::Exact => true,
        Count::Planned => false,
        // Few rows are counted, many are guessed.
        Count::Estimated => {
            let guess = planned(&face.level(op)?.estimate()?, op, session).await?;
            if guess > range::MAX_LIMIT {
                return Ok(Some(guess));
            }
            true
        }
    };
    if !exact {
        return planned(&face.level(op)?.estimate()?, op, session).await.map(Some);
    }
    let rows = session.read(&plan.count(face, op)?, op.table).await?;
    let total = representation::integer(&rows, 0).and_then(|total| u64::try_from(total).ok());
    total.map(Some).ok_or_else(ApiError::internal)
}

/// What the planner believes.
async fn planned(statement: &Statement, op: &Operation, session: &mut Session<'_>) -> Result<u64, ApiError> {
    let rows = session.read(statement, op.table).await?;
    let plan = rows.get(0).and_then(|row| row.bytes(0)).ok_or_else(ApiError::internal)?;
    let plan: serde_json::Value = serde_json::from_slice(plan).map_err(|_| ApiError::internal())?;
    plan[0]["Plan"]["Plan Rows"].as_f64().map(|rows| rows.max(0.0) as u64).ok_or_else(ApiError::internal)
}
