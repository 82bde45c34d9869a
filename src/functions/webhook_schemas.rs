//! The bodies and answers of rotate-webhook-secret, test-webhook and redeliver.

use chrono::{DateTime, Utc};
use poem_openapi::{Object, types::Example};
use uuid::{Uuid, uuid};

use crate::{
    error::ApiError,
    input::{Fields, Input},
    webhooks::{
        Attempted,
        endpoints::{again::Accepted, trial, vault::Rotated},
    },
    wire::{Nullable, Timestamp},
};

/// A week.
const OVERLAP_HOURS: std::ops::RangeInclusive<i64> = 0..=168;
const DEFAULT_OVERLAP_HOURS: i64 = 24;

const EXAMPLE_WEBHOOK: Uuid = uuid!("0198c5a2-7d51-7c6e-9a3c-5d1f0b7a2c40");
const EXAMPLE_DELIVERY: Uuid = uuid!("0198c5a2-7d51-7c6e-9a3c-6e2a1c8b3d51");

/// Which webhook gets a new secret. Members may also be spelled in camelCase.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RotateWebhookSecret {
    /// The property; where given, it must be the caller's.
    pub property_id: Option<Uuid>,
    /// The webhook.
    pub webhook_id: Uuid,
    /// How long deliveries are signed with the present secret too, up to a week.
    #[oai(default = "default_overlap", validator(minimum(value = "0"), maximum(value = "168")))]
    pub overlap_hours: i64,
}

fn default_overlap() -> i64 {
    DEFAULT_OVERLAP_HOURS
}

impl Example for RotateWebhookSecret {
    fn example() -> Self {
        Self { property_id: None, webhook_id: EXAMPLE_WEBHOOK, overlap_hours: DEFAULT_OVERLAP_HOURS }
    }
}

impl Input for RotateWebhookSecret {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        let fields = fields.in_either_spelling(&["property_id", "webhook_id", "overlap_hours"])?;
        Ok(Self {
            property_id: fields.uuid("property_id")?,
            webhook_id: fields.required("webhook_id", fields.uuid("webhook_id")?)?,
            overlap_hours: fields.integer("overlap_hours", OVERLAP_HOURS)?.unwrap_or(DEFAULT_OVERLAP_HOURS),
        })
    }
}

/// Which webhook is tested. Members may also be spelled in camelCase.
#[derive(Debug, Object)]
#[oai(example)]
pub struct TestWebhook {
    /// The property; where given, it must be the caller's.
    pub property_id: Option<Uuid>,
    /// The webhook.
    pub webhook_id: Uuid,
}

impl Example for TestWebhook {
    fn example() -> Self {
        Self { property_id: None, webhook_id: EXAMPLE_WEBHOOK }
    }
}

impl Input for TestWebhook {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        let fields = fields.in_either_spelling(&["property_id", "webhook_id"])?;
        let webhook_id = fields.required("webhook_id", fields.uuid("webhook_id")?)?;
        Ok(Self { property_id: fields.uuid("property_id")?, webhook_id })
    }
}

/// What is sent again: one delivery by `delivery_id`, or by `webhook_id` and `since` all of a webhook's deliveries that
/// failed since then. Members may also be spelled in camelCase.
#[derive(Debug, Object)]
#[oai(example)]
pub struct Redeliver {
    /// The property; where given, it must be the caller's.
    pub property_id: Option<Uuid>,
    /// The delivery.
    pub delivery_id: Option<Uuid>,
    /// The webhook.
    pub webhook_id: Option<Uuid>,
    /// The time from which on failed deliveries are sent again.
    pub since: Nullable<Timestamp>,
}

/// What [`Redeliver`] means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    Delivery(Uuid),
    Since(Uuid, DateTime<Utc>),
}

impl Redeliver {
    /// One of the two forms; 400 for both, none or half of one.
    pub(super) fn wanted(&self) -> Result<Wanted, ApiError> {
        match (self.delivery_id, self.webhook_id, &self.since.0) {
            (Some(delivery), None, None) => Ok(Wanted::Delivery(delivery)),
            (None, Some(webhook), Some(since)) => Ok(Wanted::Since(webhook, since.0)),
            (None, Some(_), None) => Err(ApiError::bad_request("since is required beside webhook_id")),
            (None, None, Some(_)) => Err(ApiError::bad_request("webhook_id is required beside since")),
            (None, None, None) => Err(ApiError::bad_request("delivery_id is required, or webhook_id and since")),
            (Some(_), ..) => Err(ApiError::bad_request("delivery_id goes alone, without webhook_id and since")),
        }
    }
}

