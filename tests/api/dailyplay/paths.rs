//! Methods and paths that somebody bends, and the pages that may call from elsewhere.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{KEYS, SESSIONS, Stage, UNKNOWN_TOKEN, refused};
use crate::support::app::send;

/// The status of a request whose target no client library would send.
async fn status_of(stage: &Stage, method: &str, target: &str, more: &str) -> u16 {
    let host = stage.app.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer[9..12].parse().unwrap()
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_answered_with_those_it_knows() {
    let stage = Stage::set().await;
    for (path, allow) in [
        (KEYS.to_owned(), "DELETE, GET, HEAD, OPTIONS, PATCH, POST"),
        (SESSIONS.to_owned(), "OPTIONS, POST"),
        (format!("{SESSIONS}/{UNKNOWN_TOKEN}"), "DELETE, GET, HEAD, OPTIONS"),
        (format!("{SESSIONS}/{UNKNOWN_TOKEN}/consume"), "OPTIONS, POST"),
        ("/play/game/1".to_owned(), "GET, HEAD, OPTIONS"),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"] {
            if allow.contains(method) {
                continue;
            }
            let answer = send(stage.app.request(method, &path)).await;
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
            refused(&answer, 405);
        }
    }
    assert_eq!(status_of(&stage, "CONNECT", SESSIONS, "").await / 100, 4);
}

#[tokio::test]
async fn a_header_does_not_change_the_method() {
    let stage = Stage::set().await;
    let token = stage.ticket().await;
    for header in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let request = stage.app.request("GET", &format!("{SESSIONS}/{token}")).header("x-api-key", &stage.tenant.key);
        let answer = send(request.header(header, "DELETE")).await;
        assert_eq!(answer.body["data"]["status"], "active");
    }
    assert_eq!(stage.validate(&token).await.body["data"]["status"], "active");
}

#[tokio::test]
async fn a_bent_path_leads_nowhere_and_around_nothing() {
    let stage = Stage::set().await;
    let (org, owner) = (stage.tenant.org, stage.app.token(&stage.tenant.owner));
    let query = format!("?org_id={org}");
    let bearer = format!("Authorization: Bearer {owner}\r\n");
    assert_eq!(status_of(&stage, "GET", &format!("{KEYS}{query}"), &bearer).await, 200);
    for path in [
        "//api/org-api-keys",
        "/api//org-api-keys",
        "/api/org-api-keys/",
        "/api/../api/org-api-keys",
        "/./api/org-api-keys",
        "/api/%2e%2e/api/org-api-keys",
        "/api%2Forg-api-keys",
        "/api/org-api-keys;v=1",
        "/API/ORG-API-KEYS",
        "/api/org-api-keys%00",
        "/api/org-api-keys%20",
        "/api/org%2Dapi%2Dkeys/",
        "/api/org-api-keys/sessions/",
        "/api/org-api-keys/sessions//consume",
    ] {
        for more in ["", &bearer] {
            let status = status_of(&stage, "GET", &format!("{path}{query}"), more).await;
            assert!(matches!(status, 400 | 401 | 404 | 405), "{path} got {status}");
        }
    }
}

#[tokio::test]
async fn every_page_may_call_the_public_calls_and_no_page_the_others() {
    let stage = Stage::set().await;
    let token = stage.ticket().await;
    let cases = [
        ("GET", format!("{SESSIONS}/{token}"), true),
        ("GET", format!("{KEYS}?action=validate-session&token={token}"), true),
        ("POST", format!("{SESSIONS}/{token}/consume"), true),
        ("POST", format!("{KEYS}?action=consume-session"), true),
        ("POST", SESSIONS.to_owned(), false),
        ("POST", format!("{KEYS}?action=create-session"), false),
        ("DELETE", format!("{SESSIONS}/{token}"), false),
        ("POST", format!("{KEYS}?action=revoke-session"), false),
        ("GET", format!("{KEYS}?org_id={}", stage.tenant.org), false),
        ("POST", KEYS.to_owned(), false),
        ("PATCH", KEYS.to_owned(), false),
        ("DELETE", format!("{KEYS}?id=1&org_id={}", stage.tenant.org), false),
    ];
    for (method, path, public) in cases {
        let origin = if public { "*" } else { "" };
        let asked = send(
            stage
                .app
                .request("OPTIONS", &path)
                .header("origin", "https://anywhere.example")
                .header("access-control-request-method", method)
                .header("access-control-request-headers", "content-type"),
        )
        .await;
        assert_eq!(
            (asked.status, asked.header("access-control-allow-origin")),
            (if public { 204 } else { 403 }, origin),
            "{method} {path}"
        );
        let sent = send(
            stage
                .app
                .request(method, &path)
                .header("origin", "https://anywhere.example")
                .json(&json!({ "token": "x" })),
        )
        .await;
        assert_eq!(sent.header("access-control-allow-origin"), origin, "{method} {path}: {}", sent.text);
        for answer in [asked, sent] {
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
}
