//! F.8: browsers, what is written out, and calls that come twice: rows 114 to 120 and 125.

use serde_json::{Value, json};

use super::*;
use crate::support::{app::send, database};

const PAGE: &str = "https://console.example.com";
const ALLOWED: (&str, &str) = ("PLAYHOUSE_SERVER__CORS_ORIGINS", PAGE);

#[tokio::test]
async fn rows_114_to_116_only_configured_pages_may_read_and_ask() {
    let stage = Neighbours::meet_with(&[ALLOWED], "ours", "theirs").await;
    let strangers: [&[u8]; 7] = [
        b"https://evil.com",
        b"null",
        b"https://console.example.com.evil.com",
        b"http://console.example.com",
        b"https://\xff",
        b"*",
        b"https://console.example.com, https://evil.com",
    ];
    for origin in strangers {
        let origin = reqwest::header::HeaderValue::from_bytes(origin).unwrap();
        for path in ["/api/players", "/api/nowhere", "/api/players?limit=x", "/api"] {
            let request = stage.app.request("GET", path).header("x-api-key", &stage.ours.key).header("origin", &origin);
            let answer = send(request).await;
            assert_eq!(answer.headers.get("access-control-allow-origin"), None, "{origin:?}");
            assert!(answer.header("vary").to_lowercase().contains("origin"), "{path}");
            let request = stage.app.request("OPTIONS", path).header("origin", &origin);
            let request = request.header("access-control-request-method", "PUT");
            let answer = send(request.header("access-control-request-headers", "x-api-key")).await;
            assert_eq!(refused(&answer, 403, path), "forbidden");
            assert_eq!(answer.headers.get("access-control-allow-origin"), None, "{origin:?}");
        }
    }
    for path in ["/api/players", "/api/players/1", "/api/batch", "/api/players/query", "/api"] {
        let request = stage.app.request("OPTIONS", path).header("origin", PAGE);
        let answer = send(request.header("access-control-request-method", "PATCH")).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, PAGE), "{path}");
        assert_eq!(answer.headers.get("access-control-allow-credentials"), None);
        for name in
            ["prefer", "range", "x-property-id", "idempotency-key", "if-match", "x-client-info", "content-profile"]
        {
            assert!(answer.header("access-control-allow-headers").contains(name), "{name}");
        }
    }
    for (path, status) in [("/api/players", 200), ("/api/nowhere", 404), ("/api/players?limit=x", 400)] {
        let request = stage.app.request("GET", path).header("x-api-key", &stage.ours.key).header("origin", PAGE);
        let answer = send(request).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, PAGE));
        for name in ["Content-Range", "Link", "ETag", "Proxy-Status", "RateLimit-Policy", "X-Total-Count"] {
            assert!(answer.header("access-control-expose-headers").contains(name), "{name}");
        }
    }
}

