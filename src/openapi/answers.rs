//! The answers that operations share, and the headers that come with them.

use serde_json::{Map, Value, json};

/// An answer that many operations can give.
pub(super) struct Answer {
    pub(super) status: &'static str,
    /// Its name among the components.
    pub(super) name: &'static str,
    description: &'static str,
    /// An `error` sentence as it really is sent.
    sentence: &'static str,
    headers: &'static [&'static str],
    pub(super) given: Given,
}

/// Which operations can give an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    Always,
    /// Those that take parameters or a body.
    WithInput,
    WithBody,
    /// Those that want a credential.
    Secured,
    /// Those that want a key, whose quota is told in headers.
    Keyed,
    /// All that want no key.
    Unkeyed,
}

const REQUEST_ID: &str = "X-Request-Id";
const RETRY_AFTER: &str = "Retry-After";

/// The schema of every error's body.
pub(super) const ERROR: &str = "#/components/schemas/ErrorResponse";

/// What every answer to a key tells about its quota.
pub(super) const QUOTA: [&str; 5] =
    ["RateLimit-Policy", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

#[rustfmt::skip]
pub(super) const ANSWERS: [Answer; 12] = [
    answer("400", "BadRequest", Given::WithInput, "A parameter, header or body member is missing or does not fit; the sentence names it", "Missing or invalid parameters"),
    answer("401", "Unauthorized", Given::Secured, "No credential, or one that does not hold", "Missing or invalid credentials"),
    answer("403", "Forbidden", Given::Secured, "The credential holds, but not for this", "This credential does not have the right to do that"),
    answer("408", "RequestTimeout", Given::Always, "The request did not arrive in time", "The request did not arrive in time"),
    answer("413", "ContentTooLarge", Given::Always, "The body is larger than what is read", "The body is too large"),
    answer("414", "UriTooLong", Given::Always, "The address is longer than what is read", "The URI is too long"),
    answer("415", "UnsupportedMediaType", Given::WithBody, "The body is not of a media type that is read here", "The body must be application/json"),
    Answer { headers: &[RETRY_AFTER, QUOTA[0], QUOTA[1], QUOTA[2], QUOTA[3], QUOTA[4]], ..answer("429", "RateLimited", Given::Keyed, "The quota of the key is used up; `Retry-After` and `retry_after` tell for how long", "Rate limit exceeded") },
    Answer { headers: &[RETRY_AFTER], ..answer("429", "Throttled", Given::Unkeyed, "Too many calls from this address; `Retry-After` and `retry_after` tell for how long", "Rate limit exceeded") },
    answer("431", "HeadersTooLarge", Given::Always, "The headers are larger than what is read", "The headers are too large"),
    answer("500", "InternalError", Given::Always, "A fault of this server; `request_id` is what to report", "Internal server error"),
    Answer { headers: &[RETRY_AFTER], ..answer("503", "Unavailable", Given::Always, "The database is away or the server is full; the same request may succeed after `Retry-After`", "The database cannot be reached now, try again") },
];

const fn answer(
    status: &'static str,
    name: &'static str,
    given: Given,
    description: &'static str,
    sentence: &'static str,
) -> Answer {
    Answer { status, name, description, sentence, headers: &[], given }
}

impl Answer {
    /// The answer as a component.
    pub(super) fn component(&self) -> Value {
        let mut headers = Map::new();
        add_headers(&mut headers, &[REQUEST_ID]);
        add_headers(&mut headers, self.headers);
        json!({
            "description": self.description,
            "headers": headers,
            "content": { "application/json": { "schema": { "$ref": ERROR }, "example": example(self.status, self.sentence) } },
        })
    }
}

/// An error as it is sent: in the words of `ANSWERS` where a status has only one sentence, else with the one given.
pub(super) fn example(status: &str, sentence: &str) -> Value {
    let only = ANSWERS.iter().find(|answer| answer.status == status && matches!(status, "401" | "429" | "500"));
    let sentence = only.map_or(sentence, |answer| answer.sentence);
    let mut example = json!({ "success": false, "error": sentence });
    match status {
        "429" => example["retry_after"] = json!(12),
        "500" => example["request_id"] = json!("0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10"),
        _ => {}
    }
    example
}

/// Adds what an operation's own answer carries to its headers.
pub(super) fn head(headers: &mut Map<String, Value>, status: &str, keyed: bool) {
    add_headers(headers, &[REQUEST_ID]);
    if matches!(status, "429" | "503") {
        add_headers(headers, &[RETRY_AFTER]);
    }
    if keyed && !matches!(status, "401" | "500" | "503") {
        add_headers(headers, &QUOTA);
    }
}

fn add_headers(headers: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        if !headers.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            headers.insert((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
        }
    }
}

/// Every header as a component.
pub(super) fn headers() -> Map<String, Value> {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string", "example": example } });
    let number = |description: &str, example: u64| json!({ "description": description, "schema": { "type": "integer", "format": "int64", "example": example } });
    let headers = [
        (
            REQUEST_ID,
            text(
                "Names this request in the log of the server; report it with a fault",
                "0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10",
            ),
        ),
        (RETRY_AFTER, number("Whole seconds after which the same request may succeed", 12)),
        (
            QUOTA[0],
            text(
                "The quotas of the key: requests `q` in a window of `w` seconds",
                "\"minute\";q=60;w=60, \"day\";q=10000;w=86400",
            ),
        ),
        (
            QUOTA[1],
            text(
                "What is left of them: requests `r`, and seconds `t` until the window ends",
                "\"minute\";r=59;t=42, \"day\";r=9999;t=53210",
            ),
        ),
        (QUOTA[2], number("The quota of the window that is closest to being used up", 60)),
        (QUOTA[3], number("What is left in that window", 59)),
        (QUOTA[4], number("When that window ends, in Unix seconds", 1_771_329_600)),
    ];
    headers.into_iter().map(|(name, header)| (name.to_owned(), header)).collect()
}

/// The body of every error.
pub(super) fn error_response() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was not carried out",
        "required": ["success", "error"],
        "properties": {
            "success": { "type": "boolean", "description": "Always false", "example": false },
            "error": { "type": "string", "description": "The reason, as a sentence", "example": "Description of what went wrong" },
            "retry_after": { "type": "integer", "format": "int64", "description": "Whole seconds to wait; with 429 only" },
            "request_id": { "type": "string", "description": "Names the request in the log of the server; with 500 only" },
        },
    })
}
