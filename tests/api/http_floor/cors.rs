//! Which pages may read what.

use super::*;

fn preflight(origin: &str) -> String {
    format!("Origin: {origin}\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-api-key\r\n")
}

#[tokio::test]
async fn configured_pages_may_ask_and_read() {
    let server = Server::start().await;
    let answer = server.ask("OPTIONS /echo", &preflight(ORIGIN)).await;
    assert_eq!(status(&answer), 204);
    assert_eq!(header(&answer, "access-control-allow-origin"), Some(ORIGIN));
    assert!(header(&answer, "access-control-allow-methods").unwrap().contains("PUT"));
    assert!(header(&answer, "access-control-allow-headers").unwrap().contains("x-api-key"));
    assert!(header(&answer, "access-control-max-age").is_some());
    assert_eq!(header(&answer, "access-control-allow-credentials"), None);
    assert!(answer.to_ascii_lowercase().contains("vary: origin\r\n"));

    for path in ["/echo", "/nowhere", "/panic", "/refuse", "/echo?q=%zz"] {
        let answer = server.ask(&format!("GET {path}"), &format!("Origin: {ORIGIN}\r\n")).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), Some(ORIGIN), "{path}");
        assert!(header(&answer, "access-control-expose-headers").unwrap().contains("RateLimit-Policy"));
    }
}

#[tokio::test]
async fn pages_may_send_and_read_every_header_that_the_faces_know() {
    let server = Server::start().await;
    let names = |answer: &str, kind: &str| -> Vec<String> {
        let listed = header(answer, kind).unwrap().split(',').map(|name| name.trim().to_ascii_lowercase());
        listed.collect()
    };
    let answer = server.ask("OPTIONS /echo", &preflight(ORIGIN)).await;
    let allowed = names(&answer, "access-control-allow-headers");
    for name in [
        "accept",
        "accept-profile",
        "authorization",
        "content-profile",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "prefer",
        "range",
        "x-api-key",
        "x-client-info",
        "x-property-id",
    ] {
        assert!(allowed.iter().any(|known| known == name), "{name}");
    }
    let answer = server.ask("GET /echo", &format!("Origin: {ORIGIN}\r\n")).await;
    let exposed = names(&answer, "access-control-expose-headers");
    for name in [
        "content-range",
        "etag",
        "idempotency-replayed",
        "link",
        "location",
        "preference-applied",
        "proxy-status",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-request-id",
        "x-total-count",
    ] {
        assert!(exposed.iter().any(|known| known == name), "{name}");
    }
}

#[tokio::test]
async fn other_pages_are_refused_without_being_named() {
    let server = Server::start().await;
    for origin in [
        "https://evil.com",
        "null",
        "https://play.example.com.evil.com",
        "http://play.example.com",
        "https://play.example.com:8443",
        "https://PLAY.example.com",
        "https://\u{ff}",
        "*",
        "",
    ] {
        let answer = server.ask("OPTIONS /echo", &preflight(origin)).await;
        assert_eq!(status(&answer), 403, "{origin}");
        assert_eq!(header(&answer, "access-control-allow-origin"), None, "{origin}");
        let answer = server.ask("GET /echo", &format!("Origin: {origin}\r\n")).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), None, "{origin}");
        assert_eq!(header(&answer, "vary"), Some("origin"), "{origin}");
    }
    let mut raw = b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: https://".to_vec();
    raw.extend_from_slice(b"\xff\xfe\r\n\r\n");
    let answer = server.exchange(raw).await;
    assert_eq!(status(&answer), 200);
    assert_eq!(header(&answer, "access-control-allow-origin"), None);
}

#[tokio::test]
async fn public_calls_may_be_read_by_every_page_without_credentials() {
    let server = Server::start().await;
    for request in ["OPTIONS /public", "GET /public"] {
        let answer = server.ask(request, &preflight("https://anywhere.example")).await;
        assert!(status(&answer) < 300);
        assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"));
        assert_eq!(header(&answer, "access-control-allow-credentials"), None);
    }
}

#[tokio::test]
async fn a_plain_options_tells_the_methods_of_a_path() {
    let server = Server::start().await;
    let answer = server.ask("OPTIONS /echo", "").await;
    assert_eq!((status(&answer), header(&answer, "allow")), (204, Some("GET, POST, OPTIONS")));
    refusal(&server.ask("OPTIONS /nowhere", "").await, 404);
}

#[test]
fn settings_that_would_match_nothing_or_everything_are_refused() {
    for origin in
        ["*", "null", "https://a.example/", "https://a.example/x", "a.example", "ftp://a.example", "https://A.example"]
    {
        assert!(Cors::new(&[origin.to_owned()], |_, _| false).is_err(), "{origin}");
    }
    for origin in ["https://a.example", "http://localhost:3000", "http://[::1]:3000"] {
        assert!(Cors::new(&[origin.to_owned()], |_, _| false).is_ok(), "{origin}");
    }
}
