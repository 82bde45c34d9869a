//! Values of a type as Postgres reads them from text, judged before any SQL is made.
//!
//! What a caller wrote is accepted where Postgres would accept it and understands it in one way only; it leaves here in
//! the form that every session reads alike, whatever its time zone or date style.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};
use uuid::Uuid;

use super::kind::Kind;
use crate::{error::ApiError, input};

mod array;
mod json;
mod network;
mod number;
mod time;

pub use array::array_literal;
pub(super) use json::{MAX_DEPTH, depth};

/// Why a value does not fit its type, in the words and with the SQLSTATE of Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadValue {
    /// The SQLSTATE.
    pub state: &'static str,
    /// The sentence, without the value.
    pub reason: String,
}

impl BadValue {
    /// The value is not written as its type is.
    fn syntax(kind: Kind) -> Self {
        Self { state: "22P02", reason: format!("invalid input syntax for type {}", kind.display()) }
    }

    /// The value is well written and too large or too small.
    fn range(kind: Kind) -> Self {
        Self { state: "22003", reason: format!("value is out of range for type {}", kind.display()) }
    }

    /// 400 that names the column, its type and what came.
    pub fn into_error(self, column: &str, kind: Kind, value: &str) -> ApiError {
        let of_type = if self.reason.contains("type") { String::new() } else { format!(" of type {}", kind.display()) };
        let sentence = format!("{}: {} (column {column}{of_type})", self.reason, input::shown(value));
        let error = ApiError::bad_request(sentence).with_code(self.state);
        if kind == Kind::Timestamp && time::lost_its_plus(value) {
            return error
                .with_hint("A + in a query string is a blank; write it as %2B, or write the time in UTC with a Z.");
        }
        error
    }
}

/// The text that Postgres reads as a value of a type.
///
/// # Errors
///
/// [`BadValue`] for a text that is no value of the type, or none that could be stored.
pub fn literal(kind: Kind, text: &str) -> Result<Cow<'_, str>, BadValue> {
    if text.contains('\0') {
        return Err(BadValue {
            state: "22021",
            reason: "invalid byte sequence for encoding \"UTF8\", 0x00".to_owned(),
        });
    }
    match kind {
        Kind::SmallInt | Kind::Integer | Kind::BigInt => number::integer(kind, text).map(Cow::Borrowed),
        Kind::Numeric => number::numeric(text).map(Cow::Borrowed),
        Kind::Double => number::double(text).map(Cow::Borrowed),
        Kind::Boolean => boolean(text).map(Cow::Borrowed),
        Kind::Text => Ok(Cow::Borrowed(text)),
        Kind::Uuid => uuid(text).map(Cow::Owned),
        Kind::Timestamp => time::timestamp(text).map(Cow::Owned),
        Kind::Date => time::date(text).map(Cow::Owned),
        Kind::Json | Kind::JsonText => json::judge(text).map(|()| Cow::Borrowed(text)),
        Kind::Inet => network::inet(text).map(Cow::Borrowed),
        Kind::Bytes => bytes(text).map(Cow::Borrowed),
        Kind::TextArray | Kind::IntegerArray => {
            let elements = array_elements(kind, text)?;
            Ok(Cow::Owned(array_literal(&elements)))
        }
    }
}

/// A text in Unicode's composed form (NFC), the one in which columns of text are stored and compared.
///
/// The same word has many spellings in Unicode, and people, unique columns and filters mean the word. JSON is somebody
/// else's document and stays as it came.
pub fn composed(text: &str) -> Cow<'_, str> {
    match text.is_ascii() || is_nfc(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.nfc().collect()),
    }
}

/// The elements of an array literal such as `{a,"b c",NULL}`, each judged; `None` is a null.
///
/// The type is that of the array or of its elements.
///
/// # Errors
///
/// [`BadValue`] for a text that is no array of one dimension, or for an element that does not fit.
pub fn array_elements(kind: Kind, text: &str) -> Result<Vec<Option<String>>, BadValue> {
    let element = element(kind);
    let parts =
        array::split(text).ok_or_else(|| BadValue { state: "22P02", reason: "malformed array literal".to_owned() })?;
    parts.into_iter().map(|part| part.map(|part| Ok(literal(element, &part)?.into_owned())).transpose()).collect()
}

/// The type of an array's elements; any other type is its own.
pub(super) fn element(kind: Kind) -> Kind {
    match kind {
        Kind::TextArray => Kind::Text,
        Kind::IntegerArray => Kind::Integer,
        other => other,
    }
}

/// The words of Postgres, and what begins like one of them alone.
fn boolean(text: &str) -> Result<&'static str, BadValue> {
    let word = text.trim_ascii().to_ascii_lowercase();
    let begins = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    if word == "1" || word == "on" || begins("true", 1) || begins("yes", 1) {
        Ok("true")
    } else if word == "0" || begins("off", 2) || begins("false", 1) || begins("no", 1) {
        Ok("false")
    } else {
        Err(BadValue::syntax(Kind::Boolean))
    }
}

/// The form with hyphens and no other, so that a row has one name.
fn uuid(text: &str) -> Result<String, BadValue> {
    let whole = text.len() == uuid::fmt::Hyphenated::LENGTH;
    let id = Uuid::try_parse(text).ok().filter(|_| whole);
    id.map(|id| id.to_string()).ok_or_else(|| BadValue::syntax(Kind::Uuid))
}

fn bytes(text: &str) -> Result<&str, BadValue> {
    let hex = text.strip_prefix("\\x").filter(|hex| hex.len() % 2 == 0 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    hex.map(|_| text).ok_or_else(|| BadValue::syntax(Kind::Bytes))
}

#[cfg(test)]
mod tests;
