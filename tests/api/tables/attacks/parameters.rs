//! F.2: parameters, rows 21 to 29.

use serde_json::Value;

use super::*;

#[tokio::test]
async fn row_21_a_parameter_that_comes_twice_counts_once_or_is_refused() {
    let stage = Neighbours::meet().await;
    for (query, code) in [
        ("limit=1&limit=999", "PGRST100"),
        ("offset=0&offset=1", "PGRST100"),
        ("order=id&order=id.desc", "PGRST100"),
        ("after=a&after=b", "PGRST100"),
    ] {
        let answer = stage.players(query).await;
        // The dialect lets the first of them win; what must not happen is that both half count.
        match answer.status {
            200 => assert_eq!(answer.body.as_array().unwrap().len(), 1, "{query}"),
            _ => assert_eq!(refused(&answer, 400, query), code),
        }
    }
    // Filters come as often as they like, and all of them count.
    assert!(stage.found("status=eq.active&status=eq.closed").await.is_empty());
}

#[tokio::test]
async fn rows_22_and_23_a_limit_is_a_plain_number_or_refused() {
    let stage = Neighbours::meet().await;
    for value in ["2147483648x", "1e3", "0x10", "٥", "NaN", "1.5", "--1", "1,2", "", "null", "١"] {
        for name in ["limit", "offset"] {
            assert_eq!(stage.bad(&pair(name, value)).await, "PGRST100", "{name}={value}");
        }
    }
    for value in ["0", "1", "2147483648", "9223372036854775807"] {
        assert_eq!(stage.players(&format!("limit={value}")).await.status, 200, "{value}");
    }
    for value in ["9223372036854775808", "99999999999999999999999999"] {
        let answer = stage.players(&format!("limit={value}")).await;
        assert!([200, 400].contains(&answer.status), "{value}: {}", answer.text);
    }
    assert_eq!(refused(&stage.players("limit=-1").await, 416, "limit=-1"), "PGRST103");
    assert_eq!(stage.bad("offset=-1").await, "PGRST100");
}

#[tokio::test]
async fn row_24_a_page_behind_everything_is_empty_and_costs_nothing() {
    let stage = Neighbours::meet().await;
    for offset in ["1000000000000", "9223372036854775807"] {
        let answer = stage.players(&format!("offset={offset}")).await;
        assert_eq!((answer.status, &*answer.text), (200, "[]"), "{offset}");
        let answer = stage.players(&format!("offset={offset}&limit=1000")).await;
        assert_eq!((answer.status, &*answer.text), (200, "[]"), "{offset}");
    }
    let counted = [("prefer", "count=exact")];
    let answer = stage.send_with("GET", "/api/players?offset=1000000000000", &counted, &Value::Null).await;
    assert_eq!(refused(&answer, 416, "offset"), "PGRST103");
}

