//! Where one request ends and the next begins.

use super::*;

#[tokio::test]
async fn a_request_smuggled_behind_a_chunked_body_is_never_answered() {
    let server = Server::start().await;
    let answer = server
        .exchange(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n\
             0\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .await;
    assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{answer}");
    assert_eq!(status(&answer), 400);
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn lengths_that_can_be_read_in_two_ways_are_refused() {
    let server = Server::start().await;
    for length in
        ["Content-Length: 4\r\nContent-Length: 5", "Content-Length: +12", "Content-Length: -1", "Content-Length: 4, 5"]
    {
        let answer = server.exchange(format!("POST /echo HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\nabcd")).await;
        assert_eq!(status(&answer), 400, "{length}");
    }
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn transfer_encodings_other_than_chunked_are_refused() {
    let server = Server::start().await;
    for line in ["Transfer-Encoding: xchunked", "Transfer-Encoding : chunked", "Transfer-Encoding: chunked, gzip"] {
        let answer = server.exchange(format!("POST /echo HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n0\r\n\r\n")).await;
        assert_eq!(status(&answer), 400, "{line}");
    }
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn lines_that_end_in_a_bare_line_feed_are_refused() {
    let server = Server::start().await;
    for head in ["GET /echo HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n", "GET /echo HTTP/1.1\nHost: a\n\n"] {
        let answer = server.exchange(head).await;
        assert_eq!(status(&answer), 400);
        assert_eq!(body(&answer)["success"], false);
    }
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn folded_header_lines_are_refused() {
    let server = Server::start().await;
    let answer = server.exchange("GET /echo HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n").await;
    assert_eq!(status(&answer), 400);
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn a_request_names_exactly_one_host() {
    let server = Server::start().await;
    for head in [
        "GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n",
        "GET /echo HTTP/1.1\r\n",
        "GET /echo HTTP/1.1\r\nHost:\r\n",
        "GET /echo HTTP/1.1\r\nHost: a/b\r\n",
        "GET http://evil.example/echo HTTP/1.1\r\nHost: good.example\r\n",
    ] {
        let sentence = refusal(&server.exchange(format!("{head}Connection: close\r\n\r\n")).await, 400);
        assert!(sentence.contains("ost"), "{sentence}");
    }
    assert_eq!(server.seen(), 0);
    for head in ["GET /echo HTTP/1.0\r\n", "GET http://Good.example/echo HTTP/1.1\r\nHost: good.example\r\n"] {
        assert_eq!(status(&server.exchange(format!("{head}Connection: close\r\n\r\n")).await), 200, "{head}");
    }
}

#[tokio::test]
async fn header_blocks_that_are_too_many_or_too_long_get_431() {
    let server = Server::start().await;
    let many: String = (0..101).map(|number| format!("X-{number}: a\r\n")).collect();
    for headers in [many, format!("X-Long: {}\r\n", "a".repeat(300_000)), format!("X-Long: {}\r\n", "a".repeat(17_000))]
    {
        assert_eq!(status(&server.ask("GET /echo", &headers).await), 431);
    }
    assert_eq!(server.seen(), 0);
    assert_eq!(status(&server.ask("GET /echo", &format!("X-Long: {}\r\n", "a".repeat(8_000))).await), 200);
}

#[tokio::test]
async fn addresses_that_are_too_long_get_414() {
    let server = Server::start().await;
    for length in [9_000, 64 * 1024 - 100, 64 * 1024, 70_000] {
        let answer = server.ask(&format!("GET /echo?q={}", "a".repeat(length)), "").await;
        assert_eq!(status(&answer), 414, "{length}");
    }
    assert_eq!(server.seen(), 0);
    assert_eq!(status(&server.ask(&format!("GET /echo?q={}", "a".repeat(8_000)), "").await), 200);
}

#[tokio::test]
async fn methods_that_nobody_knows_get_405_and_overrides_are_ignored() {
    let server = Server::start().await;
    for method in ["TRACE", "FOO", "PROPFIND"] {
        let answer = server.ask(&format!("{method} /echo"), "").await;
        refusal(&answer, 405);
        assert_eq!(header(&answer, "allow"), Some("GET, POST, OPTIONS"), "{method}");
    }
    let answer = server.exchange("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nConnection: close\r\n\r\n").await;
    refusal(&answer, 405);
    assert!(header(&answer, "allow").is_some());
    assert_eq!(server.seen(), 0);
    let answer = server.ask("GET /echo", "X-HTTP-Method-Override: DELETE\r\n").await;
    assert_eq!(body(&answer)["method"], "GET");
    assert_eq!(body(&server.ask("QUERY /echo", "").await)["method"], "QUERY");
}

#[tokio::test]
async fn spellings_of_a_path_reach_nothing_but_the_path_itself() {
    let server = Server::start().await;
    for path in
        ["//echo", "/x/../echo", "/%2e%2e/echo", "/echo;v=1", "/echo/", "/ECHO", "/echo%00", "/echo%", "/%zz", "/%ff"]
    {
        let answer = server.ask(&format!("GET {path}"), "").await;
        assert!(matches!(status(&answer), 400 | 404), "{path}: {answer}");
        assert_eq!(body(&answer)["success"], false);
    }
}

#[tokio::test]
async fn queries_that_are_not_text_are_refused() {
    let server = Server::start().await;
    for query in ["s=%ff", "s=%zz", "s=a%00b", "s=%", "s=%c3&t=%a9", "%00=a"] {
        let sentence = refusal(&server.ask(&format!("GET /echo?{query}"), "").await, 400);
        assert_eq!(sentence, "The query is not valid percent-encoded UTF-8", "{query}");
    }
    assert_eq!(server.seen(), 0);
    assert_eq!(status(&server.ask("GET /echo?s=%C3%A9+%25", "").await), 200);
}

#[tokio::test]
async fn lines_cannot_be_injected_through_the_request_id() {
    let server = Server::start().await;
    for id in ["a b", "a\tb", "%0d%0aX: y", "é", &"a".repeat(129)] {
        let answer = server.ask("GET /id", &format!("X-Request-Id: {id}\r\n")).await;
        let given = header(&answer, "x-request-id").unwrap();
        assert_eq!(given.len(), 36, "{id}: {given}");
        assert_eq!(answer.split_once("\r\n\r\n").unwrap().1, given);
    }
    let answer = server.ask("GET /id", "X-Request-Id: shop.42_a-B\r\n").await;
    assert_eq!(header(&answer, "x-request-id"), Some("shop.42_a-B"));
}