impl Example for Redeliver {
    fn example() -> Self {
        Self { property_id: None, delivery_id: Some(EXAMPLE_DELIVERY), webhook_id: None, since: Nullable(None) }
    }
}

impl Input for Redeliver {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        let fields = fields.in_either_spelling(&["property_id", "delivery_id", "webhook_id", "since"])?;
        let read = Self {
            property_id: fields.uuid("property_id")?,
            delivery_id: fields.uuid("delivery_id")?,
            webhook_id: fields.uuid("webhook_id")?,
            since: Nullable(fields.instant("since")?.map(Timestamp)),
        };
        read.wanted().map(|_| read)
    }
}

/// A webhook's new secret.
#[derive(Object)]
pub struct WebhookSecret {
    /// The webhook.
    pub webhook_id: Uuid,
    /// What deliveries are signed with from now on: `whsec_` and the base64 of 32 bytes. In this answer and never again.
    #[oai(skip_serializing_if_is_none)]
    pub secret: Option<String>,
    /// Until when deliveries are signed with the secret before it too; null = no longer.
    pub previous_expires_at: Nullable<Timestamp>,
}

impl WebhookSecret {
    /// A rotation as it is answered; with the secret this once.
    pub(super) fn new(webhook_id: Uuid, rotated: &Rotated, shown: bool) -> Self {
        Self {
            webhook_id,
            secret: shown.then(|| rotated.secret.expose().to_owned()),
            previous_expires_at: Nullable(rotated.previous_expires_at.map(Timestamp)),
        }
    }
}

/// The answer of rotate-webhook-secret.
#[derive(Object)]
#[oai(example)]
pub struct WebhookSecretResponse {
    /// Always true.
    pub success: bool,
    /// The secret.
    pub data: WebhookSecret,
}

impl Example for WebhookSecretResponse {
    fn example() -> Self {
        let secret = Some("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDKjXs0LmN5rA=".to_owned());
        let previous_expires_at = Nullable("2026-03-02T18:32:07Z".parse().ok().map(Timestamp));
        Self { success: true, data: WebhookSecret { webhook_id: EXAMPLE_WEBHOOK, secret, previous_expires_at } }
    }
}

/// What came of a test.
#[derive(Debug, Object)]
pub struct WebhookTest {
    /// The HTTP status of the webhook's answer; null = it gave none.
    pub status: Nullable<i32>,
    /// How long it took, in milliseconds.
    pub duration_ms: i32,
    /// Why it failed; null = it was delivered.
    pub error: Nullable<String>,
    /// The beginning of what the webhook answered.
    pub response_excerpt: Nullable<String>,
}

impl WebhookTest {
    /// An attempt as it is answered.
    pub(super) fn new(attempted: Attempted) -> Self {
        Self {
            status: Nullable(attempted.status.map(i32::from)),
            duration_ms: trial::millis(attempted.duration),
            error: Nullable(attempted.error),
            response_excerpt: Nullable(attempted.excerpt),
        }
    }
}

/// The answer of test-webhook.
#[derive(Debug, Object)]
#[oai(example)]
pub struct WebhookTestResponse {
    /// Always true: the test was made, whatever came of it.
    pub success: bool,
    /// What came of it.
    pub data: WebhookTest,
}

impl Example for WebhookTestResponse {
    fn example() -> Self {
        let (error, response_excerpt) = (Nullable(None), Nullable(Some("ok".to_owned())));
        let data = WebhookTest { status: Nullable(Some(200)), duration_ms: 48, error, response_excerpt };
        Self { success: true, data }
    }
}

/// A row that workers carry out.
#[derive(Debug, Object)]
pub struct Redelivery {
    /// The new delivery, a row of webhook_deliveries; or the job that makes one for each that failed.
    pub id: Uuid,
    /// Where it stands; `pending` when it was just made.
    pub state: String,
}

impl From<Accepted> for Redelivery {
    fn from(Accepted { id, state }: Accepted) -> Self {
        Self { id, state }
    }
}

/// The answer of redeliver.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RedeliveryResponse {
    /// Always true.
    pub success: bool,
    /// What was accepted.
    pub data: Redelivery,
}

impl Example for RedeliveryResponse {
    fn example() -> Self {
        Self { success: true, data: Redelivery { id: EXAMPLE_DELIVERY, state: "pending".to_owned() } }
    }
}