#[tokio::test]
async fn row_117_no_cache_keeps_an_answer_and_no_header_of_a_proxy_writes_a_link() {
    let stage = Neighbours::meet().await;
    for index in 0..3 {
        let row = json!({ "external_id": format!("page {index}") });
        assert_eq!(stage.send("POST", "/api/players", &row).await.status, 201);
    }
    let poison = [("x-forwarded-host", "evil.com"), ("forwarded", "host=evil.com"), ("x-original-url", "/evil")];
    for path in [
        "/api/players?limit=1",
        "/api",
        "/api/whoami",
        "/api/players/nobody",
        "/api/nowhere",
        "/api/players?limit=1&select=external_id.count(),tier",
    ] {
        let answer = stage.send_with("GET", path, &poison, &Value::Null).await;
        assert_eq!(answer.header("cache-control"), "private, no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.text.contains("evil") && !answer.header("link").contains("evil"), "{path}");
    }
    let link = stage.ask("GET", "/api/players?limit=1").await.header("link").to_owned();
    let next = link.trim_start_matches('<').split('>').next().unwrap();
    assert!(next.starts_with(&stage.app.app.base_url), "{link}");
}

#[tokio::test]
async fn row_118_formulas_in_csv_are_harmless_where_that_is_asked_for() {
    let stage = Neighbours::meet().await;
    let cells = [
        "=HYPERLINK(\"http://evil\")",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\tx",
        "\rx",
        "=1",
        "plain",
        "a,b",
        "say \"hi\"",
        "two\nlines",
    ];
    for (index, cell) in cells.iter().enumerate() {
        let row = json!({ "external_id": format!("csv {index}"), "first_name": cell, "adt": -5.5 });
        assert_eq!(stage.send("POST", "/api/players", &row).await.status, 201);
    }
    let path = "/api/players?select=first_name,adt&external_id=like.csv*&order=external_id";
    let answer = stage.send_with("GET", path, &[("accept", "text/csv;formulas=escaped")], &Value::Null).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv;formulas=escaped; charset=utf-8"));
    let mut fields = answer.text.lines().filter(|line| line.contains(",-5.5"));
    assert!(
        fields.all(|field| !field.trim_start_matches('"').starts_with(['=', '+', '-', '@', '\t', '\r'])),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("'=HYPERLINK") && answer.text.contains("'+1+1"), "{}", answer.text);
    let plain = stage.send_with("GET", path, &[("accept", "text/csv")], &Value::Null).await;
    assert!(!plain.text.contains('\''), "{}", plain.text);
    let renamed = format!("{path}&first_name=eq.plain").replace("first_name,adt", &encoded("\"=1+1\":first_name"));
    let answer = stage.send_with("GET", &renamed, &[("accept", "text/csv;formulas=escaped")], &Value::Null).await;
    civil(&answer, &renamed);
    assert!(!answer.text.starts_with('='), "{}", answer.text);
}

#[tokio::test]
async fn row_119_line_ends_in_values_end_no_header() {
    let stage = Neighbours::meet().await;
    let evil = "x\r\nSet-Cookie: a=b\r\n\r\n<html>";
    for query in [
        pair("external_id", &format!("eq.{evil}")),
        pair("select", &format!("\"{evil}\":id")),
        pair("order", evil),
        pair(evil, "eq.1"),
        pair("q", evil),
        pair("after", evil),
        pair("limit", evil),
        pair("or", &format!("(first_name.eq.\"{evil}\")")),
        format!("limit=1&{}", pair("first_name", &format!("not.eq.{evil}"))),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = stage.ask(method, &format!("/api/players?{query}")).await;
            assert!([200, 400].contains(&answer.status), "{query}: {}", answer.status);
            assert_eq!(answer.headers.get("set-cookie"), None, "{query}");
        }
    }
    let path = format!("/api/players/{}", encoded(evil));
    refused(&stage.ask("GET", &path).await, 400, &path);
    let path = format!("/api/{}", encoded(evil));
    let answer = stage.ask("GET", &path).await;
    refused(&answer, 404, &path);
    assert!(answer.headers.get("set-cookie").is_none() && !answer.error().contains('\n'), "{}", answer.text);
    for name in ["X-Request-Id", "Prefer", "Idempotency-Key", "Accept", "If-Match", "Range", "Content-Profile"] {
        let request = stage.app.request("POST", "/api/players").header("x-api-key", &stage.ours.key);
        let request = request.header(name, reqwest::header::HeaderValue::from_bytes(b"a\x80\xffb").unwrap());
        let answer = send(request.json(&json!({ "external_id": name }))).await;
        civil(&answer, name);
        assert_ne!(answer.header("x-request-id"), "", "{name}");
    }
}

