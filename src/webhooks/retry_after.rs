//! How long an endpoint asks us to wait.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Longest wait that an endpoint can ask for; without a bound it could park deliveries for years.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The wait of a `Retry-After`, whole seconds or an HTTP date, at most 24 hours; a date that has passed is no wait.
/// `None` when it is neither.
pub(super) fn wait(value: &[u8], now: DateTime<Utc>) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds are still a wait.
        return Some(text.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST));
    }
    let then = DateTime::<Utc>::from(httpdate::parse_http_date(text).ok()?);
    Some((then - now).to_std().unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_seconds_and_the_three_forms_of_a_date_and_never_more_than_a_day() {
        let now = DateTime::from_timestamp(784_111_717, 0).unwrap();
        let wait = |text: &str| wait(text.as_bytes(), now).map(|wait| wait.as_secs());
        for (text, seconds) in [
            ("0", 0),
            ("120", 120),
            (" 7 ", 7),
            ("86401", 86400),
            ("99999999999999999999999", 86400),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 60),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 60),
            ("Sun Nov  6 08:49:37 1994", 60),
            ("Fri, 31 Dec 1999 23:59:59 GMT", 86400),
            ("Sun, 06 Nov 1994 08:48:36 GMT", 0),
        ] {
            assert_eq!(wait(text), Some(seconds), "{text}");
        }
        for text in ["", "-1", "+5", "1.5", "1e3", "soon", "٥", "Sun, 06 Nov 1994", "2026-01-01T00:00:00Z"] {
            assert_eq!(wait(text), None, "{text}");
        }
    }
}
