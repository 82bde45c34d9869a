//! Which web pages may read our answers.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use poem::{
    Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
};

use crate::error::ApiError;

const ALLOW_METHODS: HeaderValue = HeaderValue::from_static(super::guard::ALL_METHODS);
const ALLOW_HEADERS: HeaderValue = HeaderValue::from_static(
    "x-api-key, authorization, content-type, idempotency-key, prefer, x-property-id, range, range-unit, if-match, \
     if-none-match, x-request-id, accept, accept-profile, content-profile, apikey, x-client-info, x-retry-count",
);
const EXPOSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "RateLimit, RateLimit-Policy, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, \
     X-Request-Id, Content-Range, Content-Location, Location, Link, ETag, Preference-Applied, Proxy-Status, \
     X-Total-Count, Idempotency-Replayed",
);
/// Seconds; browsers keep a preflight's answer two hours at most.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const VARY_PREFLIGHT: HeaderValue =
    HeaderValue::from_static("Access-Control-Request-Method, Access-Control-Request-Headers");

type IsPublic = dyn Fn(&Method, &Uri) -> bool + Send + Sync;

/// Lets every page read public calls, and the configured pages everything; credentials never travel as cookies, so the
/// credentials mode is never granted.
#[derive(Clone)]
pub struct Cors {
    origins: Vec<HeaderValue>,
    public: Arc<IsPublic>,
}

impl Cors {
    /// `origins` as browsers send them (`https://play.example.com`); `public` tells whether a call is open to every
    /// page.
    ///
    /// # Errors
    ///
    /// When an origin is not a scheme and a host, with a port where it is not the usual one: `*`, `null` and a trailing
    /// slash never match anything and are refused.
    pub fn new(
        origins: &[String],
        public: impl Fn(&Method, &Uri) -> bool + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let origins = origins
            .iter()
            .map(|origin| exact(origin).with_context(|| format!("server.cors_origins: {origin:?} is not an origin")))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { origins, public: Arc::new(public) })
    }

    /// Decides before anything else is known of the request.
    pub(super) fn grant(&self, request: &Request) -> Grant {
        let wanted = wanted_method(request);
        if (self.public)(wanted.as_ref().unwrap_or(request.method()), request.uri()) {
            return Grant::Everyone;
        }
        // What is sent back is the configured value, so nothing of the request is ever reflected.
        match request.headers().get(header::ORIGIN) {
            None => Grant::NotAsked,
            Some(origin) => self
                .origins
                .iter()
                .find(|known| *known == origin)
                .map_or(Grant::No, |known| Grant::Origin(known.clone())),
        }
    }
}

fn exact(origin: &str) -> anyhow::Result<HeaderValue> {
    let uri: Uri = origin.parse()?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { bail!("no scheme and host") };
    if !matches!(scheme, "http" | "https") || format!("{scheme}://{authority}").to_ascii_lowercase() != origin {
        bail!("write it as https://host, in lower case, without a path");
    }
    Ok(HeaderValue::from_str(origin)?)
}

/// Who may read an answer.
pub(super) enum Grant {
    Everyone,
    Origin(HeaderValue),
    No,
    NotAsked,
}

impl Grant {
    /// Writes the decision into an answer.
    pub(super) fn mark(self, headers: &mut HeaderMap) {
        let origin = match self {
            Self::Everyone => HeaderValue::from_static("*"),
            Self::Origin(origin) => {
                headers.append(header::VARY, HeaderValue::from_name(header::ORIGIN));
                origin
            }
            Self::No | Self::NotAsked => {
                headers.append(header::VARY, HeaderValue::from_name(header::ORIGIN));
                return;
            }
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSE_HEADERS);
    }
}

/// The method that a browser asks about before it sends it, if this is such a question.
fn wanted_method(request: &Request) -> Option<Method> {
    if request.method() != Method::OPTIONS || !request.headers().contains_key(header::ORIGIN) {
        return None;
    }
    let wanted = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    Some(Method::from_bytes(wanted.as_bytes()).unwrap_or(Method::OPTIONS))
}

/// Answers OPTIONS: a browser's question by its grant, anybody else's with the methods of the path.
///
/// # Errors
///
/// 403 for a page that is not configured, 404 where there is no such path.
pub(super) fn options(request: &Request, grant: &Grant, allow: &super::Allow) -> Result<Response, ApiError> {
    let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
    let headers = response.headers_mut();
    if wanted_method(request).is_some() {
        if matches!(grant, Grant::No) {
            return Err(ApiError::forbidden("Pages of this origin may not call this server"));
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOW_METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        headers.append(header::VARY, VARY_PREFLIGHT);
        return Ok(response);
    }
    let methods = allow(request.uri().path()).and_then(|methods| HeaderValue::try_from(methods).ok());
    headers.insert(header::ALLOW, methods.ok_or_else(super::answer::no_such_path)?);
    Ok(response)
}