#[tokio::test]
async fn row_120_markup_in_names_goes_out_as_json() {
    let stage = Neighbours::meet().await;
    let name = "<img src=x onerror=alert(1)>";
    let made = stage.send("POST", "/api/segments", &json!({ "name": name })).await;
    assert_eq!((made.status, &made.body["name"]), (201, &json!(name)));
    for path in [
        format!("/api/segments?name=eq.{}", encoded(name)),
        format!("/api/segments?{}", pair(name, "eq.1")),
        format!("/api/{}", encoded(name)),
    ] {
        let answer = stage.send_with("GET", &path, &[("accept", "text/html,*/*")], &Value::Null).await;
        assert!(
            answer.header("content-type").starts_with("application/json"),
            "{path}: {}",
            answer.header("content-type")
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn row_125_an_idempotency_key_is_one_call_of_one_credential() {
    let stage = Neighbours::meet().await;
    let (first, other) = (json!({ "name": "once" }), json!({ "name": "twice" }));
    let key = [("idempotency-key", "\"a-key\"")];
    let made = stage.send_with("POST", "/api/segments", &key, &first).await;
    assert_eq!((made.status, made.header("idempotency-replayed")), (201, ""));
    for spelling in ["\"a-key\"", "a-key"] {
        let again = stage.send_with("POST", "/api/segments", &[("idempotency-key", spelling)], &first).await;
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
        assert_eq!((again.text, again.headers.get("location")), (made.text.clone(), made.headers.get("location")));
    }
    for path in ["/api/segments", "/api/segments?select=id"] {
        let answer = stage.send_with("POST", path, &key, &other).await;
        assert_eq!(refused(&answer, 422, path), "idempotency_key_reused");
    }
    // Another credential, another tenant and another route know nothing of it.
    for credential in [&stage.theirs.key] {
        let request = stage.app.request("POST", "/api/segments").header("x-api-key", credential);
        let answer = send(request.header("idempotency-key", "a-key").json(&first)).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, ""));
        assert_ne!(answer.body["id"], made.body["id"]);
        assert_eq!(answer.body["property_id"], json!(stage.theirs.tenant.property));
    }
    let templates = stage.send_with("POST", "/api/templates", &key, &first).await;
    assert_eq!((templates.status, templates.header("idempotency-replayed")), (201, ""), "{}", templates.text);
    let segments = stage.ask("GET", "/api/segments?name=eq.once&select=id").await;
    assert_eq!(segments.body, json!([{ "id": made.body["id"] }]));
    let refusal = stage.send_with("POST", "/api/segments", &[("idempotency-key", "bad")], &json!({ "nam": 1 })).await;
    assert_eq!(refusal.status, 400);
    let again = stage.send_with("POST", "/api/segments", &[("idempotency-key", "bad")], &json!({ "nam": 1 })).await;
    assert_eq!((again.status, &again.text, again.header("idempotency-replayed")), (400, &refusal.text, "true"));
}

#[tokio::test]
async fn row_125_a_malformed_idempotency_key_is_refused_and_one_in_flight_is_told_so() {
    let stage = Neighbours::meet().await;
    let body = json!({ "name": "keyed" });
    for key in ["", "\"\"", " ", "a b", "\"a", "a\"b", &"x".repeat(256), "ключ"] {
        let request = stage.app.request("POST", "/api/segments").header("x-api-key", &stage.ours.key);
        let value = reqwest::header::HeaderValue::from_bytes(key.as_bytes()).unwrap();
        let answer = send(request.header("idempotency-key", value).json(&body)).await;
        assert_eq!(refused(&answer, 400, key), "idempotency_key_invalid");
    }
    let request = stage.app.request("POST", "/api/segments").header("x-api-key", &stage.ours.key).json(&body);
    let answer = send(request.header("idempotency-key", "a").header("idempotency-key", "b")).await;
    refused(&answer, 400, "two keys");
    // The call waits for the row that somebody else holds, and its twin comes in the meantime.
    let db = database::owner(&stage.app.database_url).await;
    let held = sea_orm::TransactionTrait::begin(&db).await.unwrap();
    let row = stage.ours.id("players");
    let lock = format!("select from players where id = '{row}' for update");
    sea_orm::ConnectionTrait::execute_unprepared(&held, &lock).await.unwrap();
    let merge = [("idempotency-key", "slow"), ("prefer", "resolution=merge-duplicates")];
    let body = json!({ "id": row, "external_id": "merged" });
    let slow = stage.send_with("POST", "/api/players", &merge, &body);
    let twin = async {
        loop {
            let waiting =
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
            if database::number(&stage.app.database_url, waiting).await > 0 {
                break stage.send_with("POST", "/api/players", &merge, &body).await;
            }
        }
    };
    let release = async {
        let twin = twin.await;
        held.rollback().await.unwrap();
        twin
    };
    let (slow, twin) = tokio::join!(slow, release);
    assert_eq!(refused(&twin, 409, "in flight"), "idempotency_in_flight");
    assert_eq!(slow.status, 200, "{}", slow.text);
    db.close().await.unwrap();
}
