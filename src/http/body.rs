//! Reads request bodies before a face sees the request, so that no face waits for a client or holds what is too much.

use std::io;

use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::body::Bytes;
use poem::{
    Body, Request,
    http::{HeaderValue, StatusCode, Version, header},
};
use tokio::time::timeout;

use super::Limits;
use crate::error::ApiError;

/// The most that is set aside on a client's word alone.
const FIRST_RESERVE: usize = 64 * 1024;

/// Replaces the request's body by one that is wholly here.
///
/// # Errors
///
/// 413 above the size limit, at once when `Content-Length` tells it; 408 after the time limit; 400 when the body ends
/// early or its framing is broken. All of them close an HTTP/1 connection, since the rest of the body is still on it.
pub(super) async fn read(request: &mut Request, limits: &Limits) -> Result<(), ApiError> {
    let body = request.take_body();
    if body.is_empty() {
        return Ok(());
    }
    let result = match announced_length(request) {
        Some(length) if length > limits.max_body_bytes as u64 => Err(too_large(limits)),
        length => {
            let reserve = length.map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX).min(FIRST_RESERVE));
            timeout(limits.body_timeout, collect(body, reserve, limits)).await.unwrap_or_else(|_| {
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
            Ok(())
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

async fn collect(body: Body, reserve: usize, limits: &Limits) -> Result<Bytes, ApiError> {
    let mut body: BoxBody<Bytes, io::Error> = body.into();
    let mut first = Bytes::new();
    let mut rest = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "unreadable body");
            ApiError::bad_request("The body ended early or its framing is broken")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limits.max_body_bytes {
            return Err(too_large(limits));
        }
        // Most bodies arrive in one piece, which then needs no copy.
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.reserve(reserve.max(first.len() + data.len()));
                rest.extend_from_slice(&first);
                first = Bytes::new();
            }
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
