//! The members of a JSON object, taken one by one.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Utc};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::strict::Strict;
use crate::{
    auth::key_text::{ORG_KEY_PREFIX, PROPERTY_KEY_PREFIX},
    error::ApiError,
    webhooks::SECRET_PREFIX,
};

/// The range of row numbers.
const ROW_IDS: RangeInclusive<i64> = 1..=2_147_483_647;
/// More numbers than this in one list are refused.
const MAX_LIST: usize = 1000;
const SHOWN_CHARS: usize = 60;

/// A body's members; null counts as absent, except where a reader asks for the difference.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Parses a JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        if bytes.is_empty() {
            return Err(ApiError::bad_request("The body is empty; a JSON object is expected"));
        }
        match serde_json::from_slice(bytes) {
            Ok(Strict(Value::Object(members))) => Ok(Self(members)),
            Ok(Strict(other)) => {
                Err(ApiError::bad_request(format!("The body must be a JSON object, got {}", shown_json(&other))))
            }
            Err(error) => Err(ApiError::bad_request(format!("The body is not valid JSON: {error}"))),
        }
    }

    pub(super) fn into_members(self) -> Map<String, Value> {
        self.0
    }

    pub(super) fn from_members(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Whether the member came at all, be it as null.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The member, or a sentence that it is required.
    pub fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| ApiError::bad_request(format!("{name} is required")))
    }

    /// A whole number within a range.
    pub fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.as_i64() {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(refuse(name, &format!("a whole number from {} to {}", range.start(), range.end()), value)),
        }
    }

    /// The number of a row.
    pub fn row_id(&self, name: &str) -> Result<Option<i32>, ApiError> {
        Ok(self.integer(name, ROW_IDS)?.and_then(|id| i32::try_from(id).ok()))
    }

    /// True or false.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| refuse(name, "true or false", value))
    }

    /// A text of so many characters, kept as it came: a reference must come back to its sender unchanged.
    pub fn text(&self, name: &str, chars: RangeInclusive<usize>) -> Result<Option<String>, ApiError> {
        self.text_as(name, chars, str::to_owned)
    }

    /// A text that people compare, in Unicode's composed form.
    pub fn words(&self, name: &str, chars: RangeInclusive<usize>) -> Result<Option<String>, ApiError> {
        self.text_as(name, chars, |text| text.nfc().collect())
    }

    fn text_as(
        &self,
        name: &str,
        chars: RangeInclusive<usize>,
        form: impl Fn(&str) -> String,
    ) -> Result<Option<String>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let text = value.as_str().map(form);
        text.filter(|text| chars.contains(&text.chars().count()))
            .map(Some)
            .ok_or_else(|| refuse(name, &format!("a text of {} to {} characters", chars.start(), chars.end()), value))
    }

    /// An object of at most so many bytes of JSON.
    pub fn object(&self, name: &str, max_bytes: usize) -> Result<Option<Value>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if !value.is_object() {
            return Err(refuse(name, "a JSON object", value));
        }
        let bytes = value.to_string().len();
        if bytes > max_bytes {
            let sentence = format!("{name} must be at most {max_bytes} bytes of JSON, got {bytes}");
            return Err(ApiError::bad_request(sentence));
        }
        Ok(Some(value.clone()))
    }

    /// A list of row numbers.
    pub fn row_ids(&self, name: &str) -> Result<Option<Vec<i32>>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let wanted = format!("a list of at most {MAX_LIST} whole numbers from 1 to {}, or null", ROW_IDS.end());
        let list =
            value.as_array().filter(|list| list.len() <= MAX_LIST).ok_or_else(|| refuse(name, &wanted, value))?;
        let number = |item: &Value| item.as_i64().filter(|id| ROW_IDS.contains(id)).and_then(|id| id.try_into().ok());
        list.iter()
            .map(|item| number(item).ok_or_else(|| refuse(name, &wanted, item)))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A list of at most so many texts, each of a form that is said in words.
    pub fn texts(
        &self,
        name: &str,
        most: usize,
        form: &str,
        fits: impl Fn(&str) -> bool,
    ) -> Result<Option<Vec<String>>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let wanted = format!("a list of at most {most} {form}");
        let list = value.as_array().filter(|list| list.len() <= most).ok_or_else(|| refuse(name, &wanted, value))?;
        let text = |item: &Value| item.as_str().filter(|text| fits(text)).map(str::to_owned);
        list.iter()
            .map(|item| text(item).ok_or_else(|| refuse(name, &wanted, item)))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A uuid in lower case with hyphens, the one spelling that we write.
    pub fn uuid(&self, name: &str) -> Result<Option<Uuid>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value
            .as_str()
            .and_then(plain_uuid)
            .map(Some)
            .ok_or_else(|| refuse(name, "a uuid in lower case with hyphens", value))
    }

    /// An instant in RFC 3339, of the years 1970 to 9999.
    pub fn instant(&self, name: &str) -> Result<Option<DateTime<Utc>>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let instant = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|at| at.to_utc());
        instant
            .filter(|at| (1970..=9999).contains(&at.year()) && at.timestamp_subsec_nanos() < 1_000_000_000)
            .map(Some)
            .ok_or_else(|| refuse(name, "an instant such as 2027-01-01T00:00:00Z (RFC 3339)", value))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// A uuid in the one spelling that we write, of the many that it has: lower case, hyphens, nothing around it.
