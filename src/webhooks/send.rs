//! One attempt: the request on the wire, and the bounds of what an endpoint can do to us.
//!
//! An endpoint may hang, dribble, answer without end, redirect, compress or lie about its name; each ends within
//! `webhooks.timeout_seconds` and 16 KiB, as an attempt with a reason. HTTP/1.1 only: an endpoint has few deliveries under
//! way, so that a second protocol would save nothing and bring streams, windows and resets that need bounds of their own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::{
    Client, Method, Request, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT},
    redirect::Policy,
};
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant as Moment, timeout_at};
use uuid::Uuid;

use super::{Attempted, Guard, Outcome, SigningKey, answer::Body, failure, lookup::Checked, signature, tls};
use crate::config;

const PRODUCT: HeaderValue = HeaderValue::from_static(concat!("Playhouse/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// How long a connection waits for its next delivery: shorter than the five seconds after which common servers close
/// theirs, and short because the address was checked when it was opened.
const IDLE: Duration = Duration::from_secs(4);

/// Where a delivery goes and what signs it.
pub struct Endpoint {
    /// The address; it is checked again at each send.
    pub url: Url,
    /// The endpoint's own headers; see [`super::headers`].
    pub headers: HeaderMap,
    /// What signs: the current secret, then the previous one while it overlaps.
    pub keys: Vec<SigningKey>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Path and query may hold a token.
        f.debug_struct("Endpoint").field("origin", &self.url.origin().ascii_serialization()).finish_non_exhaustive()
    }
}

/// Sends deliveries; one per process, because it holds the connections.
#[derive(Debug)]
pub struct Sender {
    guard: Guard,
    client: Client,
    timeout: Duration,
}

impl Sender {
    /// Sends under the settings. Fails when no HTTP client can be made.
    pub fn new(config: &config::Webhooks) -> anyhow::Result<Self> {
        Self::with(config, Guard::new(config), &[])
    }

    /// The same with another guard, and authorities of certificates to believe besides the usual ones.
    pub fn with(
        config: &config::Webhooks,
        guard: Guard,
        authorities: &[CertificateDer<'static>],
    ) -> anyhow::Result<Self> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config(authorities)?)
            .dns_resolver(Arc::new(Checked(guard.clone())))
            .redirect(Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .connect_timeout(failure::CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE)
            .build()
            .context("no client for deliveries")?;
        Ok(Self { guard, client, timeout: Duration::from_secs(config.timeout_seconds) })
    }

    /// What may be reached.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The longest that an attempt takes.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends an event's bytes once and tells what came of it; never later than the timeout. `at` is the time of the
    /// attempt, which is signed with it.
    pub async fn send(&self, to: &Endpoint, event: Uuid, body: Bytes, at: DateTime<Utc>) -> Attempted {
        let (begin, deadline) = (Instant::now(), Moment::now() + self.timeout);
        let failed = |error: String| Attempted {
            status: None,
            error: Some(error),
            excerpt: None,
            duration: begin.elapsed(),
            outcome: Outcome::Failed,
        };
        // An address in place of a name never reaches the resolver.
        if let Err(refusal) = self.guard.examine(&to.url) {
            return failed(refusal.to_string());
        }
        let request = request(to, &event.hyphenated().to_string(), body, at);
        let mut answer = match timeout_at(deadline, self.client.execute(request)).await {
            Err(_) => return failed(failure::of_time(self.timeout, false)),
            Ok(Err(error)) => return failed(failure::of_send(&error, &to.url)),
            Ok(Ok(answer)) => answer,
        };
        let status = answer.status();
        let mut text = Body::default();
        let broken = match timeout_at(deadline, text.read(&mut answer)).await {
            Err(_) => Some(failure::of_time(self.timeout, true)),
            Ok(Err(_)) => Some(failure::of_body()),
            Ok(Ok(())) => None,
        };
        let duration = begin.elapsed();
        let retry_after = answer.headers().get(RETRY_AFTER).map(HeaderValue::as_bytes);
        let outcome = match (Outcome::of(status, retry_after, at + duration), &broken) {
            // Whoever breaks off a yes may not have kept what came with it.
            (Outcome::Delivered, Some(_)) => Outcome::Failed,
            (outcome, _) => outcome,
        };
        let error = match outcome {
            Outcome::Delivered => None,
            _ if status.is_success() => broken,
            _ => Some(failure::of_status(status)),
        };
        Attempted { status: Some(status.as_u16()), error, excerpt: text.excerpt(), duration, outcome }
    }
}

/// The request of an attempt; what is ours goes last, so that no header of the endpoint's stands in its place.
fn request(to: &Endpoint, id: &str, body: Bytes, at: DateTime<Utc>) -> Request {
    let timestamp = at.timestamp();
    let signature = signature::sign(&to.keys, id, timestamp, &body);
    let mut request = Request::new(Method::POST, to.url.clone());
    let headers = request.headers_mut();
    headers.clone_from(&to.headers);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(USER_AGENT, PRODUCT);
    headers.insert(TIMESTAMP, HeaderValue::from(timestamp));
    let text = |text: &str| HeaderValue::from_str(text).expect("ids and signatures are ASCII");
    headers.insert(ID, text(id));
    headers.insert(SIGNATURE, text(&signature));
    *request.body_mut() = Some(body.into());
    request
}
