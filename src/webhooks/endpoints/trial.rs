//! A test: an event for one endpoint alone, sent while somebody waits, and logged like any other.
//!
//! Two transactions and none while the request is under way. The first writes the event and a delivery that is leased as
//! a worker's are, so that a server which dies meanwhile leaves it to the workers; the second is fenced by that lease.

use std::time::Duration;

use bytes::Bytes;
use poem::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{Attempted, Endpoint, Outcome},
    vault,
};
use crate::{app::App, error::ApiError, idempotency::Ledger, tenant::PropertyId};

/// Tests of one endpoint within a minute.
const PER_MINUTE: i64 = 5;
/// How much longer a test is leased than it can take.
const FINISHING: Duration = Duration::from_secs(15);

/// A test that is about to be sent.
#[derive(Debug)]
pub struct Trial {
    property: PropertyId,
    webhook: Uuid,
    delivery: Uuid,
    claim: Uuid,
    event: Uuid,
    body: Bytes,
    endpoint: Endpoint,
}

impl Trial {
    /// Writes the event of a test and its delivery.
    ///
    /// # Errors
    ///
    /// 404 when there is no such endpoint, 409 when it has no secret, 429 when it was tested often enough.
    pub async fn begin(
        ledger: &mut impl Ledger,
        app: &App,
        property: PropertyId,
        webhook: Uuid,
    ) -> Result<Self, ApiError> {
        const BEGIN: &str = "with event as (select write_event('webhook.test', $3::json) as id) \
             insert into webhook_deliveries (property_id, webhook_id, event_id, event_type, state, trigger, attempts, \
             claim_id, lease_until, attempted_at) \
             select $1::uuid, $2::uuid, id, 'webhook.test', 'sending', 'test', 1, $4::uuid, \
             now() + make_interval(secs => $5::double precision), now() from event \
             returning id::text, event_id::text";
        const BODY: &str = "select payload::text from events where property_id = $1::uuid and id = $2::uuid";
        vault::lock(ledger, property, webhook).await?;
        pace(ledger, property, webhook).await?;
        let endpoint = vault::open(ledger, app, property, webhook).await?;
        let claim = Uuid::now_v7();
        let lease = app.sender.timeout() + FINISHING;
        let values = vec![
            property.to_string(),
            webhook.to_string(),
            json!({ "webhook_id": webhook }).to_string(),
            claim.to_string(),
            lease.as_secs().to_string(),
        ];
        let made = ledger.rows(BEGIN, values).await?;
        let ids = made.first().and_then(|row| Some((id(row.first()?)?, id(row.get(1)?)?)));
        let (delivery, event) = ids.ok_or_else(ApiError::internal)?;
        let body = ledger.rows(BODY, vec![property.to_string(), event.to_string()]).await?;
        let body = body.into_iter().flatten().next().flatten().ok_or_else(ApiError::internal)?;
        Ok(Self { property, webhook, delivery, claim, event, body: body.into(), endpoint })
    }

    /// Sends it; within `patience`, because somebody waits for the answer.
    pub async fn send(&self, app: &App, patience: Duration) -> Attempted {
        let sending = app.sender.send(&self.endpoint, self.event, self.body.clone(), app.clock.now());
        tokio::time::timeout(patience, sending).await.unwrap_or_else(|_| Attempted {
            status: None,
            error: Some(format!(
                "the endpoint did not answer within {} s, the most that a test waits",
                patience.as_secs()
            )),
            excerpt: None,
            duration: patience,
            outcome: Outcome::Failed,
        })
    }

    /// Logs what came of it.
    pub async fn record(&self, ledger: &mut impl Ledger, attempted: &Attempted) -> Result<(), ApiError> {
        const FINISH: &str = "with mine as (update webhook_deliveries set state = $4, claim_id = null, \
             lease_until = null, finished_at = now(), last_status = nullif($5, '')::int, last_error = nullif($6, '') \
             where property_id = $1::uuid and id = $2::uuid and claim_id = $3::uuid returning attempted_at) \
             insert into webhook_attempts (property_id, delivery_id, webhook_id, number, trigger, started_at, \
             duration_ms, status, error, response_excerpt) \
             select $1::uuid, $2::uuid, $7::uuid, 1, 'test', attempted_at, $8::int, nullif($5, '')::int, \
             nullif($6, ''), nullif($9, '') from mine";
        let state = if attempted.outcome == Outcome::Delivered { "delivered" } else { "failed" };
        let values = vec![
            self.property.to_string(),
            self.delivery.to_string(),
            self.claim.to_string(),
            state.to_owned(),
            attempted.status.map(|status| status.to_string()).unwrap_or_default(),
            attempted.error.clone().unwrap_or_default(),
            self.webhook.to_string(),
            millis(attempted.duration).to_string(),
            attempted.excerpt.clone().unwrap_or_default(),
        ];
        ledger.rows(FINISH, values).await.map(drop)
    }
}

/// Whole milliseconds.
pub fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

/// Refuses one test too many: each is a request that this server sends for nothing.
async fn pace(ledger: &mut impl Ledger, property: PropertyId, webhook: Uuid) -> Result<(), ApiError> {
    const COUNT: &str = "select count(*)::text, \
         ceil(extract(epoch from min(created_at) + interval '1 minute' - now()))::bigint::text \
         from webhook_deliveries where property_id = $1::uuid and webhook_id = $2::uuid \
         and id >= uuid_floor(now() - interval '1 minute') and trigger = 'test'";
    let rows = ledger.rows(COUNT, vec![property.to_string(), webhook.to_string()]).await?;
    let number = |at: usize| rows.first()?.get(at)?.as_ref()?.parse::<i64>().ok();
    if number(0).unwrap_or_default() < PER_MINUTE {
        return Ok(());
    }
    let sentence = format!("A webhook can be tested {PER_MINUTE} times a minute");
    Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, sentence)
        .with_code("rate_limited")
        .with_retry_after(number(1).and_then(|wait| u64::try_from(wait).ok()).unwrap_or(1)))
}

fn id(text: &Option<String>) -> Option<Uuid> {
    text.as_deref()?.parse().ok()
}