#[tokio::test]
async fn row_25_a_cursor_that_was_not_handed_out_is_refused() {
    let stage = Neighbours::meet().await;
    let cursor_of = |answer: &Answer| {
        let link = answer.header("link");
        let after = link.split_once("after=").unwrap_or_else(|| panic!("no cursor in {link:?}")).1;
        after.split(['&', '>']).next().unwrap().to_owned()
    };
    let cursor = cursor_of(&stage.players("limit=1").await);
    let request = stage.app.request("GET", "/api/players?limit=1").header("x-api-key", &stage.theirs.key);
    let foreign = cursor_of(&crate::support::app::send(request).await);
    let flipped = |at: usize| {
        let mut bytes = cursor.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let wrong = [
        foreign,
        flipped(0),
        flipped(cursor.len() / 2),
        cursor[1..].to_owned(),
        cursor[..cursor.len() - 1].to_owned(),
        cursor[..8].to_owned(),
        format!("{cursor}AAAA"),
        cursor.to_uppercase(),
        "*".to_owned(),
        "null".to_owned(),
        "e30".to_owned(),
        encoded("[\"2020-01-01\",\"x\"]").into_owned(),
    ];
    for wrong in wrong {
        assert_eq!(stage.bad(&format!("limit=1&after={wrong}")).await, "cursor_invalid", "{wrong}");
    }
    for other in ["order=id.desc", "order=external_id", "order=created_at.desc"] {
        assert_eq!(stage.bad(&format!("{other}&limit=1&after={cursor}")).await, "cursor_invalid", "{other}");
    }
    let answer = stage.ask("GET", &format!("/api/segments?limit=1&after={cursor}")).await;
    assert_eq!(refused(&answer, 400, "segments"), "cursor_invalid");
    assert!(stage.found(&format!("limit=1&after={cursor}")).await.is_empty());
}

#[tokio::test]
async fn rows_26_and_27_text_that_is_no_text_is_refused_wherever_it_stands() {
    let stage = Neighbours::meet().await;
    for query in [
        "external_id=eq.%ff",
        "external_id=eq.%zz",
        "external_id=eq.%",
        "external_id=eq.%0",
        "%ff=eq.a",
        "q=%c3%28",
        "external_id=eq.a%00b",
        "q=%00",
        "select=%00",
        "order=id%00",
        "or=(external_id.eq.%00)",
        "limit=1%00",
        "attributes-%3E%3Ea%00=eq.b",
        "external_id=in.(a,%00)",
        "tags=cs.{%00}",
        "after=%00",
        "external_id=like.%ED%A0%80",
    ] {
        stage.bad(query).await;
    }
    for path in ["/api/players/%00", "/api/players/%ff", "/api/%00", "/api/pla%zzyers"] {
        let answer = stage.ask("GET", path).await;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.text);
        civil(&answer, path);
        shaped(&answer, path);
    }
    for body in [
        r#"{"external_id":"a\u0000b"}"#,
        r#"{"external_id":"nul","attributes":{"a":"b\u0000c"}}"#,
        r#"{"external_id":"nul","attributes":{"a\u0000":1}}"#,
        r#"{"external_id":"nul","attributes":"\u0000"}"#,
        r#"{"external_id":"nul","tags":["a\u0000"]}"#,
        r#"{"external_id":"nul","tags":"{a\u0000}"}"#,
        r#"{"external_id\u0000":"nul"}"#,
        r#"{"external_id":"\ud800"}"#,
        r#"{"external_id":"nul","attributes":{"a":"\udc00"}}"#,
    ] {
        refused(&stage.raw("application/json", body).await, 400, body);
        let many = format!("[{body},{body}]");
        refused(&stage.raw("application/json", many).await, 400, body);
    }
    refused(&stage.raw("text/csv", "external_id\na\0b\n").await, 400, "csv");
    refused(&stage.raw("application/json", vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']).await, 400, "utf8");
    refused(&stage.raw("text/csv", vec![b'e', 0xff, b'\n', b'a', b'\n']).await, 400, "utf8");
    let request = stage.app.request("POST", "/api/players/query").header("x-api-key", &stage.ours.key);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    for query in [
        b"external_id=eq.%00".to_vec(),
        b"external_id=eq.\xff".to_vec(),
        b"external_id=eq.%ff".to_vec(),
        b"q=\0".to_vec(),
    ] {
        let answer = crate::support::app::send(request.try_clone().unwrap().body(query)).await;
        refused(&answer, 400, "query");
    }
}

#[tokio::test]
async fn row_29_what_nobody_knows_is_refused_and_not_ignored() {
    let stage = Neighbours::meet().await;
    for (query, code) in [
        ("stauts.eq=active", "42703"),
        ("stauts=eq.active", "42703"),
        ("page=eq.2", "42703"),
        ("page=2", "PGRST100"),
        ("per_page=10", "PGRST100"),
        ("status=active", "PGRST100"),
        ("select=stauts", "42703"),
        ("order=stauts", "42703"),
        ("Limit=1", "PGRST100"),
        ("consents.status=eq.granted", "PGRST108"),
    ] {
        assert_eq!(stage.bad(query).await, code, "{query}");
    }
}
