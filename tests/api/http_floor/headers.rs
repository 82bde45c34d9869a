//! Headers that decide, and those that every answer carries.

use super::*;

#[tokio::test]
async fn headers_that_decide_may_be_sent_once_only() {
    let server = Server::start().await;
    for name in ["X-Property-Id", "Idempotency-Key", "Content-Type"] {
        let sentence = refusal(&server.ask("GET /echo", &format!("{name}: a\r\n{name}: a\r\n")).await, 400);
        assert!(sentence.contains(name), "{sentence}");
    }
    for headers in [
        "X-Api-Key: a\r\nX-Api-Key: a\r\n",
        "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n",
        "X-Api-Key: a\r\nAuthorization: Bearer b\r\n",
        "X-Api-Key: a\r\nAuthorization: Bearer \u{fc}\r\n",
    ] {
        let answer = server.ask("GET /echo", headers).await;
        refusal(&answer, 401);
        assert!(header(&answer, "www-authenticate").is_some());
    }
    assert_eq!(server.seen(), 0);
    assert_eq!(status(&server.ask("GET /echo", "X-Api-Key: a\r\nAuthorization: Bearer a\r\n").await), 200);
    assert_eq!(status(&server.ask("GET /echo", "Accept: a\r\nAccept: b\r\n").await), 200);
}

#[tokio::test]
async fn compressed_bodies_are_refused_unread() {
    let server = Server::start().await;
    for encoding in ["gzip", "br", "identity, gzip", "GZIP"] {
        refusal(
            &server.ask("POST /echo", &format!("Content-Encoding: {encoding}\r\nContent-Length: 0\r\n")).await,
            415,
        );
    }
    assert_eq!(server.seen(), 0);
    assert_eq!(status(&server.ask("POST /echo", "Content-Encoding: identity\r\nContent-Length: 0\r\n").await), 200);
}

#[tokio::test]
async fn every_answer_tells_browsers_and_caches_to_be_careful() {
    let server = Server::start().await;
    for path in ["/echo", "/nowhere", "/panic", "/refuse"] {
        let answer = server.ask(&format!("GET {path}"), "").await;
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        assert_eq!(header(&answer, "referrer-policy"), Some("no-referrer"));
        assert_eq!(header(&answer, "cache-control"), Some("private, no-store"));
        assert_eq!(header(&answer, "server"), None);
    }
    assert_eq!(header(&server.ask("GET /cached", "").await, "cache-control"), Some("max-age=60"));
}
