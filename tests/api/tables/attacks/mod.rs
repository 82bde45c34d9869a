//! Hostile and broken requests, each row of the list with its number; the tables' contract goes before the list.
//!
//! Whatever comes in, what goes out is an answer: below 500, in the one shape of errors, and silent about the inside.

mod bodies;
mod browsers;
mod filters;
mod floor;
mod fuzz;
mod limits;
mod names;
mod operators;
mod parameters;
mod tenants;

use std::borrow::Cow;

use serde_json::Value;

use super::neighbours::{Neighbours, pair};
use crate::support::app::Answer;

/// Words that tell of the inside: of libraries, of SQL, of the schema's hidden half.
const INSIDE: &[&str] = &[
    "SELECT ",
    "INSERT INTO",
    "DELETE FROM",
    "LATERAL",
    "RETURNING",
    "json_agg",
    "row_to_json",
    "to_jsonb",
    " AS \"",
    "current_property",
    "playhouse_app",
    "search_text",
    "organization_id",
    "key_hash",
    "poem",
    "hyper",
    "tokio",
    "sea_",
    "sqlx",
    "serde",
    "winnow",
    "moka",
    "panicked",
    "backtrace",
    ".rs:",
    "Option<",
    "Some(",
    "None)",
    "playhouse::",
];

/// An answer that anybody may get for anything: no failure of ours, nothing of the inside, errors in their one shape.
/// Words of the inside that the caller sent may come back to the caller.
fn civil(answer: &Answer, sent: &str) {
    assert!(answer.status < 500, "{sent}: {} {}", answer.status, answer.text);
    silent(answer, sent);
    if answer.status >= 400 && !answer.text.is_empty() {
        shaped(answer, sent);
    }
}

/// Nothing of the inside is in an answer.
fn silent(answer: &Answer, sent: &str) {
    let decoded = percent_encoding::percent_decode_str(sent).decode_utf8_lossy();
    for word in INSIDE.iter().filter(|word| !sent.contains(**word) && !decoded.contains(**word)) {
        assert!(!answer.text.contains(word), "{sent}: {word:?} in {}", answer.text);
        for (name, value) in &answer.headers {
            assert!(!String::from_utf8_lossy(value.as_bytes()).contains(word), "{sent}: {word:?} in {name}");
        }
    }
}

/// The error has all members that clients of both families read, and names itself in the header too.
fn shaped(answer: &Answer, sent: &str) {
    let members = answer.body.as_object().unwrap_or_else(|| panic!("{sent}: no object but {}", answer.text));
    for name in ["success", "error", "code", "message", "details", "hint"] {
        assert!(members.contains_key(name), "{sent}: no {name} in {}", answer.text);
    }
    assert_eq!(members["success"], false, "{sent}");
    assert_eq!(members["message"], members["error"], "{sent}");
    let code = members["code"].as_str().unwrap_or_else(|| panic!("{sent}: {}", answer.text));
    assert_eq!(answer.header("proxy-status"), format!("PostgREST; error={code}"), "{sent}");
    assert_ne!(answer.header("x-request-id"), "", "{sent}");
    let sentence = members["error"].as_str().unwrap();
    assert!((1..=1000).contains(&sentence.len()), "{sent}: {sentence}");
}

/// A refusal of this status; its code.
fn refused<'a>(answer: &'a Answer, status: u16, sent: &str) -> &'a str {
    assert_eq!(answer.status, status, "{sent}: {}", answer.text);
    civil(answer, sent);
    shaped(answer, sent);
    answer.body["code"].as_str().unwrap()
}

/// A value of a query string, encoded.
fn encoded(value: &str) -> Cow<'_, str> {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).into()
}

impl Neighbours {
    /// What a query on players is answered with.
    async fn players(&self, query: &str) -> Answer {
        let answer = self.ask("GET", &format!("/api/players?{query}")).await;
        civil(&answer, query);
        answer
    }

    /// A query on players that is refused as a bad one; its code.
    async fn bad(&self, query: &str) -> String {
        refused(&self.players(query).await, 400, query).to_owned()
    }

    /// The ids of the players that a query finds.
    async fn found(&self, query: &str) -> Vec<Value> {
        let answer = self.players(query).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        answer.body.as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
    }

    /// A body that makes a player, as it is; what it is answered with.
    async fn raw(&self, media: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.app.request("POST", "/api/players").header("x-api-key", &self.ours.key);
        let request = if media.is_empty() { request } else { request.header("content-type", media) };
        crate::support::app::send(request.body(body)).await
    }
}
