//! Refuses what two readers could understand differently, before any face reads it.

use poem::{
    Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header},
};

use super::{Allow, Limits};
use crate::error::ApiError;

/// What a path that nobody knows is said to allow.
pub(super) const ALL_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY";

static X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
static X_PROPERTY_ID: HeaderName = HeaderName::from_static("x-property-id");
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Lets a request pass or says why not.
///
/// # Errors
///
/// 400, 401, 405, 414, 415 or 431, as the checks below say.
pub(super) fn check(request: &Request, limits: &Limits, allow: &Allow) -> Result<(), ApiError> {
    known_method(request.method(), request.uri(), allow)?;
    size(request.uri(), request.headers(), limits)?;
    one_host(request.version(), request.uri(), request.headers())?;
    readable_uri(request.uri())?;
    no_doubles(request.headers())?;
    one_credential(request.headers())?;
    identity_encoding(request.headers())
}

/// The override headers that some frameworks honour are ignored, so the method is what the request line says.
fn known_method(method: &Method, uri: &Uri, allow: &Allow) -> Result<(), ApiError> {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => {
            Ok(())
        }
        _ if method.as_str() == "QUERY" => Ok(()),
        _ => Err(ApiError::method_not_allowed(allow(uri.path()).as_deref().unwrap_or(ALL_METHODS))),
    }
}

fn size(uri: &Uri, headers: &HeaderMap, limits: &Limits) -> Result<(), ApiError> {
    if uri.path_and_query().is_some_and(|text| text.as_str().len() > limits.max_uri_bytes) {
        let sentence = format!("The path and query are too long; at most {} bytes are read", limits.max_uri_bytes);
        return Err(ApiError::new(StatusCode::URI_TOO_LONG, sentence));
    }
    // Each line is written with a colon, a space and a line end.
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > limits.max_header_bytes {
        let sentence = format!("The headers are too long; at most {} bytes are read", limits.max_header_bytes);
        return Err(ApiError::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, sentence));
    }
    Ok(())
}

fn one_host(version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(ApiError::bad_request("The header Host may be sent once only"));
    }
    let Some(host) = host else {
        return if version == Version::HTTP_11 {
            Err(ApiError::bad_request("The header Host is missing"))
        } else {
            Ok(())
        };
    };
    let is_plausible =
        !host.is_empty() && host.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte));
    if !is_plausible {
        return Err(ApiError::bad_request("The header Host is not a host name"));
    }
    match uri.authority() {
        Some(authority) if !authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()) => {
            Err(ApiError::bad_request("The request's target and its header Host name different hosts"))
        }
        _ => Ok(()),
    }
}

fn readable_uri(uri: &Uri) -> Result<(), ApiError> {
    if !is_readable(uri.path()) {
        return Err(ApiError::bad_request("The path is not valid percent-encoded UTF-8"));
    }
    if !is_readable(uri.query().unwrap_or_default()) {
        return Err(ApiError::bad_request("The query is not valid percent-encoded UTF-8"));
    }
    Ok(())
}

/// Whether text can be decoded without loss, to text without NUL.
fn is_readable(text: &str) -> bool {
    if !text.contains('%') {
        return true;
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let value = match byte {
            b'%' => match (bytes.next().and_then(hex), bytes.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return false,
            },
            _ => byte,
        };
        if value == 0 {
            return false;
        }
        decoded.push(value);
    }
    std::str::from_utf8(&decoded).is_ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn no_doubles(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    let is_double = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
    if is_double(&header::AUTHORIZATION) || is_double(&X_API_KEY) {
        return Err(ApiError::unauthorized());
    }
    for (name, title) in [
        (&X_PROPERTY_ID, "X-Property-Id"),
        (&IDEMPOTENCY_KEY, "Idempotency-Key"),
        (&header::CONTENT_TYPE, "Content-Type"),
        (&header::CONTENT_LENGTH, "Content-Length"),
    ] {
        if is_double(name) {
            return Err(ApiError::bad_request(format!("The header {title} may be sent once only")));
        }
    }
    Ok(())
}

/// Two different credentials would leave it to each reader whom to believe; the same one twice is harmless.
fn one_credential(headers: &HeaderMap) -> Result<(), ApiError> {
    let (Some(key), Some(authorization)) = (headers.get(&X_API_KEY), headers.get(header::AUTHORIZATION)) else {
        return Ok(());
    };
    let token = |value: &HeaderValue| -> Option<String> {
        let text = value.to_str().ok()?.trim();
        Some(text.split_once(' ').map_or(text, |(_scheme, token)| token.trim()).to_owned())
    };
    match token(authorization) {
        Some(token) if token.as_bytes() == key.as_bytes() => Ok(()),
        _ => Err(ApiError::unauthorized()),
    }
}

fn identity_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    let is_identity = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().all(is_identity) {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Compressed bodies are not read; send the body as it is"))
}
