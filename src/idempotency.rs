//! `Idempotency-Key`: a call that is sent twice is carried out once, and answered twice alike.
//!
//! A call with a key runs in one transaction with the record of its answer, under an advisory lock on the key: whoever
//! comes while it runs gets 409, whoever comes later gets the recorded answer, and when the server dies on the way,
//! Postgres lets go of the lock and keeps neither the work nor the record. A refusal (4xx) undoes the work and is
//! recorded on its own. A call that waits for somebody else's server holds no transaction meanwhile; it leases its key.
//! Records live a day, per property, credential and route; secrets never stand in them.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use poem::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement, TryGetable};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::{
    answer::Answer,
    error::ApiError,
    tenant::PropertyId,
    tenant_pool::{Param, Transaction},
};

const LIFE: TimeDelta = TimeDelta::hours(24);
const LONGEST: usize = 255;
const IN_FLIGHT: &str = "idempotency_in_flight";
/// Rows that one statement forgets.
const PORTION: i32 = 10_000;

/// A transaction that records can be kept in: the one that does the call's work.
///
/// All values and answers are texts, because two drivers share these statements.
pub trait Ledger {
    /// The rows that a statement answers.
    fn rows(
        &mut self,
        sql: &'static str,
        values: Vec<String>,
    ) -> impl Future<Output = Result<Vec<Vec<Option<String>>>, ApiError>> + Send;
}

impl Ledger for Transaction<'_> {
    async fn rows(&mut self, sql: &'static str, values: Vec<String>) -> Result<Vec<Vec<Option<String>>>, ApiError> {
        let values: Vec<Param<'_>> = values.into_iter().map(Param::from).collect();
        let rows = self.query(sql, &values).await?;
        let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Ok(rows.iter().map(|row| (0..row.len()).map(|column| text(row.bytes(column))).collect()).collect())
    }
}

impl Ledger for &DatabaseTransaction {
    async fn rows(&mut self, sql: &'static str, values: Vec<String>) -> Result<Vec<Vec<Option<String>>>, ApiError> {
        let values = values.into_iter().map(Into::into).collect::<Vec<sea_orm::Value>>();
        let rows = self.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
        let text = |row: &sea_orm::QueryResult| {
            let width = row.column_names().len();
            (0..width).map(|column| Option::<String>::try_get_by(row, column)).collect::<Result<_, _>>()
        };
        Ok(rows.iter().map(text).collect::<Result<_, _>>().map_err(sea_orm::DbErr::from)?)
    }
}

/// The key of one call.
#[derive(Debug)]
pub struct Key {
    tenant: PropertyId,
    caller: String,
    route: String,
    key: String,
    /// SHA-256 of what is asked, in hexadecimal digits.
    request: String,
    now: DateTime<Utc>,
}

/// What is known of a call when it begins.
#[derive(Debug)]
pub enum Before {
    /// It is new, and nobody else may carry it out until the transaction ends.
    New,
    /// It was answered before.
    Answered(Answer),
}

/// The key that a request names: a quoted string or a bare token of 1 to 255 visible characters.
///
/// # Errors
///
/// 400 for anything else.
pub fn named(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let fits = (1..=LONGEST).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    if fits {
        return Ok(Some(bare.to_owned()));
    }
    Err(ApiError::bad_request(format!(
        "Idempotency-Key must be 1 to {LONGEST} visible ASCII characters, quoted or not, got {}",
        crate::input::shown(text)
    ))
    .with_code("idempotency_key_invalid"))
}

