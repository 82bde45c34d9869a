//! When a token begins and ends, by our clock.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

use super::TokenRefusal;

/// Seconds by which an issuer's clock may differ from ours.
const LEEWAY: i64 = 5;
const LONGEST: i64 = 24 * 60 * 60;
const END_OF_YEAR_9999: f64 = 253_402_300_799.0;

/// Whole seconds since 1970, from any number that is a plausible date; fractions are cut off.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Seconds(i64);

impl TryFrom<f64> for Seconds {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        if (0.0..=END_OF_YEAR_9999).contains(&number) { Ok(Self(number as i64)) } else { Err("not a date") }
    }
}

/// Reads a claim that may be absent but, once there, has to be of its type; `null` is not.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The instant at which a token ends, if `now` lies within its life.
pub(super) fn expiry(
    exp: Seconds,
    iat: Seconds,
    nbf: Option<Seconds>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, TokenRefusal> {
    let seconds = now.timestamp();
    if exp.0 + LEEWAY < seconds {
        return Err(TokenRefusal::Expired);
    }
    if nbf.is_some_and(|nbf| nbf.0 > seconds + LEEWAY) {
        return Err(TokenRefusal::NotYetValid);
    }
    if iat.0 > seconds + LEEWAY {
        return Err(TokenRefusal::IssuedInFuture);
    }
    if exp.0 - iat.0 > LONGEST {
        return Err(TokenRefusal::LivesTooLong);
    }
    Ok(DateTime::from_timestamp(exp.0, 0).expect("every date up to the year 9999 has an instant"))
}
