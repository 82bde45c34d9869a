//! The outermost layer: what every answer has, whoever gave it.

use std::{panic::AssertUnwindSafe, time::Instant};

use futures_util::FutureExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body as _, Bytes};
use poem::{
    Endpoint, IntoResponse, Request, Response,
    http::{HeaderName, HeaderValue, Method, header},
};
use poem_openapi::OperationId;
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    ClientAddress, FloorSettings, answer,
    body::{self, Budget},
    cors::{self, Grant},
    guard,
    log::Line,
};
use crate::error::ApiError;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_REQUEST_ID: usize = 128;

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

/// The name under which answers count that no operation of the OpenAPI document gave.
const OTHER: &str = "other";

/// The name of one request in logs, answers and reports of people: the caller's own, or a fresh UUID v7.
///
/// Faces find it in the request's data.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id: at most 128 letters, digits, dots, underscores and hyphens.
    pub fn as_str(&self) -> &str {
        self.0.to_str().expect("only letters, digits, dots, underscores and hyphens were let in")
    }

    fn of(request: &Request) -> Self {
        match request.headers().get(&X_REQUEST_ID) {
            Some(value) if is_sane(value.as_bytes()) => Self(value.clone()),
            _ => {
                let mut text = Uuid::encode_buffer();
                let text = Uuid::now_v7().hyphenated().encode_lower(&mut text);
                Self(HeaderValue::from_str(text).expect("a UUID is letters, digits and hyphens"))
            }
        }
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST_REQUEST_ID).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

/// An endpoint with the floor under it; it answers every request and never errs.
pub struct Floor<E> {
    endpoint: E,
    bodies: Budget,
    settings: FloorSettings,
}

impl<E: Endpoint> Floor<E> {
    pub(super) fn new(endpoint: E, settings: FloorSettings) -> Self {
        Self { endpoint, bodies: Budget::new(&settings.limits), settings }
    }

    async fn pass(&self, mut request: Request, grant: &Grant, id: &RequestId) -> poem::Result<Response> {
        let FloorSettings { limits, allow, .. } = &self.settings;
        guard::check(&request, limits, allow)?;
        let _share = body::read(&mut request, limits, &self.bodies).await?;
        if request.method() == Method::OPTIONS {
            return Ok(cors::options(&request, grant, allow)?);
        }
        match timeout(limits.answer_timeout, self.endpoint.call(request)).await {
            Ok(outcome) => outcome.map(IntoResponse::into_response),
            Err(_) => {
                tracing::warn!(request_id = id.as_str(), "a request was given up because its answer took too long");
                Err(ApiError::unavailable("The answer took too long, try again").into())
            }
        }
    }
}

impl<E: Endpoint> Endpoint for Floor<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let began = Instant::now();
        let FloorSettings { trusted_proxies, cors, allow, coded, metrics, .. } = &self.settings;
        let _in_flight = metrics.enter();
        let id = RequestId::of(&request);
        let client = ClientAddress::of(&request, trusted_proxies);
        let grant = cors.grant(&request);
        let method = request.method().clone();
        let uri = request.uri().clone();
        request.set_data(id.clone());
        request.set_data(client);

        // A handler that panicked leaves nothing behind that a later request could see half-changed: what requests
        // share is behind locks and channels of its own.
        let outcome = AssertUnwindSafe(self.pass(request, &grant, &id)).catch_unwind().await;
        let mut response = match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => answer::from_error(error, &uri, allow, *coded, &id),
            Err(panic) => answer::from_panic(&*panic, &uri, *coded, &id),
        };

        let headers = response.headers_mut();
        grant.mark(headers);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        headers.insert(header::REFERRER_POLICY, NO_REFERRER);
        headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
        headers.insert(&X_REQUEST_ID, id.0.clone());

        let body: BoxBody<Bytes, std::io::Error> = response.take_body().into();
        let bytes = body.size_hint().exact();
        response.set_body(body);
        let status = response.status();
        let took = began.elapsed();
        metrics.answered(response.data::<OperationId>().map_or(OTHER, |operation| operation.0), status, took);
        Line { method: &method, uri: &uri, status, took, id: &id, client, bytes }.write();
        Ok(response)
    }
}
