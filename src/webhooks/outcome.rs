//! What an attempt came to, and what that means for the delivery.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;

use super::retry_after;

/// One attempt, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// Why the attempt did not deliver, in words for the endpoint's owner; `None` exactly when it did.
    pub error: Option<String>,
    /// The beginning of the answer, at most 4 KiB of text without NUL; `None` when it is empty or encoded.
    pub excerpt: Option<String>,
    /// From the first step to the last byte that was read.
    pub duration: Duration,
    /// What it means.
    pub outcome: Outcome,
}

/// What an attempt means for the delivery and its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint has it: a 2xx with an answer that ended, or was longer than is read.
    Delivered,
    /// It has to be tried again, and counts as a failed attempt.
    Failed,
    /// 410: the endpoint wants nothing any more.
    Gone,
    /// 429, or 503 with `Retry-After`: the endpoint asks for patience, which is no failed attempt. The wait is what it
    /// asked for, at most 24 hours; `None` when it did not say how long.
    Throttled(Option<Duration>),
}

impl Outcome {
    /// What a status means; `now` is when the answer came, for a `Retry-After` with a date.
    pub(super) fn of(status: StatusCode, retry_after: Option<&[u8]>, now: DateTime<Utc>) -> Self {
        let wait = || retry_after.and_then(|value| retry_after::wait(value, now));
        match status {
            _ if status.is_success() => Self::Delivered,
            StatusCode::GONE => Self::Gone,
            StatusCode::TOO_MANY_REQUESTS => Self::Throttled(wait()),
            StatusCode::SERVICE_UNAVAILABLE => wait().map_or(Self::Failed, |wait| Self::Throttled(Some(wait))),
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_the_same_for_every_endpoint() {
        let of = |status: u16, retry_after: Option<&str>| {
            let status = StatusCode::from_u16(status).unwrap();
            Outcome::of(status, retry_after.map(str::as_bytes), DateTime::UNIX_EPOCH)
        };
        let minute = Some(Duration::from_secs(60));
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(of(status, Some("60")), Outcome::Delivered);
        }
        for status in [300, 301, 302, 307, 400, 401, 404, 500, 502, 504, 599] {
            assert_eq!(of(status, Some("60")), Outcome::Failed, "{status}");
        }
        assert_eq!(of(410, None), Outcome::Gone);
        assert_eq!(of(429, Some("60")), Outcome::Throttled(minute));
        assert_eq!(of(429, None), Outcome::Throttled(None));
        assert_eq!(of(429, Some("soon")), Outcome::Throttled(None));
        assert_eq!(of(503, Some("60")), Outcome::Throttled(minute));
        assert_eq!(of(503, None), Outcome::Failed);
        assert_eq!(of(503, Some("soon")), Outcome::Failed);
    }
}
