//! `PUT`: the whole row of an id, made or replaced; columns that the body leaves out get their defaults.

use poem::http::StatusCode;

use super::{Face, Operation, Session, absent, affected, demand, guarded, moved, payload, tagged};
use crate::{
    answer::Answer,
    error::ApiError,
    tables::{
        body::{Cell, Payload, Purpose},
        grammar::ast::{Comparison, Condition, Operation as Filter, Operator, Placed},
        prefer::{self, Return},
        registry::Verb,
        serve::{etag, representation},
        sql::write::{Conflict, Inserting, Returning},
        table::KEY,
        values,
    },
};

/// `PUT`: the whole row of an id, made or replaced.
pub(in crate::tables::serve) async fn replace(
    op: &Operation,
    face: &Face<'_>,
    session: &mut Session<'_>,
) -> Result<Answer, ApiError> {
    let id = match &op.id {
        Some(id) => id.clone(),
        None => id_of_filters(op)?,
    };
    let mut level = face.level(op)?;
    level.one(&id)?;
    let mut payload = payload(op, face, Purpose::Replace)?;
    let id = values::literal(op.table.key().kind, &id).map_or_else(|_| id.clone(), std::borrow::Cow::into_owned);
    let given = name_row(op, &mut payload, &id)?;
    let returning = match op.prefer.returning {
        Some(Return::Representation) => Returning::Rows,
        None if op.verb == Verb::Replace => Returning::Rows,
        _ => Returning::Count,
    };
    let returning = guarded::widened(op, returning);
    let now = face.app.clock.now();
    let demanded = etag::demand(&op.headers);
    let made = op.table.has_own_ids() && demanded.is_none();
    let writing = if made {
        let conflict = if etag::only_new(&op.headers) { Conflict::Ignore } else { Conflict::Replace };
        level.insert(&payload, &Inserting { on: None, conflict, returning, now })?
    } else {
        demand(op, &mut level)?;
        payload.columns.remove(given);
        payload.rows.iter_mut().for_each(|row| _ = row.remove(given));
        level.replace(&payload, returning, now)?
    };
    let rows = session.write(&writing.statement, op.table).await?;
    let count = affected(returning, &rows);
    if count == 0 {
        return Err(if made { moved() } else { absent(op, session, &level).await? });
    }
    let is_new = made && writing.is_new.is_none_or(|at| rows.get(0).and_then(|row| row.bytes(at)) == Some(&[1]));
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let beside = guarded::follow(op, session, &writing, &rows, is_new).await?;
    let beside = beside.as_ref();
    let answer = match returning {
        Returning::Rows => {
            let columns = representation::columns(&writing.names, rows.columns())?;
            let write = if op.verb == Verb::Replace { representation::write_one } else { representation::write };
            let answer = guarded::shown_once(beside, |it| write(op, status, columns.clone(), &rows, it))?;
            if op.verb == Verb::Replace { tagged(op, &writing, &rows, answer) } else { answer }
        }
        _ => Answer::empty(StatusCode::NO_CONTENT),
    };
    Ok(op.told(answer, prefer::Operation::Replace))
}

/// The id that the filters of PostgREST's form name: exactly `id=eq.…`.
fn id_of_filters(op: &Operation) -> Result<String, ApiError> {
    if !op.query.limit.is_empty() || !op.query.offset.is_empty() {
        return Err(
            ApiError::bad_request("limit/offset querystring parameters are not allowed for PUT").with_code("PGRST114")
        );
    }
    let [Placed { path, value: Condition::Compare(Comparison { field, negated: false, operation }) }] =
        &*op.query.filters
    else {
        return Err(not_the_key());
    };
    match operation {
        Filter::Binary { operator: Operator::Eq, value }
            if path.is_empty() && field.json.is_empty() && field.name == KEY =>
        {
            Ok(value.clone())
        }
        _ => Err(not_the_key()),
    }
}

fn not_the_key() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Filters must include all and only primary key columns with 'eq' operators",
    )
    .with_code("PGRST105")
    .with_header(
        poem::http::header::ALLOW,
        poem::http::HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
    )
}

/// Sees to it that the body's row is the one that the request names; where the id stands in it.
fn name_row(op: &Operation, payload: &mut Payload<'_>, id: &str) -> Result<usize, ApiError> {
    payload.rows.truncate(1);
    let key = op.table.key();
    let row = payload
        .rows
        .first_mut()
        .ok_or_else(|| ApiError::bad_request("A row is replaced by one object, got none").with_code("PGRST102"))?;
    match payload.columns.iter().position(|column| column.name == KEY) {
        Some(at) => {
            match &row[at] {
                Cell::Literal(Some(given)) if values::literal(key.kind, given).is_ok_and(|given| given == id) => Ok(at),
                _ => Err(ApiError::bad_request("Payload values do not match URL in primary key column(s)")
                    .with_code("PGRST115")),
            }
        }
        None => {
            payload.columns.push(key);
            row.push(Cell::Literal(Some(id.to_owned())));
            Ok(payload.columns.len() - 1)
        }
    }
}
