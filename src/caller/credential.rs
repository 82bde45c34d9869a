//! Which text of which header is the credential.

use poem::Request;

use crate::auth::key_text;

/// What a request to the property's face shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential<'a> {
    /// A key of a property, of the right form; whether it exists is not known.
    Key(&'a str),
    /// What may be a user's token.
    Token(&'a str),
}

/// The one credential of a request: `X-Api-Key` with a `pk_` key, or `Authorization: Bearer` with a key or a token.
///
/// The floor has refused repeated headers and two headers that differ. What remains is one text, perhaps twice.
pub(crate) fn of(request: &Request) -> Option<Credential<'_>> {
    let headers = request.headers();
    let authorization = match headers.get("authorization") {
        Some(header) => Some(bearer_text(header.to_str().ok()?)?),
        None => None,
    };
    match (headers.get("x-api-key"), authorization) {
        (Some(header), with) => {
            let key = property_key(header.to_str().ok()?)?;
            with.is_none_or(|text| text == key).then_some(Credential::Key(key))
        }
        (None, Some(text)) if is_key(text) => property_key(text).map(Credential::Key),
        (None, Some(text)) => Some(Credential::Token(text)),
        (None, None) => None,
    }
}

/// The token of a `Bearer` credential; keys are not tokens.
pub(crate) fn bearer(header: &str) -> Option<&str> {
    bearer_text(header).filter(|text| !is_key(text))
}

fn bearer_text(header: &str) -> Option<&str> {
    let (scheme, text) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !text.contains([' ', ','])).then_some(text)
}

fn is_key(text: &str) -> bool {
    text.starts_with(key_text::ORG_KEY_PREFIX) || text.starts_with(key_text::PROPERTY_KEY_PREFIX)
}

fn property_key(text: &str) -> Option<&str> {
    key_text::is_property_key(text).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)]) -> Option<String> {
        let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        of(&request.finish()).map(|credential| format!("{credential:?}"))
    }

    #[test]
    fn one_text_is_read_from_either_header() {
        let (key, other) = (key_text::generate_property_key(), key_text::generate_property_key());
        let (key, other, org) = (key.expose(), other.expose(), key_text::generate_org_key());
        let (bearer, org) = (format!("Bearer {key}"), org.expose());
        let is_key = Some(format!("Key({key:?})"));
        assert_eq!(read(&[("x-api-key", key)]), is_key);
        assert_eq!(read(&[("authorization", &bearer)]), is_key);
        assert_eq!(read(&[("authorization", &format!("bearer {key}"))]), is_key);
        assert_eq!(read(&[("x-api-key", key), ("authorization", &bearer)]), is_key);
        assert_eq!(read(&[("authorization", "Bearer a.b.c")]), Some("Token(\"a.b.c\")".to_owned()));
        for wrong in [
            vec![],
            vec![("x-api-key", "")],
            vec![("x-api-key", "a.b.c")],
            vec![("x-api-key", org)],
            vec![("x-api-key", other), ("authorization", &bearer)],
            vec![("x-api-key", key), ("authorization", "Bearer a.b.c")],
            vec![("x-api-key", key), ("authorization", key)],
            vec![("x-api-key", &key[..51])],
            vec![("authorization", key)],
            vec![("authorization", &format!("Basic {key}"))],
            vec![("authorization", &format!("Bearer {org}"))],
            vec![("authorization", &format!("Bearer  {key}"))],
            vec![("authorization", &format!("Bearer {key},{key}"))],
            vec![("authorization", "Bearer pk_short")],
            vec![("apikey", key)],
            vec![("cookie", key)],
        ] {
            assert_eq!(read(&wrong), None, "{wrong:?}");
        }
    }
}
