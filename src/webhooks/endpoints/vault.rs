//! The secrets of endpoints and the values of their headers: sealed before they reach the database, one row beside each
//! endpoint.

use chrono::{DateTime, Utc};
use poem::http::StatusCode;
use reqwest::header::HeaderMap;
use uuid::Uuid;

use super::super::{Endpoint, SigningKey, headers};
use crate::{
    app::App,
    error::ApiError,
    idempotency::{Ledger, hex, unhex},
    sealing::Purpose,
    secret::Secret,
    tenant::PropertyId,
};

/// Gives a new endpoint its secret, and keeps the values of its headers; the secret's text.
pub(super) async fn create(
    ledger: &mut impl Ledger,
    app: &App,
    property: PropertyId,
    endpoint: Uuid,
    headers: &HeaderMap,
) -> Result<Secret, ApiError> {
    let key = SigningKey::generate();
    put(ledger, app, property, endpoint, &key, headers).await?;
    Ok(key.text())
}

/// The values of an endpoint's headers.
pub(super) async fn headers(
    ledger: &mut impl Ledger,
    app: &App,
    property: PropertyId,
    endpoint: Uuid,
) -> Result<HeaderMap, ApiError> {
    const FIND: &str = "select encode(headers, 'hex') from webhook_secrets \
         where property_id = $1::uuid and webhook_id = $2::uuid for update";
    match single(ledger.rows(FIND, vec![property.to_string(), endpoint.to_string()]).await?) {
        Some(sealed) => read_headers(app, endpoint, &sealed),
        None => Ok(HeaderMap::new()),
    }
}

/// Keeps other values of an endpoint's headers.
pub(super) async fn set_headers(
    ledger: &mut impl Ledger,
    app: &App,
    property: PropertyId,
    endpoint: Uuid,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    // An endpoint that was made by hand has no secret yet; it gets one that nobody knows, until it is rotated.
    put(ledger, app, property, endpoint, &SigningKey::generate(), headers).await
}

/// Keeps headers, and the secret where there is none yet.
async fn put(
    ledger: &mut impl Ledger,
    app: &App,
    property: PropertyId,
    endpoint: Uuid,
    key: &SigningKey,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    const PUT: &str = "insert into webhook_secrets (property_id, webhook_id, current, headers) \
         values ($1::uuid, $2::uuid, decode($3, 'hex'), decode(nullif($4, ''), 'hex')) \
         on conflict (property_id, webhook_id) do update set headers = excluded.headers";
    let current = hex(&app.sealer.seal(Purpose::WebhookSecret, endpoint, key.as_bytes()));
    let headers = match headers.is_empty() {
        true => String::new(),
        false => hex(&app.sealer.seal(Purpose::WebhookHeaders, endpoint, &headers::to_bytes(headers))),
    };
    ledger.rows(PUT, vec![property.to_string(), endpoint.to_string(), current, headers]).await.map(drop)
}

/// A secret that was made just now.
#[derive(Debug)]
pub struct Rotated {
    /// Its text, for this one answer.
    pub secret: Secret,
    /// Until when the one before it signs too.
    pub previous_expires_at: Option<DateTime<Utc>>,
}

/// Gives an endpoint a new secret; the present one signs too for so many hours, and the one before it no longer. 404 when
/// there is no such endpoint.
pub async fn rotate(
    ledger: &mut impl Ledger,
    app: &App,
    property: PropertyId,
    endpoint: Uuid,
    overlap_hours: i64,
) -> Result<Rotated, ApiError> {
    const ROTATE: &str = "insert into webhook_secrets as secrets (property_id, webhook_id, current) \
         values ($1::uuid, $2::uuid, decode($3, 'hex')) \
         on conflict (property_id, webhook_id) do update set current = excluded.current, \
         previous = case when $4::int > 0 then secrets.current end, \
         previous_expires_at = case when $4::int > 0 then now() + make_interval(hours => $4::int) end \
         returning to_char(previous_expires_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
    lock(ledger, property, endpoint).await?;
    let key = SigningKey::generate();
    let sealed = hex(&app.sealer.seal(Purpose::WebhookSecret, endpoint, key.as_bytes()));
    let values = vec![property.to_string(), endpoint.to_string(), sealed, overlap_hours.to_string()];
    let ends = single(ledger.rows(ROTATE, values).await?);
    let ends = ends.map(|at| at.parse()).transpose().map_err(|_| ApiError::internal())?;
    Ok(Rotated { secret: key.text(), previous_expires_at: ends })
}

