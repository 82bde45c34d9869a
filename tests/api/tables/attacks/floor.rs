//! What the floor refuses before a face sees it has the shape of the faces' own errors.

use serde_json::Value;

use super::*;
use crate::support::app::send;

#[tokio::test]
async fn refusals_of_the_floor_have_a_code_under_the_propertys_faces_alone() {
    let stage = Neighbours::meet().await;
    let (long, wide) = ("x".repeat(9 * 1024), "x".repeat(17 * 1024));
    let large = "x".repeat(2 * 1024 * 1024);
    for (method, path, header, body, status, code) in [
        ("GET", &*format!("/api/players?q={long}"), ("a", "b"), "", 414, "uri_too_long"),
        ("GET", "/api/players", ("x-wide", &*wide), "", 431, "headers_too_large"),
        ("POST", "/api/players", ("a", "b"), &*large, 413, "body_too_large"),
        ("POST", "/api/players", ("content-encoding", "gzip"), "{}", 415, "unsupported_media_type"),
        ("PURGE", "/api/players", ("a", "b"), "", 405, "PGRST117"),
        ("TRACE", "/api/players", ("a", "b"), "", 405, "PGRST117"),
        ("DELETE", "/api/batch", ("a", "b"), "", 405, "PGRST117"),
        ("POST", "/api/members", ("a", "b"), "", 405, "PGRST117"),
        ("POST", "/api", ("a", "b"), "", 405, "PGRST117"),
        ("GET", "/api/players?q=%ff", ("a", "b"), "", 400, "bad_request"),
        ("GET", "/api/nowhere", ("a", "b"), "", 404, "PGRST205"),
        ("GET", "/api/players/a/b", ("a", "b"), "", 404, "PGRST125"),
        ("GET", "/api/players/", ("a", "b"), "", 404, "PGRST125"),
    ] {
        let request = stage.app.request(method, path).header("x-api-key", &stage.ours.key).header(header.0, header.1);
        let request = if body.is_empty() { request } else { request.body(body.to_owned()) };
        let answer = send(request).await;
        assert_eq!(refused(&answer, status, path), code, "{method} {path}");
        assert!(status != 405 || !answer.header("allow").is_empty(), "{method} {path}");
    }
    let other = send(stage.app.request("PURGE", "/api/org-api-keys")).await;
    assert_eq!((other.status, &other.body["code"]), (405, &Value::Null));
}

#[tokio::test]
async fn paths_that_only_look_like_tables_are_no_way_round_the_credential() {
    let stage = Neighbours::meet().await;
    let base = stage.app.url.trim_start_matches("http://").to_owned();
    for path in [
        "//api/players",
        "/api//players",
        "/api/./players",
        "/api/../api/players",
        "/api/%2e%2e/api/players",
        "/api/players;v=1",
        "/api/players/",
        "/API/players",
        "/api/Players",
        "/api/players%2f",
        "/api/players%20",
        "/api/%70layers",
        "/api/players%3Flimit=1",
        "/api/players%00",
        "/api\\players",
        "/api/players/..",
        "/api/*/players",
    ] {
        // A client library would tidy the path up, so this one is written by hand.
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = tokio::net::TcpStream::connect(&base).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status: u16 = answer[9..12].parse().unwrap();
        assert!([400, 401, 404].contains(&status), "{path}: {answer}");
    }
}
