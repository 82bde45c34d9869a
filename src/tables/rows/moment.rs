//! Dates and times, printed in UTC: ISO with a blank as text, with a `T` and a full offset in JSON.

use super::{
    digits::{four, pair, push_signed, push_unsigned},
    read::{Malformed, Reader, fixed},
};

const MICROS_A_DAY: i64 = 86_400_000_000;

/// Days from 1 March of the year 0 to 1 January 2000, where Postgres begins to count.
const EPOCH: i64 = 730_425;

/// Days of four hundred years.
const ERA: i64 = 146_097;

/// How a moment is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `2024-01-05 10:00:00+00`
    Text,
    /// `2024-01-05T10:00:00+00:00`
    Json,
}

pub(super) fn push_date(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Malformed> {
    match i32::from_be_bytes(fixed(bytes, "date")?) {
        i32::MAX => out.extend_from_slice(b"infinity"),
        i32::MIN => out.extend_from_slice(b"-infinity"),
        days => {
            let before_christ = push_day(out, i64::from(days));
            push_era(out, before_christ);
        }
    }
    Ok(())
}

/// A moment; `zoned` ones carry the offset of UTC.
pub(super) fn push_timestamp(out: &mut Vec<u8>, bytes: &[u8], zoned: bool, style: Style) -> Result<(), Malformed> {
    match i64::from_be_bytes(fixed(bytes, "timestamp")?) {
        i64::MAX => out.extend_from_slice(b"infinity"),
        i64::MIN => out.extend_from_slice(b"-infinity"),
        micros => {
            let before_christ = push_day(out, micros.div_euclid(MICROS_A_DAY));
            out.push(if style == Style::Json { b'T' } else { b' ' });
            push_clock(out, micros.rem_euclid(MICROS_A_DAY));
            if zoned {
                out.extend_from_slice(if style == Style::Json { b"+00:00" } else { b"+00" });
            }
            push_era(out, before_christ);
        }
    }
    Ok(())
}

pub(super) fn push_time(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Malformed> {
    let micros = i64::from_be_bytes(fixed(bytes, "time")?);
    push_time_of_day(out, micros)
}

/// `timetz`: a time and its own offset, which Postgres stores in seconds west of Greenwich.
pub(super) fn push_time_zoned(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Malformed> {
    const KIND: &str = "time with time zone";
    let mut reader = Reader::new(bytes, KIND);
    push_time_of_day(out, reader.i64()?)?;
    let west = reader.i32()?;
    reader.end()?;
    let seconds = west.unsigned_abs();
    if seconds >= 86_400 {
        return Err(Malformed(KIND));
    }
    out.push(if west > 0 { b'-' } else { b'+' });
    out.extend_from_slice(&pair(seconds / 3600));
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    if minutes != 0 || seconds != 0 {
        out.push(b':');
        out.extend_from_slice(&pair(minutes));
    }
    if seconds != 0 {
        out.push(b':');
        out.extend_from_slice(&pair(seconds));
    }
    Ok(())
}

/// `interval`, in the style that Postgres calls by its own name: `1 year 2 mons -3 days +04:05:06.7`.
pub(super) fn push_interval(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes, "interval");
    let (micros, days, months) = (reader.i64()?, reader.i32()?, reader.i32()?);
    reader.end()?;
    match (micros, days, months) {
        (i64::MAX, i32::MAX, i32::MAX) => out.extend_from_slice(b"infinity"),
        (i64::MIN, i32::MIN, i32::MIN) => out.extend_from_slice(b"-infinity"),
        _ => {
            let (mut empty, mut negative) = (true, false);
            for (count, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
                if count != 0 {
                    out.extend_from_slice(if empty { b"" } else { b" " });
                    out.extend_from_slice(if negative && count > 0 { b"+" } else { b"" });
                    push_signed(out, i64::from(count));
                    out.push(b' ');
                    out.extend_from_slice(unit.as_bytes());
                    out.extend_from_slice(if count == 1 { b"" } else { b"s" });
                    (empty, negative) = (false, count < 0);
                }
            }
            if empty || micros != 0 {
                out.extend_from_slice(if empty { b"" } else { b" " });
                out.extend_from_slice(match (micros < 0, negative) {
                    (true, _) => b"-",
                    (false, true) => b"+",
                    (false, false) => b"",
                });
                push_span(out, micros.unsigned_abs());
            }
        }
    }
    Ok(())
}

/// Midnight may be written as the end of a day, `24:00:00`.
fn push_time_of_day(out: &mut Vec<u8>, micros: i64) -> Result<(), Malformed> {
    if !(0..=MICROS_A_DAY).contains(&micros) {
        return Err(Malformed("time"));
    }
    push_clock(out, micros);
    Ok(())
}

/// Year, month and day; tells whether the year was one before Christ.
fn push_day(out: &mut Vec<u8>, days: i64) -> bool {
    // Years are counted from March, so that the leap day is the last of its year.
    let days = days + EPOCH;
    let of_era = days.rem_euclid(ERA);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = year_of_era + 400 * days.div_euclid(ERA) + i64::from(month >= 10);
    let month = if month < 10 { month + 3 } else { month - 9 };
    let shown = if year > 0 { year } else { 1 - year };
    match u32::try_from(shown) {
        Ok(short @ 0..=9_999) => out.extend_from_slice(&four(short)),
        _ => push_unsigned(out, shown.unsigned_abs()),
    }
    let ([a, b], [c, d]) = (pair(month as u32), pair(day as u32));
    out.extend_from_slice(&[b'-', a, b, b'-', c, d]);
    year <= 0
}

fn push_era(out: &mut Vec<u8>, before_christ: bool) {
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

/// A time of day, from microseconds that make no more than a day.
fn push_clock(out: &mut Vec<u8>, micros: i64) {
    push_span(out, micros.unsigned_abs());
}

/// Hours, minutes and seconds, with as many decimals as are not zero.
fn push_span(out: &mut Vec<u8>, micros: u64) {
    let (seconds, fraction) = (micros / 1_000_000, (micros % 1_000_000) as u32);
    let hours = seconds / 3600;
    match u32::try_from(hours) {
        Ok(short @ 0..=99) => out.extend_from_slice(&pair(short)),
        _ => push_unsigned(out, hours),
    }
    let ([a, b], [c, d]) = (pair((seconds / 60 % 60) as u32), pair((seconds % 60) as u32));
    out.extend_from_slice(&[b':', a, b, b':', c, d]);
    if fraction != 0 {
        let ([a, b], [c, d, e, f]) = (pair(fraction / 10_000), four(fraction % 10_000));
        let decimals = [a, b, c, d, e, f];
        let length = decimals.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        out.push(b'.');
        out.extend_from_slice(&decimals[..length]);
    }
}
