//! How the text of a setting becomes its value; numbers and switches arrive as text from variables, as TOML from files.
//!
//! An error says only what is wrong with the value; `layers` adds the name, the origin and the line of the manual.

use std::{net::IpAddr, str::FromStr, time::Duration};

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use ipnet::IpNet;
use poem::http::Uri;
use serde::{Deserialize, Deserializer, de::Error};

use crate::secret::Secret;

/// Most members that `webhooks.schedule` may have.
const SCHEDULE_LENGTH: usize = 50;
/// Longest wait in `webhooks.schedule`, in seconds.
const LONGEST_WAIT: u64 = 30 * 86_400;

fn parsed<'de, D: Deserializer<'de>, T>(
    source: D,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    parse(String::deserialize(source)?.trim()).map_err(D::Error::custom)
}

/// An empty text unsets, so that a file can take back what another file set.
fn maybe<'de, D: Deserializer<'de>, T>(
    source: D,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, D::Error> {
    parsed(source, |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) })
}

fn list<'de, D: Deserializer<'de>, T>(
    source: D,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        Joined(String),
        Apart(Vec<String>),
    }
    let texts = match Texts::deserialize(source)? {
        Texts::Joined(text) => text.split(',').map(str::to_owned).collect(),
        Texts::Apart(texts) => texts,
    };
    texts
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .map(parse)
        .collect::<Result<_, _>>()
        .map_err(D::Error::custom)
}

fn from_str<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// A whole number between two bounds, both allowed.
pub(super) fn between<'de, D: Deserializer<'de>, T: TryFrom<u64>, const MIN: u64, const MAX: u64>(
    source: D,
) -> Result<T, D::Error> {
    parsed(source, |text| {
        let number: u64 = text.parse().map_err(|_| "it is no whole number".to_owned())?;
        let outside = || format!("it lies outside {MIN} to {MAX}");
        if (MIN..=MAX).contains(&number) { T::try_from(number).map_err(|_| outside()) } else { Err(outside()) }
    })
}

/// Anything that is written as one text: an address, a switch, a format.
pub(super) fn text<'de, D: Deserializer<'de>, T: FromStr<Err: ToString>>(source: D) -> Result<T, D::Error> {
    parsed(source, from_str)
}

/// The same for a setting that may be absent.
pub(super) fn optional<'de, D: Deserializer<'de>, T: FromStr<Err: ToString>>(source: D) -> Result<Option<T>, D::Error> {
    maybe(source, from_str)
}

/// Texts of any kind.
pub(super) fn texts<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    list(source, from_str)
}

/// Networks; a lone address is a network of one.
pub(super) fn networks<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<IpNet>, D::Error> {
    list(source, |text| match text.parse::<IpAddr>() {
        Ok(address) => Ok(IpNet::from(address)),
        Err(_) => text.parse().map_err(|_| format!("`{text}` is no address and no CIDR range")),
    })
}

/// Origins as browsers write them: lower case, without a path and without the scheme's own port.
pub(super) fn origins<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    list(source, |text| {
        let wrong = |reason: String| format!("`{text}` is no origin: {reason}");
        let uri = web_uri(text).map_err(wrong)?;
        if uri.path() != "/" || uri.query().is_some() {
            return Err(wrong("it ends after host and port".to_owned()));
        }
        let origin = text.trim_end_matches('/').to_ascii_lowercase();
        let own_port = if uri.scheme_str() == Some("https") { ":443" } else { ":80" };
        Ok(origin.strip_suffix(own_port).unwrap_or(&origin).to_owned())
    })
}

/// An http or https address, kept to the letter.
pub(super) fn web_address<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    maybe(source, |text| web_uri(text).map(|_| text.to_owned()))
}

/// An http or https address that paths can be appended to.
pub(super) fn base_address<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    maybe(source, |text| match web_uri(text)?.query() {
        None => Ok(text.trim_end_matches('/').to_owned()),
        Some(_) => Err("it has a query".to_owned()),
    })
}

fn web_uri(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|_| "it is no address".to_owned())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("it does not begin with http:// or https://".to_owned());
    }
    match uri.authority() {
        Some(authority) if authority.host().is_empty() || authority.as_str().contains('@') => {
            Err("it needs a host, without user and password".to_owned())
        }
        Some(_) if text.contains('#') => Err("it has a fragment".to_owned()),
        Some(_) => Ok(uri),
        None => Err("it has no host".to_owned()),
    }
}

/// The address of a Postgres server; its password keeps it out of every message.
pub(super) fn postgres<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Secret>, D::Error> {
    maybe(source, |text| with_scheme(text, &["postgres://", "postgresql://"]))
}

/// The address of a mail server.
pub(super) fn smtp<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Secret>, D::Error> {
    maybe(source, |text| with_scheme(text, &["smtp://", "smtps://"]))
}

fn with_scheme(text: &str, schemes: &[&str]) -> Result<Secret, String> {
    if schemes.iter().any(|scheme| text.starts_with(scheme)) {
        Ok(Secret::new(text))
    } else {
        Err(format!("it does not begin with {}", schemes.join(" or ")))
    }
}

/// A secret of any form.
pub(super) fn secret<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Secret>, D::Error> {
    maybe(source, |text| Ok(Secret::new(text)))
}

/// A key of 32 bytes as base64, in either alphabet, padded or not.
pub(super) fn key<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Secret>, D::Error> {
    maybe(source, |text| {
        let reader = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let is_key = |alphabet| GeneralPurpose::new(alphabet, reader).decode(text).is_ok_and(|key| key.len() == 32);
        if is_key(&STANDARD) || is_key(&URL_SAFE) {
            Ok(Secret::new(text))
        } else {
            Err("it is not the base64 of exactly 32 bytes".to_owned())
        }
    })
}

/// The pattern of play links.
pub(super) fn play_url<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    parsed(source, |text| {
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let end = rest[open..].find('}').ok_or("a brace is left open")? + open + 1;
            let placeholder = &rest[open..end];
            if !["{base}", "{kind}", "{id}", "{token}"].contains(&placeholder) {
                return Err(format!("`{placeholder}` is no placeholder"));
            }
            rest = &rest[end..];
        }
        if text.contains("{token}") { Ok(text.to_owned()) } else { Err("{token} is missing".to_owned()) }
    })
}

/// Waits such as `5s,5m,2h,1d`.
pub(super) fn schedule<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Duration>, D::Error> {
    let waits = list(source, |text| {
        let wrong = || format!("`{text}` is no wait");
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
        if (1..=LONGEST_WAIT).contains(&seconds) { Ok(Duration::from_secs(seconds)) } else { Err(wrong()) }
    })?;
    if waits.len() <= SCHEDULE_LENGTH { Ok(waits) } else { Err(D::Error::custom("it has too many members")) }
}

/// Directives that the log understands.
pub(super) fn filter<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    parsed(source, |text| match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    })
}
