use reqwest::header::HeaderMap;
use standardwebhooks::{Webhook, WebhookError};

/// Fails when a request is not from Playhouse. The headers are those of the crate `http`.
pub(crate) fn verify(secret: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), WebhookError> {
    Webhook::new(secret)?.verify(body, headers)
}
