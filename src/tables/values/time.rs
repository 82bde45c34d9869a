//! Instants and days, in the forms of RFC 3339 and ISO 8601 that people and programs write.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Utc};

use super::{super::kind::Kind, BadValue};

/// Offsets reach from -15:59 to +15:59.
const MAX_OFFSET_HOURS: i64 = 15;
/// Longer ones say nothing that a clock could know.
const MAX_FRACTION_DIGITS: usize = 30;

/// An instant; what says no offset is in UTC, what says no time is midnight.
pub(super) fn timestamp(text: &str) -> Result<String, BadValue> {
    let at = Parts::parse(text).ok_or_else(|| form(Kind::Timestamp))?.instant()?;
    Ok(at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string())
}

/// A day; a time that comes with it must be one and is left away, as Postgres does.
pub(super) fn date(text: &str) -> Result<String, BadValue> {
    let parts = Parts::parse(text).ok_or_else(|| form(Kind::Date))?;
    parts.instant()?;
    Ok(parts.day()?.to_string())
}

/// Whether this is an instant whose `+` was read as a blank, as query strings do.
pub(super) fn lost_its_plus(text: &str) -> bool {
    text.rsplit_once(' ').is_some_and(|(head, offset)| {
        let repaired = format!("{head}+{offset}");
        Parts::parse(text).is_none() && Parts::parse(&repaired).is_some()
    })
}

fn form(kind: Kind) -> BadValue {
    BadValue { state: "22007", reason: format!("invalid input syntax for type {}", kind.display()) }
}

fn out_of_range() -> BadValue {
    BadValue { state: "22008", reason: "date/time field value out of range".to_owned() }
}

/// The numbers of an instant, well written and not yet judged.
#[derive(Default)]
struct Parts {
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    /// Rounded as Postgres does; a million is the next second.
    micros: u32,
    offset: Offset,
}

#[derive(Default)]
struct Offset {
    west: bool,
    hours: i64,
    minutes: i64,
    seconds: i64,
}

impl Parts {
    fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.trim_ascii());
        let mut parts = Self {
            year: i32::try_from(rest.digits(4)?).ok()?,
            month: rest.skip(b"-")?.digits(2)?,
            day: rest.skip(b"-")?.digits(2)?,
            ..Self::default()
        };
        if rest.skip(b"Tt ").is_some() {
            parts.hour = rest.digits(2)?;
            parts.minute = rest.skip(b":")?.digits(2)?;
            if rest.skip(b":").is_some() {
                parts.second = rest.digits(2)?;
                if rest.skip(b".").is_some() {
                    parts.micros = rest.fraction()?;
                }
            }
            parts.offset = rest.offset()?;
        }
        rest.0.is_empty().then_some(parts)
    }

    fn day(&self) -> Result<NaiveDate, BadValue> {
        let day = NaiveDate::from_ymd_opt(self.year, self.month, self.day);
        day.filter(|day| day.year() >= 1).ok_or_else(out_of_range)
    }

    fn instant(&self) -> Result<DateTime<Utc>, BadValue> {
        let time = NaiveTime::from_hms_opt(self.hour, self.minute, self.second).ok_or_else(out_of_range)?;
        let offset = self.offset.seconds_east()?;
        let at = self.day()?.and_time(time).and_utc() + Duration::microseconds(self.micros.into());
        let at = at.checked_sub_signed(Duration::seconds(offset)).ok_or_else(out_of_range)?;
        if (1..=9999).contains(&at.year()) { Ok(at) } else { Err(out_of_range()) }
    }
}

impl Offset {
    fn seconds_east(&self) -> Result<i64, BadValue> {
        if self.hours > MAX_OFFSET_HOURS || self.minutes > 59 || self.seconds > 59 {
            return Err(BadValue { state: "22009", reason: "time zone displacement out of range".to_owned() });
        }
        let seconds = (self.hours * 60 + self.minutes) * 60 + self.seconds;
        Ok(if self.west { -seconds } else { seconds })
    }
}

/// What is still to be read.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// Passes over one of some characters.
    fn skip(&mut self, any_of: &[u8]) -> Option<&mut Self> {
        let next = *self.0.as_bytes().first()?;
        if !any_of.contains(&next) {
            return None;
        }
        self.0 = &self.0[1..];
        Some(self)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let head = self.0.get(..count).filter(|head| head.bytes().all(|byte| byte.is_ascii_digit()))?;
        self.0 = &self.0[count..];
        head.parse().ok()
    }

    fn fraction(&mut self) -> Option<u32> {
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        if digits.is_empty() || digits.len() > MAX_FRACTION_DIGITS {
            return None;
        }
        self.0 = rest;
        let kept: u32 = format!("{digits:0<7}")[..7].parse().ok()?;
        Some((kept + 5) / 10)
    }

    /// `Z`, `+05`, `+0530`, `+05:30`, `+05:30:15`, or nothing.
    fn offset(&mut self) -> Option<Offset> {
        if self.0.is_empty() || self.skip(b"Zz").is_some() {
            return Some(Offset::default());
        }
        let west = self.0.starts_with('-');
        let hours = self.skip(b"+-")?.digits(2)?.into();
        let mut offset = Offset { west, hours, ..Offset::default() };
        if self.0.is_empty() {
            return Some(offset);
        }
        if self.skip(b":").is_none() {
            offset.minutes = self.digits(2)?.into();
            return Some(offset);
        }
        offset.minutes = self.digits(2)?.into();
        if self.skip(b":").is_some() {
            offset.seconds = self.digits(2)?.into();
        }
        Some(offset)
    }
}
