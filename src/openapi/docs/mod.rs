//! `/docs`: the reference for people, drawn in the browser from `/openapi.json`.
//!
//! One page that loads nothing else: no fonts, no libraries, no other hosts. Its policy lets only its own script run and
//! lets that script talk only with this server.

use poem::{IntoResponse, Response, http::header};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// One script in the order of its parts.
const SCRIPT: &str =
    concat!(include_str!("elements.js"), include_str!("schemas.js"), include_str!("calls.js"), include_str!("page.js"));

/// The page, with a fresh nonce for its script and style.
#[derive(Debug, Clone, Copy, Default)]
pub struct Docs;

impl IntoResponse for Docs {
    fn into_response(self) -> Response {
        let nonce = nonce();
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Response::builder()
            .content_type("text/html; charset=utf-8")
            .header(header::CONTENT_SECURITY_POLICY, policy)
            // A stored page would bring back its old nonce with its old policy, which guards nothing.
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::REFERRER_POLICY, "no-referrer")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .body(PAGE.replace("{nonce}", &nonce).replace("{style}", STYLE).replace("{script}", SCRIPT))
    }
}

fn nonce() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
