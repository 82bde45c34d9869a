//! Reads request bodies before a face sees the request, so that no face waits for a client or holds what is too much.

use std::io;

use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::body::Bytes;
use poem::{
    Body, Request,
    http::{HeaderValue, StatusCode, Version, header},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::Limits;
use crate::error::ApiError;

/// The most that is set aside on a client's word alone.
const FIRST_RESERVE: usize = 64 * 1024;

/// What the budget is counted in.
const KIB: usize = 1024;

/// The memory that the bodies of all requests of a floor share.
pub(super) struct Budget(Semaphore);

impl Budget {
    /// Has room for one body at least, however little the limits name.
    pub(super) fn new(limits: &Limits) -> Self {
        let bytes = limits.max_buffered_bytes.max(limits.max_body_bytes);
        Self(Semaphore::new(bytes.div_ceil(KIB).min(Semaphore::MAX_PERMITS)))
    }
}

/// A body's part of the budget; dropping it gives the part back.
pub(super) struct Share<'a> {
    budget: &'a Budget,
    taken: Option<SemaphorePermit<'a>>,
}

impl Share<'_> {
    /// Grows until it covers this much.
    fn cover(&mut self, bytes: usize) -> Result<(), ApiError> {
        let held = self.taken.as_ref().map_or(0, SemaphorePermit::num_permits);
        let missing = bytes.div_ceil(KIB).saturating_sub(held);
        if missing == 0 {
            return Ok(());
        }
        let more = u32::try_from(missing).ok().and_then(|missing| self.budget.0.try_acquire_many(missing).ok());
        let more = more.ok_or_else(|| {
            tracing::debug!("the memory for bodies is used up");
            ApiError::unavailable("Too many bodies are being read now, try again")
        })?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }
}

/// Replaces the request's body by one that is wholly here; the share must live as long as that.
///
/// # Errors
///
/// 413 above the size limit, at once when `Content-Length` tells it; 408 after the time limit; 400 when the body ends
/// early or its framing is broken; 503 when the bodies of other requests have used up the budget. All of them close an
/// HTTP/1 connection, since the rest of the body is still on it.
pub(super) async fn read<'a>(
    request: &mut Request,
    limits: &Limits,
    budget: &'a Budget,
) -> Result<Share<'a>, ApiError> {
    let mut share = Share { budget, taken: None };
    let body = request.take_body();
    if body.is_empty() {
        return Ok(share);
    }
    let result = match announced_length(request) {
        Some(length) if length > limits.max_body_bytes as u64 => Err(too_large(limits)),
        length => {
            let length = length.and_then(|length| usize::try_from(length).ok());
            timeout(limits.body_timeout, collect(body, length, limits, &mut share)).await.unwrap_or_else(|_| {
                Err(ApiError::new(
                    StatusCode::REQUEST_TIMEOUT,
                    format!("The body did not arrive within {} seconds", limits.body_timeout.as_secs()),
                ))
            })
        }
    };
    match result {
        Ok(bytes) => {
            request.set_body(Body::from_bytes(bytes));
            Ok(share)
        }
        Err(error) if request.version() < Version::HTTP_2 => {
            Err(error.with_header(header::CONNECTION, HeaderValue::from_static("close")))
        }
        Err(error) => Err(error),
    }
}

fn announced_length(request: &Request) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(body: Body, length: Option<usize>, limits: &Limits, share: &mut Share<'_>) -> Result<Bytes, ApiError> {
    let most = length.unwrap_or(limits.max_body_bytes);
    let reserve = length.unwrap_or(0).min(FIRST_RESERVE);
    let mut body: BoxBody<Bytes, io::Error> = body.into();
    let mut first = Bytes::new();
    let mut rest = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "unreadable body");
            ApiError::bad_request("The body ended early or its framing is broken")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let needed = first.len() + rest.len() + data.len();
        if needed > limits.max_body_bytes {
            return Err(too_large(limits));
        }
        // Most bodies arrive in one piece, which then needs no copy.
        if first.is_empty() && rest.is_empty() {
            share.cover(needed)?;
            first = data;
        } else {
            if needed > rest.capacity() {
                let room = reserve.max(rest.capacity() * 2).min(most).max(needed);
                share.cover(room)?;
                rest.reserve_exact(room - rest.len());
            }
            rest.extend_from_slice(&std::mem::take(&mut first));
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.into() })
}

fn too_large(limits: &Limits) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("The body is too large; at most {} bytes are read", limits.max_body_bytes),
    )
}
