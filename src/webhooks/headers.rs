//! An endpoint's own headers: which names and values a tenant may have us send.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::Refusal;

/// Headers that one endpoint may have.
const MOST: usize = 20;
/// Characters of a name.
const LONGEST_NAME: usize = 128;
/// Characters of a value.
const LONGEST_VALUE: usize = 1024;
/// Headers that say how the message is framed and who sends it; each is ours or the connection's.
const OURS: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "date",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];
/// The same for whole families.
const OUR_FAMILIES: &[&str] = &["content-", "proxy-", "sec-", "webhook-", "x-forwarded-"];

/// Headers of these names and values, once each.
///
/// # Errors
///
/// For a name or value that no header has, one that is not the endpoint's to set, a name that comes twice, and more than
/// twenty. The sentence names the header and never its value.
pub fn checked<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let (name, value) = (header_name(name)?, header_value(name, value)?);
        if headers.len() == MOST {
            return Err(Refusal::new(format!("there are more than {MOST}")));
        }
        if headers.contains_key(&name) {
            return Err(Refusal::new(format!("`{name}` comes twice; upper and lower case are the same")));
        }
        headers.insert(name, value);
    }
    Ok(headers)
}

fn header_name(text: &str) -> Result<HeaderName, Refusal> {
    let shown: String = text.chars().take(64).collect();
    let name = HeaderName::from_bytes(text.as_bytes()).ok().filter(|name| name.as_str().len() <= LONGEST_NAME);
    let Some(name) = name else {
        return Err(Refusal::new(format!("`{}` is no name of a header", shown.escape_default())));
    };
    let ours = OURS.contains(&name.as_str()) || OUR_FAMILIES.iter().any(|family| name.as_str().starts_with(family));
    if ours { Err(Refusal::new(format!("`{name}` is set by this server"))) } else { Ok(name) }
}

fn header_value(name: &str, text: &str) -> Result<HeaderValue, Refusal> {
    let fits = text.len() <= LONGEST_VALUE
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.trim_ascii() == text
        && !text.is_empty();
    let value = HeaderValue::from_str(text).ok().filter(|_| fits);
    let mut value = value.ok_or_else(|| {
        Refusal::new(format!(
            "the value of `{name}` is not 1 to {LONGEST_VALUE} printable ASCII characters, without a space at either end"
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Headers as they are sealed.
pub fn to_bytes(headers: &HeaderMap) -> Vec<u8> {
    let pairs: BTreeMap<&str, &str> =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    serde_json::to_vec(&pairs).expect("texts always serialise")
}

/// Headers as [`to_bytes`] wrote them; `None` for anything else.
pub fn from_bytes(bytes: &[u8]) -> Option<HeaderMap> {
    let pairs: BTreeMap<String, String> = serde_json::from_slice(bytes).ok()?;
    checked(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_may_authenticate_us_with_headers_of_its_own() {
        let headers = checked([("Authorization", "Bearer a b"), ("X-Env", "prod"), ("cookie", "a=b; c=d")]).unwrap();
        assert_eq!(headers.len(), 3);
        assert_eq!(headers["authorization"], "Bearer a b");
        assert!(!format!("{headers:?}").contains("Bearer"), "values are never printed");
        let again = from_bytes(&to_bytes(&headers)).unwrap();
        assert_eq!(again, headers);
        assert!(again.values().all(HeaderValue::is_sensitive));
    }

    #[test]
    fn framing_signature_and_sender_are_not_its_to_set() {
        for name in OURS.iter().copied().chain([
            "Host",
            "Content-Type",
            "content-length",
            "Content-Encoding",
            "webhook-id",
            "Webhook-Signature",
            "webhook-anything",
            "Proxy-Authorization",
            "X-Forwarded-For",
            "Transfer-Encoding",
        ]) {
            let refusal = checked([(name, "x")]).unwrap_err().to_string();
            assert_eq!(refusal, format!("`{}` is set by this server", name.to_lowercase()));
        }
    }

    #[test]
    fn names_and_values_are_what_headers_can_be() {
        for name in ["", "a b", "a:b", "ä", "a\r\nb", "\0", &"n".repeat(129)] {
            assert!(checked([(name, "x")]).unwrap_err().to_string().ends_with("is no name of a header"), "{name:?}");
        }
        for value in ["", " x", "x\t", "a\r\nb: c", "a\0", "ä", &"v".repeat(1025)] {
            let refusal = checked([("x-a", value)]).unwrap_err().to_string();
            assert!(refusal.starts_with("the value of `x-a` is not 1 to 1024 printable"), "{value:?}: {refusal}");
        }
        assert!(checked([("x-a", "1"), ("X-A", "2")]).unwrap_err().to_string().contains("comes twice"));
        let names: Vec<String> = (0..21).map(|number| format!("x-{number}")).collect();
        assert!(checked(names.iter().take(20).map(|name| (name.as_str(), "1"))).is_ok());
        assert!(checked(names.iter().map(|name| (name.as_str(), "1"))).is_err());
        assert_eq!(from_bytes(b"{\"host\":\"x\"}"), None);
        assert_eq!(from_bytes(b"nonsense"), None);
    }
}