/// Keeps an endpoint as it is until the transaction ends; 404 when there is no such one.
pub(super) async fn lock(ledger: &mut impl Ledger, property: PropertyId, endpoint: Uuid) -> Result<(), ApiError> {
    const LOCK: &str = "select id::text from webhooks where property_id = $1::uuid and id = $2::uuid for no key update";
    match ledger.rows(LOCK, vec![property.to_string(), endpoint.to_string()]).await?.is_empty() {
        true => Err(ApiError::not_found("webhook")),
        false => Ok(()),
    }
}

/// Where an endpoint's deliveries go and what signs them. 404 when there is no such endpoint, 409 when it has no secret.
pub(super) async fn open(
    ledger: &mut impl Ledger,
    app: &App,
    property: PropertyId,
    id: Uuid,
) -> Result<Endpoint, ApiError> {
    const FIND: &str = "select w.url, encode(s.current, 'hex'), \
         case when s.previous_expires_at > now() then encode(s.previous, 'hex') end, encode(s.headers, 'hex') \
         from webhooks w left join webhook_secrets s on s.property_id = w.property_id and s.webhook_id = w.id \
         where w.property_id = $1::uuid and w.id = $2::uuid";
    let rows = ledger.rows(FIND, vec![property.to_string(), id.to_string()]).await?;
    let row: Option<[Option<String>; 4]> = rows.into_iter().next().and_then(|row| row.try_into().ok());
    let Some([Some(url), current, previous, headers]) = row else { return Err(ApiError::not_found("webhook")) };
    let Some(current) = current else {
        let sentence = "This webhook has no secret; rotate-webhook-secret gives it one";
        return Err(ApiError::new(StatusCode::CONFLICT, sentence).with_code("secret_missing"));
    };
    let key = |sealed: String| {
        let bytes = unseal(app, Purpose::WebhookSecret, id, &sealed)?;
        SigningKey::from_bytes(bytes).ok_or_else(|| broken(id, &"a secret of the wrong length"))
    };
    let keys = [Some(current), previous].into_iter().flatten().map(key).collect::<Result<_, _>>()?;
    let headers = match headers {
        Some(sealed) => read_headers(app, id, &sealed)?,
        None => HeaderMap::new(),
    };
    let url = url.parse().map_err(|error| broken(id, &error))?;
    Ok(Endpoint { url, headers, keys })
}

fn read_headers(app: &App, endpoint: Uuid, sealed: &str) -> Result<HeaderMap, ApiError> {
    let opened = unseal(app, Purpose::WebhookHeaders, endpoint, sealed)?;
    headers::from_bytes(&opened).ok_or_else(|| broken(endpoint, &"no headers"))
}

fn unseal(app: &App, purpose: Purpose, endpoint: Uuid, sealed: &str) -> Result<Vec<u8>, ApiError> {
    let sealed = unhex(sealed).ok_or_else(|| broken(endpoint, &"no hexadecimal digits"))?;
    app.sealer.open(purpose, endpoint, &sealed).map_err(|error| broken(endpoint, &error))
}

fn broken(endpoint: Uuid, error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%endpoint, %error, "what is sealed for an endpoint cannot be read");
    ApiError::internal()
}

/// The one value of the one row.
fn single(rows: Vec<Vec<Option<String>>>) -> Option<String> {
    rows.into_iter().next().and_then(|mut row| row.pop()).flatten()
}
