//! Functions under an `Idempotency-Key`: carried out once, in one transaction with the record of the answer. What is
//! recorded has no secret, so a repeated call that made a key tells which key it was, not its text.

use poem::{Request, http::StatusCode};
use poem_openapi::{
    payload::{Json, Response},
    types::{ParseFromJSON, ToJSON},
};
use sea_orm::DatabaseTransaction;

use super::{audited, in_property};
use crate::{
    answer::Answer,
    app::App,
    caller::PropertyCaller,
    error::ApiError,
    idempotency::{self, Before, Key},
    tenant,
};

/// The answer of a function, with the header of a replay where it is one.
pub(super) type Once<T> = Response<Json<T>>;

/// What a function answers: all of it this once, and what may be kept of it.
pub(super) struct Said<T> {
    pub(super) now: T,
    pub(super) later: T,
}

/// The `Idempotency-Key` of a call; `asked` is what it is asked for.
pub(super) fn named(
    app: &App,
    request: &Request,
    caller: &PropertyCaller,
    asked: &impl ToJSON,
) -> Result<Option<Key>, ApiError> {
    let Some(text) = idempotency::named(request.headers())? else { return Ok(None) };
    let (route, asked) = (format!("POST {}", request.uri().path()), asked.to_json_string());
    Ok(Some(Key::new(caller.property, caller.id(), route, text, &[asked.as_bytes()], app.clock.now())))
}

/// Carries a function out, once per key; `asked` is what it was asked for.
pub(super) async fn once<T: ParseFromJSON + ToJSON>(
    app: &App,
    request: &Request,
    caller: &PropertyCaller,
    asked: &impl ToJSON,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<Said<T>, ApiError>,
) -> Result<Once<T>, ApiError> {
    let Some(key) = named(app, request, caller, asked)? else {
        let said = in_property(app, caller, work).await?;
        audited(request);
        return Ok(Response::new(Json(said.now)));
    };
    let txn = match claimed(app, caller, Some(&key)).await? {
        Claimed::New(txn) => txn,
        Claimed::Answered(answered) => {
            // Its line was written when it was carried out.
            audited(request);
            return replayed(&answered);
        }
    };
    match work(&txn).await {
        Ok(said) => {
            key.record(&mut &txn, &recorded(&said.later)).await?;
            txn.commit().await?;
            audited(request);
            Ok(Response::new(Json(said.now)))
        }
        Err(error) => {
            undo(txn).await;
            if error.status_code().is_client_error() {
                record_refusal(app, caller, &key, &error).await;
            }
            Err(error)
        }
    }
}

/// A key that is claimed, with the transaction to work in, or the answer that it was given before.
pub(super) enum Claimed {
    New(DatabaseTransaction),
    Answered(Answer),
}

/// Begins a call's transaction and claims its key, where it has one.
pub(super) async fn claimed(app: &App, caller: &PropertyCaller, key: Option<&Key>) -> Result<Claimed, ApiError> {
    let txn = tenant::begin(&app.db, caller.property).await?;
    let Some(key) = key else { return Ok(Claimed::New(txn)) };
    let answered = match key.begin(&mut &txn).await {
        Ok(Before::New) => return Ok(Claimed::New(txn)),
        Ok(Before::Answered(answered)) => Ok(Claimed::Answered(answered)),
        Err(error) => Err(error),
    };
    undo(txn).await;
    answered
}

/// Undoes a call's work now, not when it is dropped: its key is free when its caller has the answer and asks again. Where
/// this fails the connection is given up, and the key is free as well; what the caller is told is what went wrong first.
pub(super) async fn undo(txn: DatabaseTransaction) {
    let _ = txn.rollback().await;
}

/// Records the refusal of a call that was undone; where this fails, the next call with the key is simply carried out.
pub(super) async fn record_refusal(app: &App, caller: &PropertyCaller, key: &Key, error: &ApiError) {
    let Ok(txn) = tenant::begin(&app.db, caller.property).await else { return };
    let _ = match key.record_refusal(&mut &txn, error).await {
        Ok(()) => txn.commit().await,
        Err(_) => txn.rollback().await,
    };
}

/// An answer as it is recorded.
pub(super) fn recorded(said: &impl ToJSON) -> Answer {
    Answer::of(StatusCode::OK, "application/json; charset=utf-8", vec![said.to_json_string().into()])
}

/// What was answered before.
pub(super) fn replayed<T: ParseFromJSON + ToJSON>(answered: &Answer) -> Result<Once<T>, ApiError> {
    if answered.status != StatusCode::OK {
        return Err(ApiError::replayed(answered));
    }
    let body = T::parse_from_json_string(&String::from_utf8_lossy(&answered.body.concat()));
    let body = body.map_err(|_| ApiError::internal())?;
    Ok(Response::new(Json(body)).header("idempotency-replayed", "true"))
}
