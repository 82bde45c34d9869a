//! Endpoints as their owners save them: who stands before the writes of the table `webhooks`.
//!
//! The *warden* judges what comes: an address with everything that its name resolves to, event types against the
//! catalogue, headers by their names. It takes the values of headers out of the row, which keeps their names. Its
//! *sequel* runs in the transaction of the row: it seals those values, gives a new endpoint its secret, and notes which
//! tables the endpoint may hear of, which are never more than those that whoever saved it may read.

pub mod again; // deliveries that somebody wants sent again
mod headers; // the values behind a row's headers
mod sequel; // what follows a written row
mod subscription; // event types, and the tables that they are about
pub mod trial; // a test that somebody waits for
pub mod vault; // secrets at rest

use std::sync::Arc;

use futures_util::{FutureExt, future, future::BoxFuture};

use self::{headers::GivenHeaders, sequel::Change, subscription::Rights};
use crate::{
    error::ApiError,
    tables::{
        body::{Cell, Payload, Purpose},
        kind::Kind,
        table::KEY,
        values,
        warden::{Sequel, ShownOnce, Warden, Writ},
    },
};

/// Deliveries per second that an endpoint may ask to be spared.
const RATE_LIMITS: std::ops::RangeInclusive<i64> = 1..=10_000;

/// Who stands before the writes of `webhooks`.
#[derive(Debug)]
pub struct Endpoints;

impl Warden for Endpoints {
    fn shown_once(&self) -> Option<&'static ShownOnce> {
        Some(&ShownOnce {
            name: "secret",
            about: "What deliveries are signed with: in this answer and never again; rotate-webhook-secret gives another",
            example: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDKjXs0LmN5rA=",
        })
    }

    fn judge<'a>(
        &'a self,
        writ: &'a Writ<'a>,
        payload: &'a mut Payload<'static>,
    ) -> BoxFuture<'a, Result<Arc<dyn Sequel>, ApiError>> {
        judge(writ, payload).boxed()
    }
}

async fn judge(writ: &Writ<'_>, payload: &mut Payload<'static>) -> Result<Arc<dyn Sequel>, ApiError> {
    let rights = Rights::of(writ);
    if writ.purpose == Purpose::Insert {
        name_rows(writ, payload);
    }
    let was_array = payload.was_array;
    let mut changes = Vec::with_capacity(payload.rows.len());
    for index in 0..payload.rows.len() {
        let change = judge_row(writ, payload, index, &rights);
        changes.push(change.map_err(|error| at(error, was_array.then_some(index)))?);
    }
    // What costs a look at the outside comes last, for all rows at once.
    let place = payload.position("url");
    let urls = payload.rows.iter().map(|row| place.and_then(|place| given(&row[place])));
    let checks = urls.enumerate().map(|(index, url)| async move {
        match url {
            Some(url) => reachable(writ, url).await.map_err(|error| at(error, was_array.then_some(index))),
            None => Ok(()),
        }
    });
    future::try_join_all(checks).await?;
    Ok(Arc::new(sequel::Aftermath::new(writ, changes, rights)))
}

/// Gives each new row an id, so that what belongs to it can be sealed for it.
fn name_rows(writ: &Writ<'_>, payload: &mut Payload<'static>) {
    let new = || Cell::Literal(Some(uuid::Uuid::now_v7().to_string()));
    match payload.position(KEY) {
        Some(place) => {
            payload.rows.iter_mut().filter(|row| row[place] == Cell::Absent).for_each(|row| row[place] = new());
        }
        None => {
            payload.columns.push(writ.table.key());
            payload.rows.iter_mut().for_each(|row| row.push(new()));
        }
    }
}

fn judge_row(
    writ: &Writ<'_>,
    payload: &mut Payload<'static>,
    index: usize,
    rights: &Rights,
) -> Result<Change, ApiError> {
    let places = ["url", "event_types", "headers", "rate_limit"].map(|name| payload.position(name));
    let key = payload.position(KEY);
    let row = &mut payload.rows[index];
    let [url, types, headers, rate_limit] = places.map(|place| place.map(|place| row[place].clone()));
    if let Some(limit) = rate_limit.as_ref().and_then(given) {
        rate(limit)?;
    }
    let is_whole = matches!(writ.purpose, Purpose::Insert | Purpose::Replace);
    let reach = match types.as_ref().and_then(given) {
        Some(literal) => {
            let types = values::array_elements(Kind::TextArray, literal)
                .map_err(|bad| bad.into_error("event_types", Kind::TextArray, literal))?;
            Some(subscription::judge(&types, rights)?)
        }
        // A new row, or one that is replaced, hears of everything when it says nothing.
        None if is_whole => Some(subscription::everything(rights)),
        None => None,
    };
    let headers = match (&headers, places[2]) {
        (Some(Cell::Literal(Some(json))), Some(place)) => {
            let given = GivenHeaders::read(json)?;
            if writ.purpose == Purpose::Insert {
                given.require_values()?;
            }
            row[place] = Cell::Literal(Some(given.names()));
            Some(given)
        }
        (None | Some(Cell::Absent), _) if !is_whole => None,
        _ => Some(GivenHeaders::default()),
    };
    // New rows and rows of an array go by their ids; any other change is for all rows that are written.
    let is_named = matches!(writ.purpose, Purpose::Insert | Purpose::BulkUpdate);
    let id = key.filter(|_| is_named).and_then(|place| given(&payload.rows[index][place])).map(str::to_owned);
    let moves = url.as_ref().and_then(given).is_some();
    Ok(Change { id, moves, reach, headers })
}

/// The value that a cell sets.
fn given(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Literal(value) => value.as_deref(),
        Cell::Absent => None,
    }
}

fn rate(limit: &str) -> Result<(), ApiError> {
    if limit.parse().is_ok_and(|limit| RATE_LIMITS.contains(&limit)) {
        return Ok(());
    }
    let (least, most) = (RATE_LIMITS.start(), RATE_LIMITS.end());
    let sentence = format!("rate_limit must be a whole number from {least} to {most}, or null, got {limit}");
    Err(ApiError::bad_request(sentence).with_code("rate_limit_invalid"))
}

/// Refuses an address that deliveries must not reach, now or under the rules of this installation.
async fn reachable(writ: &Writ<'_>, url: &str) -> Result<(), ApiError> {
    match writ.app.sender.guard().check(url).await {
        Ok(_) => Ok(()),
        Err(refusal) => Err(ApiError::bad_request(format!("url cannot be an endpoint: {refusal}"))
            .with_code("url_refused")
            .with_hint("An endpoint is an https address that the public internet reaches")),
    }
}

/// Says which row of several is meant.
fn at(error: ApiError, index: Option<usize>) -> ApiError {
    match index {
        Some(index) => error.with_details(format!("Row {} of the body", index + 1)),
        None => error,
    }
}
