//! `POST`: new rows, or rows that may be there already.

use poem::http::{StatusCode, header};

use super::{Face, Operation, Session, affected, counted, guarded, location, payload, refuse_paging, tagged};
use crate::{
    answer::Answer,
    error::ApiError,
    tables::{
        body::Purpose,
        prefer::{self, Resolution, Return},
        serve::{plan::Insertion, representation},
        sql::write::{Conflict, Inserting, Returning},
    },
};

/// `POST`.
pub(in crate::tables::serve) async fn create(
    op: &Operation,
    face: &Face<'_>,
    session: &mut Session<'_>,
) -> Result<Answer, ApiError> {
    refuse_paging(op)?;
    let payload = payload(op, face, Purpose::Insert)?;
    let conflict = match op.prefer.resolution {
        None => Conflict::Refuse,
        Some(Resolution::IgnoreDuplicates) => Conflict::Ignore,
        Some(Resolution::MergeDuplicates) => Conflict::Merge,
    };
    let returning = match op.prefer.returning {
        Some(Return::Minimal) => Returning::Count,
        Some(Return::HeadersOnly) => Returning::Ids,
        Some(Return::Representation) | None => Returning::Rows,
    };
    if payload.rows.is_empty() {
        face.level(op)?;
        let answer = match returning {
            Returning::Rows => Answer::of(StatusCode::CREATED, "application/json; charset=utf-8", vec!["[]".into()]),
            _ => Answer::empty(StatusCode::CREATED),
        };
        return Ok(op.told(answer.with_text(header::CONTENT_RANGE, &counted(op, 0)), prefer::Operation::Insert));
    }
    let on = op.query.on_conflict.as_deref();
    let how = Inserting { on, conflict, returning: guarded::widened(op, returning), now: face.app.clock.now() };
    let (plan, statement) = Insertion::of(face, op, &payload, &how)?;
    let writing = &plan.writing;
    let rows = session.write(&statement, op.table).await?;
    let count = affected(how.returning, &rows);
    op.require_single(count)?;
    let beside = guarded::follow(op, session, writing, &rows, true).await?;
    let beside = beside.as_ref();
    let all_old = writing.is_new.is_some_and(|at| rows.iter().all(|row| row.bytes(at) == Some(&[0])));
    let status = if all_old && conflict == Conflict::Merge { StatusCode::OK } else { StatusCode::CREATED };
    let is_one = !payload.was_array && op.prefer.returning.is_none();
    let mut answer = match returning {
        // An ignored duplicate leaves nothing to show.
        Returning::Rows if rows.is_empty() && is_one => Answer::empty(StatusCode::NO_CONTENT),
        Returning::Rows => {
            let columns = plan.columns(rows.columns())?;
            let write = if is_one { representation::write_one } else { representation::write };
            let answer = guarded::shown_once(beside, |it| write(op, status, columns.clone(), &rows, it))?;
            if is_one { tagged(op, writing, &rows, answer) } else { answer }
        }
        _ => Answer::empty(status),
    };
    if let (Some(location), true) = (location(op, writing, &rows), rows.len() == 1 && returning != Returning::Count) {
        answer = answer.with_text(header::LOCATION, &location);
    }
    answer = answer.with_text(header::CONTENT_RANGE, &counted(op, count));
    Ok(op.told(answer, prefer::Operation::Insert))
}
