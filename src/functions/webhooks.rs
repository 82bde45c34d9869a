//! rotate-webhook-secret, test-webhook, redeliver.

use std::time::Duration;

use poem::{Request, http::StatusCode, web::Data};
use poem_openapi::{
    OpenApi,
    param::Header,
    payload::{Json, Response},
};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{
    DELIVERIES, Tag, WEBHOOKS, audit,
    once::{Claimed, Once, Said, claimed, named, once, record_refusal, recorded, replayed, undo},
    permitted,
    refusals::{Again, Testing, Turning},
    same_property,
    webhook_schemas::{
        Redeliver, Redelivery, RedeliveryResponse, RotateWebhookSecret, TestWebhook, Wanted, WebhookSecret,
        WebhookSecretResponse, WebhookTest, WebhookTestResponse,
    },
};
use crate::{
    app::App,
    caller::{PropertyCaller, scheme::Writer},
    error::ApiError,
    idempotency::Key,
    input::{Body, query},
    refusal::Refusal,
    tenant,
    trail::{self, Entry},
    webhooks::endpoints::{again, trial::Trial, vault},
};

/// The longest that somebody waits for a test; requests are answered within a little more.
const PATIENCE: Duration = Duration::from_secs(12);

/// The functions that work on the webhooks of a property.
#[derive(Debug, Clone, Copy)]
pub struct WebhookFunctions;

#[OpenApi(prefix_path = "/api/functions")]
impl WebhookFunctions {
    /// Give a webhook a new secret
    ///
    /// For `overlap_hours`, a day unless said otherwise, deliveries carry two signatures, by the new secret and by the
    /// present one; with 0 the present one ends at once. Rotating again ends an overlap that still lasts. The new secret
    /// is in this answer and never again.
    #[oai(
        path = "/rotate-webhook-secret",
        method = "post",
        operation_id = "rotateWebhookSecret",
        tag = "Tag::Webhooks"
    )]
    async fn rotate(
        &self,
        app: Data<&App>,
        caller: Writer,
        request: &Request,
        /// The property to work in, for users of several
        #[oai(name = "X-Property-Id")]
        _property: Header<Option<String>>,
        /// Repeating a call under the same key has the effect of one call
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<String>>,
        body: Body<RotateWebhookSecret>,
    ) -> Result<Once<WebhookSecretResponse>, Refusal<Turning>> {
        query::only(request, &[])?;
        let (caller, body) = (caller.0, body.0);
        same_property(&caller, body.property_id)?;
        permitted(&caller, WEBHOOKS)?;
        let audit = audit(&app, request, &caller, "rotateWebhookSecret");
        let rotated = once(&app, request, &caller, &body, async |txn| {
            let (webhook, hours) = (body.webhook_id, body.overlap_hours);
            let rotated = vault::rotate(&mut &*txn, &app, caller.property, webhook, hours).await?;
            note(txn, audit, json!({ "webhook_id": webhook, "overlap_hours": hours })).await?;
            let said =
                |shown| WebhookSecretResponse { success: true, data: WebhookSecret::new(webhook, &rotated, shown) };
            Ok(Said { now: said(true), later: said(false) })
        });
        Ok(rotated.await?)
    }

    /// Send a test to a webhook
    ///
    /// Sends an event of the type `webhook.test` to this webhook alone, now and once, also when it is disabled, and
    /// answers what came of it. The event, its delivery and the attempt are logged as all others are. Five times a
    /// minute for each webhook; a test waits at most 12 seconds.
    #[oai(path = "/test-webhook", method = "post", operation_id = "testWebhook", tag = "Tag::Webhooks")]
    async fn test(
        &self,
        app: Data<&App>,
        caller: Writer,
        request: &Request,
        /// The property to work in, for users of several
        #[oai(name = "X-Property-Id")]
        _property: Header<Option<String>>,
        /// Repeating a call under the same key has the effect of one call
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<String>>,
        body: Body<TestWebhook>,
    ) -> Result<Once<WebhookTestResponse>, Refusal<Testing>> {
        query::only(request, &[])?;
        let (caller, body) = (caller.0, body.0);
        same_property(&caller, body.property_id)?;
        permitted(&caller, WEBHOOKS)?;
        let key = named(&app, request, &caller, &body)?;
        let audit = audit(&app, request, &caller, "testWebhook");
        let trial = match begin(&app, &caller, key.as_ref(), &body, audit).await? {
            Begun::Trial(trial) => trial,
            Begun::Answered(answer) => {
                super::audited(request);
                return Ok(answer);
            }
        };
        super::audited(request);
        // A task of its own, so that what was sent is logged also when nobody waits for it any more.
        let app = app.clone();
        let sent = tokio::spawn(async move { finish(&app, &caller, key.as_ref(), &trial).await });
        let tested = sent.await.map_err(|_| ApiError::internal())??;
        Ok(Response::new(Json(tested)))
    }

    /// Send deliveries again
    ///
    /// One delivery, by `delivery_id`, or by `webhook_id` and `since` all deliveries of a webhook that failed since then.
    /// Each becomes a new delivery of the same event under the same `webhook-id`. Workers carry it out; the answer tells
    /// what was accepted. What is sent to a webhook that is disabled waits until it is enabled.
    #[oai(path = "/redeliver", method = "post", operation_id = "redeliver", tag = "Tag::Webhooks")]
    async fn redeliver(
        &self,
        app: Data<&App>,
        caller: Writer,
        request: &Request,
        /// The property to work in, for users of several
        #[oai(name = "X-Property-Id")]
        _property: Header<Option<String>>,
        /// Repeating a call under the same key has the effect of one call
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<String>>,
        body: Body<Redeliver>,
    ) -> Result<Once<RedeliveryResponse>, Refusal<Again>> {
        query::only(request, &[])?;
        let (caller, body) = (caller.0, body.0);
        same_property(&caller, body.property_id)?;
        permitted(&caller, DELIVERIES)?;
        let wanted = body.wanted()?;
        let audit = audit(&app, request, &caller, "redeliver");
        let accepted = once(&app, request, &caller, &body, async |txn| {
            let (accepted, details) = match wanted {
                Wanted::Delivery(id) => {
                    let details = json!({ "delivery_id": id });
                    (again::one(&mut &*txn, caller.property, id).await?, details)
                }
                Wanted::Since(webhook, since) => {
                    if since > app.clock.now() {
                        return Err(ApiError::bad_request("since must not be in the future"));
                    }
                    let details = json!({ "webhook_id": webhook, "since": since });
                    (again::since(&mut &*txn, caller.property, webhook, since).await?, details)
                }
            };
            note(txn, audit, details).await?;
            let said = |id, state| RedeliveryResponse { success: true, data: Redelivery { id, state } };
            Ok(Said { now: said(accepted.id, accepted.state.clone()), later: said(accepted.id, accepted.state) })
        });
        let accepted = accepted.await?;
        app.alarm.expect(caller.property);
        Ok(accepted)
    }
}

