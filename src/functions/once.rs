//! Functions under an `Idempotency-Key`: carried out once, in one transaction with the record of the answer. What is
//! recorded has no secret, so a repeated call that made a key tells which key it was, not its text.

use poem::{Request, http::StatusCode};
use poem_openapi::{
    payload::{Json, Response},
    types::{ParseFromJSON, ToJSON},
};
use sea_orm::DatabaseTransaction;

use super::{
    audited, in_property,
    key_schemas::{PropertyApiKey, PropertyApiKeyResponse},
};
use crate::{
    answer::Answer,
    app::App,
    caller::PropertyCaller,
    error::ApiError,
    idempotency::{self, Before, Key},
    secret::Secret,
    tenant,
};

/// The answer of a function, with the header of a replay where it is one.
pub(super) type KeyAnswer = Response<Json<PropertyApiKeyResponse>>;

/// Carries a function out, once per key; `asked` is what it was asked for.
pub(super) async fn once(
    app: &App,
    request: &Request,
    caller: &PropertyCaller,
    asked: &impl ToJSON,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<(entity::api_key::Model, Option<Secret>), ApiError>,
) -> Result<KeyAnswer, ApiError> {
    let Some(text) = idempotency::named(request.headers())? else {
        let (row, key) = in_property(app, caller, work).await?;
        audited(request);
        return Ok(Response::new(answer(row, key.as_ref())));
    };
    let route = format!("POST {}", request.uri().path());
    let asked = asked.to_json_string();
    let key = Key::new(caller.property, caller.id(), route, text, &[asked.as_bytes()], app.clock.now());
    let txn = tenant::begin(&app.db, caller.property).await?;
    if let Before::Answered(answered) = key.begin(&mut &txn).await? {
        // Its line was written when it was carried out.
        audited(request);
        return replayed(&answered);
    }
    match work(&txn).await {
        Ok((row, secret)) => {
            let shown = answer(row.clone(), None).0.to_json_string();
            let record = Answer::of(StatusCode::OK, "application/json; charset=utf-8", vec![shown.into()]);
            key.record(&mut &txn, &record).await?;
            txn.commit().await?;
            audited(request);
            Ok(Response::new(answer(row, secret.as_ref())))
        }
        Err(error) => {
            txn.rollback().await?;
            if error.status_code().is_client_error() {
                let txn = tenant::begin(&app.db, caller.property).await?;
                if key.record_refusal(&mut &txn, &error).await.is_ok() {
                    txn.commit().await?;
                }
            }
            Err(error)
        }
    }
}

fn answer(row: entity::api_key::Model, key: Option<&Secret>) -> Json<PropertyApiKeyResponse> {
    Json(PropertyApiKeyResponse { success: true, data: PropertyApiKey::new(row, key) })
}

/// What was answered before.
fn replayed(answered: &Answer) -> Result<KeyAnswer, ApiError> {
    if answered.status != StatusCode::OK {
        return Err(ApiError::replayed(answered));
    }
    let body = PropertyApiKeyResponse::parse_from_json_string(&String::from_utf8_lossy(&answered.body.concat()));
    let body = body.map_err(|_| ApiError::internal())?;
    Ok(Response::new(Json(body)).header("idempotency-replayed", "true"))
}
