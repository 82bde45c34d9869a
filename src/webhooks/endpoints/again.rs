//! Sending again: one delivery, or all that failed since a time. Both are rows that workers carry out, so that they
//! outlive the call and the server.

use chrono::{DateTime, SecondsFormat, Utc};
use poem::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::vault;
use crate::{error::ApiError, idempotency::Ledger, tenant::PropertyId};

/// A row that workers carry out.
#[derive(Debug)]
pub struct Accepted {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    pub state: String,
}

/// Sends one delivery's event again, as a delivery of its own with the same `webhook-id`.
///
/// # Errors
///
/// 404 when there is no such delivery; 409 while it is still on its way, and when its endpoint or its event is gone.
pub async fn one(ledger: &mut impl Ledger, property: PropertyId, delivery: Uuid) -> Result<Accepted, ApiError> {
    const FIND: &str = "select state, \
         exists (select from events e where e.property_id = d.property_id and e.id = d.event_id)::text, \
         exists (select from webhooks w where w.property_id = d.property_id and w.id = d.webhook_id)::text \
         from webhook_deliveries d where d.property_id = $1::uuid and d.id = $2::uuid for no key update";
    const AGAIN: &str = "insert into webhook_deliveries (property_id, webhook_id, event_id, event_type, trigger) \
         select property_id, webhook_id, event_id, event_type, 'manual' from webhook_deliveries \
         where property_id = $1::uuid and id = $2::uuid returning id::text, state";
    let ids = || vec![property.to_string(), delivery.to_string()];
    let found = ledger.rows(FIND, ids()).await?.into_iter().next();
    let found: Option<[Option<String>; 3]> = found.and_then(|row| row.try_into().ok());
    let Some([Some(state), event, webhook]) = found else { return Err(ApiError::not_found("delivery")) };
    let conflict = |code, sentence: String| Err(ApiError::new(StatusCode::CONFLICT, sentence).with_code(code));
    if matches!(&*state, "pending" | "sending") {
        return conflict(
            "delivery_unfinished",
            format!("This delivery is {state}; it is not sent again before it ends"),
        );
    }
    if webhook.as_deref() != Some("true") {
        return conflict("webhook_gone", "The webhook of this delivery was deleted".to_owned());
    }
    if event.as_deref() != Some("true") {
        return conflict("event_gone", "The event of this delivery is older than what is kept".to_owned());
    }
    accepted(ledger.rows(AGAIN, ids()).await?)
}

/// Sends all deliveries of an endpoint again that failed since a time.
///
/// # Errors
///
/// 404 when there is no such endpoint; 409 while the last such job goes on.
pub async fn since(
    ledger: &mut impl Ledger,
    property: PropertyId,
    webhook: Uuid,
    since: DateTime<Utc>,
) -> Result<Accepted, ApiError> {
    const OPEN: &str = "select id::text from webhook_redeliveries \
         where property_id = $1::uuid and webhook_id = $2::uuid and state <> 'done' limit 1";
    const BEGIN: &str = "insert into webhook_redeliveries (property_id, webhook_id, since) \
         values ($1::uuid, $2::uuid, $3::timestamptz) returning id::text, state";
    // Whoever asks at the same time waits here, and then finds the other's job.
    vault::lock(ledger, property, webhook).await?;
    let ids = || vec![property.to_string(), webhook.to_string()];
    if let Some(open) = ledger.rows(OPEN, ids()).await?.into_iter().flatten().next().flatten() {
        let sentence = "Deliveries of this webhook are being sent again already";
        return Err(ApiError::new(StatusCode::CONFLICT, sentence)
            .with_code("redelivery_under_way")
            .with_details(json!({ "id": open })));
    }
    let since = since.to_rfc3339_opts(SecondsFormat::Micros, true);
    accepted(ledger.rows(BEGIN, [ids(), vec![since]].concat()).await?)
}

fn accepted(rows: Vec<Vec<Option<String>>>) -> Result<Accepted, ApiError> {
    let row: Option<[Option<String>; 2]> = rows.into_iter().next().and_then(|row| row.try_into().ok());
    match row {
        Some([Some(id), Some(state)]) => Ok(Accepted { id: id.parse().map_err(|_| ApiError::internal())?, state }),
        _ => Err(ApiError::internal()),
    }
}
