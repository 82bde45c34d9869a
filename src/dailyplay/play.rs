//! The page that a player lands on: it validates the token, and consumes it when the player presses Play.
//!
//! One static page for all games and streams of this installation; an operator with games of its own points
//! `sessions.play_url` elsewhere. It calls the public session calls of the same origin and loads nothing else.

use base64::Engine as _;
use poem::{IntoResponse, Response, handler, http::header};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

static PAGE: &str = include_str!("play.html");

/// What the page may do: run its own script, wear its own style, and call this server.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |open: &str, close: &str| {
        let inside = PAGE.split(open).nth(1).and_then(|rest| rest.split(close).next()).unwrap_or_default();
        base64::engine::general_purpose::STANDARD.encode(Sha256::digest(inside.as_bytes()))
    };
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors *",
        hash("<script>", "</script>"),
        hash("<style>", "</style>")
    )
});

/// Answers `GET /play/game/{id}` and `GET /play/stream/{id}`.
#[handler]
pub(crate) fn page() -> Response {
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, POLICY.as_str())
        .header(header::CACHE_CONTROL, "no-cache")
        .body(PAGE)
        .into_response()
}
