//! Numbers: whole ones, decimal ones without loss, and floating ones.

use super::{super::kind::Kind, BadValue};

/// A number with more digits than this, written out, is refused: nothing that is counted or paid needs them.
const MAX_DIGITS: i64 = 1000;

/// Blanks, a sign, digits; nothing else is a whole number.
pub(super) fn integer(kind: Kind, text: &str) -> Result<&str, BadValue> {
    let number = trimmed(text);
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadValue::syntax(kind));
    }
    let fits = match kind {
        Kind::SmallInt => number.parse::<i16>().is_ok(),
        Kind::BigInt => number.parse::<i64>().is_ok(),
        _ => number.parse::<i32>().is_ok(),
    };
    if fits { Ok(number) } else { Err(BadValue::range(kind)) }
}

/// A decimal number, an exponent allowed, or one of the words for what is no number.
pub(super) fn numeric(text: &str) -> Result<&str, BadValue> {
    let number = trimmed(text);
    if is_special(number) {
        return Ok(number);
    }
    let decimal = Decimal::parse(number).ok_or_else(|| BadValue::syntax(Kind::Numeric))?;
    if decimal.digits() > MAX_DIGITS {
        let reason = format!("value has more than {MAX_DIGITS} digits, too many for type numeric");
        return Err(BadValue { state: "22003", reason });
    }
    Ok(number)
}

/// A decimal number that the nearest floating one can stand for.
pub(super) fn double(text: &str) -> Result<&str, BadValue> {
    let number = trimmed(text);
    if is_special(number) {
        return Ok(number);
    }
    let decimal = Decimal::parse(number).ok_or_else(|| BadValue::syntax(Kind::Double))?;
    let value: f64 = number.parse().map_err(|_| BadValue::syntax(Kind::Double))?;
    let vanished = value == 0.0 && !decimal.is_zero();
    if value.is_finite() && !vanished { Ok(number) } else { Err(BadValue::range(Kind::Double)) }
}

/// Whether a number of JSON is one that `jsonb` should hold.
pub(super) fn is_moderate(number: &str) -> bool {
    Decimal::parse(number).is_some_and(|decimal| decimal.digits() <= MAX_DIGITS)
}

/// Without the blanks that Postgres skips around a number.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c'])
}

fn is_special(number: &str) -> bool {
    let unsigned = number.strip_prefix(['+', '-']).unwrap_or(number);
    number.eq_ignore_ascii_case("nan")
        || unsigned.eq_ignore_ascii_case("inf")
        || unsigned.eq_ignore_ascii_case("infinity")
}

/// A decimal number, taken apart.
struct Decimal<'t> {
    whole: &'t str,
    fraction: &'t str,
    exponent: i64,
}

impl<'t> Decimal<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let some = !whole.is_empty() || !fraction.is_empty();
        (some && digits(whole) && digits(fraction)).then_some(Self { whole, fraction, exponent })
    }

    /// How many digits it has when it is written without exponent.
    fn digits(&self) -> i64 {
        let (whole, fraction) = (length(self.whole.trim_start_matches('0')), length(self.fraction));
        let before = whole.saturating_add(self.exponent).max(0);
        let behind = fraction.saturating_sub(self.exponent).max(0);
        before.saturating_add(behind).max(whole + fraction)
    }

    fn is_zero(&self) -> bool {
        [self.whole, self.fraction].iter().all(|part| part.bytes().all(|byte| byte == b'0'))
    }
}

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// An exponent beyond what a machine counts is one beyond every bound.
fn exponent_of(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i32>().map_or(i64::from(i32::MAX), i64::from);
    Some(if negative { -size } else { size })
}
