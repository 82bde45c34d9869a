//! What is told when something goes wrong.

use super::*;

#[tokio::test]
async fn a_panic_is_answered_and_its_connection_lives() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /panic HTTP/1.1\r\nHost: a\r\nX-Request-Id: p-1\r\n\r\nGET /id HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let both = read_to_end(&mut stream).await;
    let (first, second) = both.split_at(both.rfind("HTTP/1.1 ").unwrap());
    assert_eq!(refusal(first, 500), "Internal server error");
    assert_eq!(body(first)["request_id"], "p-1");
    assert!(!first.contains("broken"));
    assert_eq!(status(second), 200);
}

#[tokio::test]
async fn failures_tell_the_request_id_and_nothing_of_the_inside() {
    let server = Server::start().await;
    for path in ["/fail", "/fail-known"] {
        let answer = server.ask(&format!("GET {path}"), "").await;
        assert_eq!(refusal(&answer, 500), "Internal server error");
        assert_eq!(body(&answer)["request_id"].as_str(), header(&answer, "x-request-id"));
        assert!(!answer.contains("postgres"));
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_given_up_and_its_connection_lives() {
    let server = Server::with(Limits { answer_timeout: Duration::from_millis(100), ..Limits::default() }).await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\nGET /id HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let both = read_to_end(&mut stream).await;
    let (first, second) = both.split_at(both.rfind("HTTP/1.1 ").unwrap());
    assert_eq!(refusal(first, 503), "The answer took too long, try again");
    assert!(header(first, "retry-after").is_some());
    assert_eq!(status(second), 200);
}

#[tokio::test]
async fn errors_carry_codes_where_clients_read_them() {
    let server = Server::start().await;
    let length = "Content-Length: 999999999\r\n";
    let (wide, long) = (format!("X-Wide: {}\r\n", "x".repeat(17 * 1024)), "x".repeat(9 * 1024));
    for (line, headers, status, code) in [
        ("GET /api/coded/nowhere", "", 404, "not_found"),
        ("PURGE /api/coded/nowhere", "", 405, "PGRST117"),
        ("POST /api/coded", length, 413, "body_too_large"),
        (&*format!("GET /api/coded/{long}"), "", 414, "uri_too_long"),
        ("POST /api/coded", "Content-Encoding: gzip\r\n", 415, "unsupported_media_type"),
        ("GET /api/coded", &wide, 431, "headers_too_large"),
        ("GET /api/coded?q=%ff", "", 400, "bad_request"),
        ("GET /api/coded", "X-Api-Key: a\r\nX-Api-Key: b\r\n", 401, "unauthorized"),
    ] {
        let answer = server.ask(line, headers).await;
        let sentence = refusal(&answer, status);
        assert_eq!((&body(&answer)["code"], &body(&answer)["message"]), (&code.into(), &sentence.into()), "{line}");
        assert_eq!(header(&answer, "proxy-status"), Some(&*format!("PostgREST; error={code}")));
        let other = server.ask(&line.replacen("/api/coded", "/other", 1), headers).await;
        assert!(body(&other).get("code").is_none(), "{other}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let server = Server::start().await;
    assert_eq!(refusal(&server.ask("GET /nowhere", "").await, 404), "No such path");
    let answer = server.ask("GET /method", "").await;
    refusal(&answer, 405);
    assert_eq!(header(&answer, "allow"), Some("GET, POST, OPTIONS"));
    let answer = server.ask("DELETE /api/count", "").await;
    refusal(&answer, 405);
    assert!(header(&answer, "allow").is_some());
    assert_eq!(
        (body(&answer)["code"].as_str(), header(&answer, "proxy-status")),
        (Some("PGRST117"), Some("PostgREST; error=PGRST117"))
    );
    assert_eq!(refusal(&server.ask("GET /refuse", "").await, 403), "Not yours");
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_explained_in_words() {
    let server = Server::start().await;
    for (query, expected) in [
        ("", "Parameter \"limit\" is missing"),
        ("?limit=abc", "Parameter \"limit\" must be a whole number"),
        ("?limit=99999999999", "Parameter \"limit\" must be a whole number"),
        ("?limit=1&tier=Gold", "Parameter \"tier\" does not fit: Expect a valid enumeration value."),
    ] {
        assert_eq!(refusal(&server.ask(&format!("GET /api/count{query}"), "").await, 400), expected);
    }
    assert_eq!(status(&server.ask("GET /api/count?limit=5", "").await), 200);
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_explained_in_words() {
    let server = Server::start().await;
    for (sent, expected) in [
        ("{", "The body cannot be read: EOF while parsing an object at line 1 column 1"),
        ("", "The body must be of another type, found null"),
        (r#"{"name":"a","amount":"b"}"#, "The body must be a whole number, found \"b\""),
        (r#"{"name":"toolong","amount":1}"#, "The body does not fit: field `name` verification failed. maxLength(5)"),
    ] {
        let request = format!(
            "POST /api/things HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{sent}",
            sent.len()
        );
        let sentence = refusal(&server.exchange(request).await, 400);
        assert_eq!(sentence, expected, "{sent}");
    }
    let answer = server.ask("POST /api/things", "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}").await;
    refusal(&answer, 415);
}
