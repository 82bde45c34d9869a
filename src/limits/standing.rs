//! What a caller is told about its quota, in the headers of every keyed answer.
//!
//! `RateLimit-Policy` and `RateLimit` follow the IETF draft on rate-limit headers (lists of strings with parameters);
//! the `X-RateLimit-*` trio serves clients that know only those and speaks of the window closest to exhaustion, its
//! reset in Unix seconds. What is left may lag by what other replicas hold: a hint, as the draft allows.

use chrono::{DateTime, Utc};
use poem::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{error::ApiError, limits::Quota};

/// How a subject stands after a call.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// What is allowed.
    pub quota: Quota,
    /// Units left in this minute.
    pub minute_left: i64,
    /// Units left on this day.
    pub day_left: i64,
    /// Whole seconds until the minute ends, rounded up.
    pub minute_reset: u64,
    /// Whole seconds until the day ends, rounded up.
    pub day_reset: u64,
}

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

impl Standing {
    /// Whole seconds until the exhausted window opens again, at least 1.
    pub fn retry_after(&self) -> u64 {
        self.retry_after_for(1)
    }

    /// Whole seconds until so many units may be there, at least 1.
    pub fn retry_after_for(&self, units: i32) -> u64 {
        let day_is_short = self.quota.per_day.is_some() && self.day_left < i64::from(units);
        if day_is_short { self.day_reset } else { self.minute_reset }.max(1)
    }

    /// The 429 of a subject that stands like this.
    pub fn refusal(&self) -> ApiError {
        self.refusal_for(1)
    }

    /// The 429 of a call that wants so many units of a subject that stands like this.
    pub fn refusal_for(&self, units: i32) -> ApiError {
        ApiError::rate_limited(self.retry_after_for(units))
    }

    /// Writes the headers.
    pub fn write(&self, headers: &mut HeaderMap, now: DateTime<Utc>) {
        let minute = self.quota.per_minute;
        let (policy, limit) = match self.quota.per_day {
            Some(day) => (
                format!("\"minute\";q={minute};w=60, \"day\";q={day};w=86400"),
                format!(
                    "\"minute\";r={};t={}, \"day\";r={};t={}",
                    self.minute_left, self.minute_reset, self.day_left, self.day_reset
                ),
            ),
            None => (
                format!("\"minute\";q={minute};w=60"),
                format!("\"minute\";r={};t={}", self.minute_left, self.minute_reset),
            ),
        };
        let (closest, left, reset) = match self.quota.per_day {
            Some(day) if self.day_is_closer(day) => (day, self.day_left, self.day_reset),
            _ => (minute.into(), self.minute_left, self.minute_reset),
        };
        let reset = now.timestamp().saturating_add_unsigned(reset);
        for (name, value) in [(POLICY, policy), (LIMIT, limit)] {
            headers.insert(name, HeaderValue::try_from(value).expect("digits and punctuation make a header"));
        }
        headers.insert(X_LIMIT, HeaderValue::from(closest));
        headers.insert(X_REMAINING, HeaderValue::from(left));
        headers.insert(X_RESET, HeaderValue::from(reset));
    }

    /// Whether a larger share of the day than of the minute is used.
    fn day_is_closer(&self, day: i64) -> bool {
        let minute = i128::from(self.quota.per_minute).max(1);
        i128::from(self.day_left) * minute < i128::from(self.minute_left) * i128::from(day).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(minute_left: i64, day_left: i64) -> Standing {
        let quota = Quota { per_minute: 60, per_day: Some(10_000) };
        Standing { quota, minute_left, day_left, minute_reset: 42, day_reset: 53_210 }
    }

    fn header(standing: Standing, name: &str) -> String {
        let mut headers = HeaderMap::new();
        standing.write(&mut headers, DateTime::from_timestamp(1_000_000, 0).unwrap());
        headers[name].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_headers_have_the_syntax_of_the_draft() {
        assert_eq!(header(standing(59, 9999), "ratelimit-policy"), "\"minute\";q=60;w=60, \"day\";q=10000;w=86400");
        assert_eq!(header(standing(59, 9999), "ratelimit"), "\"minute\";r=59;t=42, \"day\";r=9999;t=53210");
    }

    #[test]
    fn the_older_headers_speak_of_the_window_closest_to_exhaustion() {
        assert_eq!(header(standing(10, 9000), "x-ratelimit-limit"), "60");
        assert_eq!(header(standing(10, 9000), "x-ratelimit-reset"), "1000042");
        assert_eq!(header(standing(59, 100), "x-ratelimit-limit"), "10000");
        assert_eq!(header(standing(59, 100), "x-ratelimit-remaining"), "100");
        assert_eq!(header(standing(59, 100), "x-ratelimit-reset"), "1053210");
    }

    #[test]
    fn who_used_up_the_day_waits_for_the_day() {
        assert_eq!(standing(0, 100).retry_after(), 42);
        assert_eq!(standing(0, 0).retry_after(), 53_210);
        assert_eq!(standing(60, 10).retry_after_for(50), 53_210);
        assert_eq!(standing(10, 60).retry_after_for(50), 42);
    }
}