pub fn plain_uuid(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok().filter(|uuid| uuid.hyphenated().to_string() == text)
}

fn refuse(name: &str, wanted: &str, got: &Value) -> ApiError {
    ApiError::bad_request(format!("{name} must be {wanted}, got {}", shown_json(got)))
}

/// A caller's text, quoted and short enough for a sentence.
pub fn shown(text: &str) -> String {
    shown_json(&Value::String(text.to_owned()))
}

fn shown_json(value: &Value) -> String {
    let json = without_keys(value.to_string());
    if json.chars().count() <= SHOWN_CHARS {
        return json;
    }
    let head: String = json.chars().take(SHOWN_CHARS).collect();
    format!("{head}… ({} characters)", json.chars().count())
}

/// A key in the wrong place is still a secret: only its prefix is repeated.
pub fn without_keys(mut text: String) -> String {
    // The secrets of webhooks are base64.
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    for prefix in [ORG_KEY_PREFIX, PROPERTY_KEY_PREFIX, SECRET_PREFIX] {
        let mut from = 0;
        while let Some(start) = text[from..].find(prefix).map(|at| from + at + prefix.len()) {
            let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |at| start + at);
            if end - start > 8 {
                text.replace_range(start..end, "…");
            }
            from = start;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
        outcome.unwrap_err().sentence().to_owned()
    }

    fn fields(json: &str) -> Fields {
        Fields::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_member_that_does_not_fit_is_named_with_what_came_and_what_is_allowed() {
        for wrong in ["0", "-1", "1.5", "1.0", "\"5\"", "2147483648", "true", "[]"] {
            let got = sentence(fields(&format!("{{\"game_id\":{wrong}}}")).row_id("game_id"));
            assert_eq!(got, format!("game_id must be a whole number from 1 to 2147483647, got {wrong}"));
        }
    }

    #[test]
    fn null_is_absent_and_can_be_told_from_absent() {
        let fields = fields("{\"a\":null}");
        assert_eq!(fields.row_id("a").unwrap(), None);
        assert!(fields.has("a") && !fields.has("b"));
    }

    #[test]
    fn what_is_no_object_or_no_json_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            "1",
            "{",
            "{\"a\":1}x",
            "\u{feff}{}",
            "{\"a\":1,\"a\":2}",
            "{\"m\":{\"b\":1,\"b\":2}}",
            "{\"a\":\"\\u0000\"}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":1e400}",
        ] {
            assert_eq!(Fields::parse(body.as_bytes()).unwrap_err().status_code(), 400, "{body}");
        }
        assert!(Fields::parse(&[b"[".repeat(100_000), b"]".repeat(100_000)].concat()).is_err());
        assert!(Fields::parse(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn odd_instants_are_refused() {
        for odd in [
            "0000-00-00",
            "+1000000-01-01T00:00:00Z",
            "2027-01-01T23:59:60Z",
            "2027-01-01T00:00:00+25:00",
            "2027-01-01",
        ] {
            assert!(fields(&format!("{{\"at\":\"{odd}\"}}")).instant("at").is_err(), "{odd}");
        }
        assert!(fields("{\"at\":\"2027-01-01T02:00:00+02:00\"}").instant("at").is_ok());
    }

    #[test]
    fn texts_are_composed_before_they_are_counted() {
        let fields = fields("{\"n\":\"e\\u0301\"}");
        assert_eq!(fields.words("n", 1..=1).unwrap().as_deref(), Some("é"));
        assert_eq!(fields.text("n", 1..=2).unwrap().as_deref(), Some("e\u{301}"), "a reference stays as it came");
    }

    #[test]
    fn a_key_in_the_wrong_place_is_not_repeated() {
        let key = crate::auth::key_text::generate_org_key();
        let said = shown(&format!("x {} y", key.expose()));
        assert_eq!(said, "\"x dpk_… y\"");
        assert_eq!(shown("dpk_short"), "\"dpk_short\"");
        assert_eq!(shown("whsec_C2FVsBQIhr/cChlQ+MV="), "\"whsec_…=\"");
    }
}