/// A test that goes on, or one that was made before.
enum Begun {
    Trial(Trial),
    Answered(Once<WebhookTestResponse>),
}

/// The first transaction of a test. While the test is under way its key is leased, because no transaction holds it.
async fn begin(
    app: &App,
    caller: &PropertyCaller,
    key: Option<&Key>,
    body: &TestWebhook,
    audit: Entry,
) -> Result<Begun, ApiError> {
    let txn = match claimed(app, caller, key).await? {
        Claimed::New(txn) => txn,
        Claimed::Answered(answered) => return replayed(&answered).map(Begun::Answered),
    };
    let trial = match Trial::begin(&mut &txn, app, caller.property, body.webhook_id).await {
        Ok(trial) => trial,
        Err(error) => {
            undo(txn).await;
            // Too many tests are a matter of a minute, not of the call.
            let is_final =
                error.status_code().is_client_error() && error.status_code() != StatusCode::TOO_MANY_REQUESTS;
            if let Some(key) = key.filter(|_| is_final) {
                record_refusal(app, caller, key, &error).await;
            }
            return Err(error);
        }
    };
    if let Some(key) = key {
        key.lease(&mut &txn, app.sender.timeout().max(PATIENCE)).await?;
    }
    note(&txn, audit, json!({ "webhook_id": body.webhook_id })).await?;
    txn.commit().await?;
    Ok(Begun::Trial(trial))
}

/// The request and the second transaction of a test.
async fn finish(
    app: &App,
    caller: &PropertyCaller,
    key: Option<&Key>,
    trial: &Trial,
) -> Result<WebhookTestResponse, ApiError> {
    let attempted = trial.send(app, PATIENCE).await;
    let txn = tenant::begin(&app.db, caller.property).await?;
    trial.record(&mut &txn, &attempted).await?;
    let tested = WebhookTestResponse { success: true, data: WebhookTest::new(attempted) };
    if let Some(key) = key {
        key.record(&mut &txn, &recorded(&tested)).await?;
    }
    txn.commit().await?;
    Ok(tested)
}

/// Writes the line of the audit trail.
async fn note(txn: &DatabaseTransaction, audit: Entry, details: serde_json::Value) -> Result<(), ApiError> {
    trail::write_entries(txn, &[audit.with_details(details)]).await?;
    Ok(())
}