impl Key {
    /// The key of a call: `parts` is all of the request that decides what it does.
    pub fn new(
        tenant: PropertyId,
        caller: String,
        route: String,
        key: String,
        parts: &[&[u8]],
        now: DateTime<Utc>,
    ) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self { tenant, caller, route, key, request: hex(&hash.finalize()), now }
    }

    /// Claims the key for a transaction, or finds the answer that was given before.
    ///
    /// # Errors
    ///
    /// 409 while the same call is under way, 422 when the key was used for another one.
    pub async fn begin(&self, ledger: &mut impl Ledger) -> Result<Before, ApiError> {
        const LOCK: &str = "select pg_try_advisory_xact_lock(hashtextextended($1, 0))::text";
        // A statement of its own: it must see what was committed before the lock was given.
        const FIND: &str = "select encode(request_hash, 'hex'), status::text, headers::text, encode(body, 'hex') \
             from idempotency_keys where property_id = $1::uuid and caller = $2 and route = $3 and key = $4 \
             and expires_at > $5::timestamptz";
        let lock = format!("idempotency {} {} {} {}", self.tenant, self.caller, self.route, self.key);
        let locked = ledger.rows(LOCK, vec![lock]).await?;
        if locked.first().and_then(|row| row.first()).and_then(Option::as_deref) != Some("true") {
            return Err(in_flight());
        }
        let [tenant, caller, route, key] = self.names();
        let found = ledger.rows(FIND, vec![tenant, caller, route, key, instant(self.now)]).await?;
        let found: Option<[Option<String>; 4]> = found.into_iter().next().and_then(|row| row.try_into().ok());
        let Some([request, status, headers, body]) = found else { return Ok(Before::New) };
        if request.as_deref() != Some(&*self.request) {
            let sentence = "This Idempotency-Key was used for another request";
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, sentence).with_code("idempotency_key_reused"));
        }
        let answer = recorded(status, headers, body).ok_or_else(ApiError::internal)?;
        if answer.status == StatusCode::CONFLICT && ApiError::replayed(&answer).code() == Some(IN_FLIGHT) {
            return Err(in_flight());
        }
        Ok(Before::Answered(answer))
    }

    /// Keeps the key from others while its call works without a transaction, for at most so long: a server that dies
    /// meanwhile frees it.
    pub async fn lease(&self, ledger: &mut impl Ledger, longest: Duration) -> Result<(), ApiError> {
        let longest = TimeDelta::from_std(longest).unwrap_or(LIFE);
        self.keep(ledger, &Answer::of_error(in_flight()).await, longest).await
    }

    /// Records an answer in the transaction that holds the key; what it shows once is left out.
    pub async fn record(&self, ledger: &mut impl Ledger, answer: &Answer) -> Result<(), ApiError> {
        self.keep(ledger, answer, LIFE).await
    }

    async fn keep(&self, ledger: &mut impl Ledger, answer: &Answer, life: TimeDelta) -> Result<(), ApiError> {
        const RECORD: &str = "insert into idempotency_keys (property_id, caller, route, key, request_hash, status, \
             headers, body, created_at, expires_at) values ($1::uuid, $2, $3, $4, decode($5, 'hex'), $6::smallint, \
             $7::jsonb, decode($8, 'hex'), $9::timestamptz, $10::timestamptz) \
             on conflict (property_id, caller, route, key) do update set request_hash = excluded.request_hash, \
             status = excluded.status, headers = excluded.headers, body = excluded.body, \
             created_at = excluded.created_at, expires_at = excluded.expires_at";
        let pairs = answer.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let headers = serde_json::to_string(&pairs.collect::<Vec<_>>()).expect("texts always serialise");
        let [tenant, caller, route, key] = self.names();
        let values = vec![
            tenant,
            caller,
            route,
            key,
            self.request.clone(),
            answer.status.as_u16().to_string(),
            headers,
            hex(&answer.lasting().concat()),
            instant(self.now),
            instant(self.now + life),
        ];
        ledger.rows(RECORD, values).await.map(drop)
    }

    /// Records a refusal in a transaction of its own, unless somebody was quicker.
    pub async fn record_refusal(&self, ledger: &mut impl Ledger, error: &ApiError) -> Result<(), ApiError> {
        match self.begin(ledger).await? {
            Before::New => self.record(ledger, &Answer::of_error(error.clone()).await).await,
            Before::Answered(_) => Ok(()),
        }
    }

    fn names(&self) -> [String; 4] {
        [self.tenant.to_string(), self.caller.clone(), self.route.clone(), self.key.clone()]
    }
}

fn in_flight() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "A call with this Idempotency-Key is under way")
        .with_code(IN_FLIGHT)
        .with_retry_after(1)
}

/// The answer that was recorded.
fn recorded(status: Option<String>, headers: Option<String>, body: Option<String>) -> Option<Answer> {
    let headers: Vec<(String, String)> = serde_json::from_str(&headers?).ok()?;
    let mut answer = Answer::empty(StatusCode::from_bytes(status?.as_bytes()).ok()?);
    for (name, value) in headers {
        let name = HeaderName::try_from(name).ok()?;
        if name != header::CONTENT_LENGTH {
            answer = answer.with(name, HeaderValue::try_from(value).ok()?);
        }
    }
    let body = unhex(&body?)?;
    if !body.is_empty() {
        answer.body = vec![Bytes::from(body)];
    }
    Some(answer.with(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true")))
}

/// Bytes as hexadecimal digits, in which both drivers take them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}

/// What [`hex`] wrote; `None` for anything else.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Forgets the answers that are past their day, of all tenants.
pub async fn prune(db: &DatabaseConnection, stop: &CancellationToken) -> Result<(), ApiError> {
    const PRUNE: &str = "select idempotency_prune($1) as pruned";
    while !stop.is_cancelled() {
        let prune = Statement::from_sql_and_values(DbBackend::Postgres, PRUNE, [PORTION.into()]);
        let row = db.query_one_raw(prune).await?.ok_or_else(ApiError::internal)?;
        if row.try_get::<i32>("", "pruned")? < PORTION {
            break;
        }
    }
    Ok(())
}
