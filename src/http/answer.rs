//! Turns whatever went wrong into the one error body, readable for the caller and silent about the inside.

use std::any::Any;

use poem::{
    IntoResponse, Response,
    error::ReadBodyError,
    http::{StatusCode, Uri},
};
use poem_openapi::{
    OperationId,
    error::{ParseMultipartError, ParseParamError, ParsePathError, ParseRequestPayloadError},
};

use super::{Allow, ExtraHeaders, RequestId, guard::ALL_METHODS};
use crate::error::ApiError;

/// Characters of a sentence; what a client sent can be part of it.
const LONGEST_SENTENCE: usize = 300;

/// Words that tell a reader about our inside and nothing about the request.
const INSIDE: &[&str] = &[
    "::", "Option<", "Vec<", "f32", "f64", "hyper", "i128", "i16", "i32", "i64", "isize", "panicked", "poem",
    "sea_orm", "serde", "sqlx", "tokio", "u128", "u16", "u32", "u64", "usize",
];

pub(super) fn no_such_path() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "No such path")
}

/// The answer to a request whose handling ended in an error.
pub(super) fn from_error(
    error: poem::Error,
    uri: &Uri,
    allow: &Allow,
    coded: fn(&str) -> bool,
    id: &RequestId,
) -> Response {
    let told = |error: ApiError| if coded(uri.path()) { error.with_code_of_status() } else { error }.into_response();
    let operation = error.data::<OperationId>().copied();
    let extra = error.data::<ExtraHeaders>().cloned();
    let mut response = match error.downcast::<ApiError>() {
        Ok(error) if error.status_code() == StatusCode::INTERNAL_SERVER_ERROR => {
            told(error.with_request_id(id.as_str()))
        }
        Ok(error) => told(error),
        Err(error) if error.is_from_response() => error.into_response(),
        Err(error) => told(translate(&error, uri, allow, id)),
    };
    if let Some(ExtraHeaders(headers)) = extra {
        response.headers_mut().extend(headers);
    }
    if let Some(operation) = operation {
        response.set_data(operation);
    }
    response
}

/// The answer to a request whose handling panicked.
pub(super) fn from_panic(panic: &(dyn Any + Send), uri: &Uri, coded: fn(&str) -> bool, id: &RequestId) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let path = super::log::path(uri);
    tracing::error!(request_id = id.as_str(), %path, panic = text.unwrap_or("without text"), "a request panicked");
    let error = ApiError::internal().with_request_id(id.as_str());
    if coded(uri.path()) { error.with_code_of_status() } else { error }.into_response()
}

fn translate(error: &poem::Error, uri: &Uri, allow: &Allow, id: &RequestId) -> ApiError {
    let status = error.status();
    match status {
        StatusCode::UNAUTHORIZED => ApiError::unauthorized(),
        StatusCode::NOT_FOUND => no_such_path(),
        StatusCode::METHOD_NOT_ALLOWED => {
            ApiError::method_not_allowed(allow(uri.path()).as_deref().unwrap_or(ALL_METHODS))
        }
        StatusCode::REQUEST_TIMEOUT => ApiError::new(status, "The request did not arrive in time"),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(status, "The body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ApiError::new(status, "This media type is not read here; send application/json")
        }
        _ if status.is_client_error() => ApiError::new(status, sentence(error)),
        _ => {
            tracing::error!(request_id = id.as_str(), %error, detail = ?error, "a request failed");
            ApiError::internal().with_request_id(id.as_str())
        }
    }
}

fn sentence(error: &poem::Error) -> String {
    let sentence = if let Some(error) = error.downcast_ref::<ParseParamError>() {
        complaint(&format!("Parameter {:?}", error.name), &error.reason)
    } else if let Some(error) = error.downcast_ref::<ParsePathError>() {
        complaint(&format!("Parameter {:?} in the path", error.name), &error.reason)
    } else if let Some(error) = error.downcast_ref::<ParseRequestPayloadError>() {
        complaint("The body", &error.reason)
    } else if let Some(error) = error.downcast_ref::<ParseMultipartError>() {
        complaint("The body", &error.reason)
    } else if error.is::<ReadBodyError>() {
        "The body cannot be read".to_owned()
    } else {
        error.to_string()
    };
    if sentence.is_empty() || INSIDE.iter().any(|word| sentence.contains(word)) {
        return error.status().canonical_reason().unwrap_or("The request cannot be carried out").to_owned();
    }
    match sentence.char_indices().nth(LONGEST_SENTENCE) {
        Some((end, _)) => format!("{}…", &sentence[..end]),
        None => sentence,
    }
}

/// Says in words what the parser of the OpenAPI types says about a value.
fn complaint(subject: &str, reason: &str) -> String {
    let reason = reason.split(" (occurred while parsing").next().unwrap_or(reason);
    if reason.ends_with("expects an input value.") {
        return format!("{subject} is missing");
    }
    if let Some((kind, cause)) = reason.strip_prefix("failed to parse \"").and_then(|rest| rest.split_once("\": ")) {
        return match noun(kind) {
            Some(noun) => format!("{subject} must be {noun}"),
            None => format!("{subject} does not fit: {cause}"),
        };
    }
    let found = reason.strip_prefix("Expected input type \"").and_then(|rest| rest.split_once("\", found "));
    if let Some((kind, found)) = found {
        let noun = noun(kind).unwrap_or("of another type");
        return format!("{subject} must be {noun}, found {}", found.trim_end_matches('.'));
    }
    match reason.strip_prefix("verification failed. ") {
        Some(limit) => format!("{subject} is outside its limits: {limit}"),
        None => format!("{subject} cannot be read: {reason}"),
    }
}

fn noun(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "boolean" => "true or false",
        "object" => "an object",
        "string" => "a text",
        "string_date" => "a date",
        "string_date-time" | "string_naive-date-time" => "a time as RFC 3339 writes it",
        "string_uuid" => "a UUID",
        _ if kind.starts_with("integer") => "a whole number",
        _ if kind.starts_with("number") => "a number",
        _ if kind.starts_with("[") || kind.starts_with("array") => "an array",
        _ => return None,
    })
}
