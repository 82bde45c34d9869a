//! F.2: bodies and what they are read as, rows 31 to 41.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn row_30_of_twins_in_an_object_the_last_one_counts() {
    let stage = Neighbours::meet().await;
    let answer = stage.raw("application/json", r#"{"external_id":"a","tier":1,"external_id":"b"}"#).await;
    assert_eq!((answer.status, &answer.body["external_id"]), (201, &json!("b")), "{}", answer.text);
    let twins = format!(
        r#"{{"external_id":"c","property_id":"{}","property_id":"{}"}}"#,
        stage.theirs.tenant.property, stage.ours.tenant.property
    );
    let answer = stage.raw("application/json", twins).await;
    assert!(answer.status == 403 || answer.body["property_id"] == json!(stage.ours.tenant.property), "{}", answer.text);
}

#[tokio::test]
async fn row_31_unknown_members_of_bodies_are_refused() {
    let stage = Neighbours::meet().await;
    for body in [
        json!({ "external_id": "a", "extrenal": 1 }),
        json!({ "external_id": "a", "": 1 }),
        json!([{ "external_id": "a", "x": 1 }]),
    ] {
        let answer = stage.send("POST", "/api/players", &body).await;
        assert_eq!(refused(&answer, 400, &body.to_string()), "PGRST204");
    }
    for body in [
        json!({}),
        json!({ "operations": [], "more": 1 }),
        json!({ "operations": [{ "method": "GET", "path": "/players", "id": 1 }] }),
    ] {
        refused(&stage.send("POST", "/api/batch", &body).await, 400, &body.to_string());
    }
}

#[tokio::test]
async fn row_32_what_is_nested_too_deep_is_refused() {
    let stage = Neighbours::meet().await;
    for depth in [200, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            refused(&stage.raw("application/json", nested.clone()).await, 400, "nested");
            refused(
                &stage.raw("application/json", format!("{{\"external_id\":\"d\",\"attributes\":{nested}}}")).await,
                400,
                "nested",
            );
        }
    }
    for depth in [9, 100] {
        let tree = format!("{}id.not.is.null{}", "and(".repeat(depth), ")".repeat(depth));
        stage.bad(&format!("or=({tree})")).await;
        let select = format!("{}*{}", "consents(players(".repeat(depth), "))".repeat(depth));
        stage.bad(&format!("select={select}")).await;
    }
}

#[tokio::test]
async fn rows_33_to_35_numbers_and_documents_that_do_not_fit_are_refused() {
    let stage = Neighbours::meet().await;
    for (member, value) in [
        ("visits", "1.5"),
        ("visits", "\"x\""),
        ("visits", "2147483648"),
        ("visits", "1e400"),
        ("visits", "NaN"),
        ("visits", "true"),
        ("visits", "{}"),
        ("visits", "[1]"),
        ("visits", "\"\""),
        ("visits", "9007199254740993"),
        ("adt", "1e400"),
        ("adt", "\"abc\""),
        ("adt", "Infinity"),
        ("adt", "\"NaN\""),
        ("adt", "1e18"),
        ("adt", "[]"),
        ("birth_date", "\"2020-13-01\""),
        ("birth_date", "20200101.5"),
        ("birth_date", "{}"),
        ("tags", "[[\"a\"],[\"b\"]]"),
        ("tags", "\"a\""),
        ("tags", "{\"a\":1}"),
        ("tags", "1"),
        ("id", "\"x\""),
        ("id", "1"),
        ("id", "\"{01900000-0000-7000-8000-00000000000a}\""),
        ("last_visit_at", "\"yesterday\""),
        ("last_visit_at", "1700000000"),
        ("status", "\"gone\""),
        ("external_id", "\"\""),
    ] {
        let body = format!("{{\"external_id\":\"n\",\"{member}\":{value}}}");
        refused(&stage.raw("application/json", body.clone()).await, 400, &body);
    }
    for body in [
        "",
        " ",
        "null",
        "1",
        "\"x\"",
        "true",
        "{",
        "[",
        "]",
        "{}x",
        "[{}",
        "{\"a\"}",
        "{\"external_id\":}",
        "{'external_id':'a'}",
        "{\"external_id\":\"a\"}{\"external_id\":\"b\"}",
        "[null]",
        "[1]",
        "[[]]",
        "[{\"external_id\":\"a\"},null]",
        "\u{feff}{\"external_id\":\"a\"}",
        "{\"external_id\":\"a\",}",
        "// {}",
        "{}",
        "[{}]",
    ] {
        let answer = stage.raw("application/json", body).await;
        refused(&answer, 400, body);
    }
    let answer = stage.raw("application/json", "[]").await;
    assert_eq!((answer.status, &*answer.text), (201, "[]"));
    // The dialect lets a number come as text, as its clients send the great ones.
    let answer = stage.raw("application/json", r#"{"external_id":"text","visits":"7","adt":"1.50"}"#).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert!(answer.text.contains("\"visits\":7,") && answer.text.contains("\"adt\":1.50,"), "{}", answer.text);
}

#[tokio::test]
async fn row_36_only_json_and_csv_in_utf_8_are_read() {
    let stage = Neighbours::meet().await;
    for media in [
        "application/json; charset=utf-16",
        "text/plain",
        "application/x-json",
        "multipart/form-data; boundary=x",
        "text/html",
        "application/xml",
        "application/octet-stream",
        "json",
        "application/json, text/plain",
        "text/csv; charset=latin1",
        "application/x-www-form-urlencoded",
    ] {
        refused(&stage.raw(media, "{\"external_id\":\"m\"}").await, 415, media);
    }
    for media in ["", "application/json", "application/json; charset=utf-8", "APPLICATION/JSON;charset=\"UTF-8\""] {
        let body = format!("{{\"external_id\":\"m{}\"}}", media.len());
        assert_eq!(stage.raw(media, body).await.status, 201, "{media}");
    }
}

#[tokio::test]
async fn row_37_bodies_have_bounds() {
    let stage = Neighbours::meet().await;
    let rows = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    refused(&stage.raw("application/json", rows(10_001)).await, 400, "rows");
    let long = "x".repeat(300_000);
    for member in ["external_id", "first_name", "email", "zip"] {
        let body = json!({ "external_id": "long", member: long });
        refused(&stage.send("POST", "/api/players", &body).await, 400, member);
    }
    let many: serde_json::Map<_, _> = (0..10_000).map(|index| (format!("key{index}"), json!(index))).collect();
    refused(&stage.send("POST", "/api/players", &json!(many)).await, 400, "columns");
    let answer = stage.send("POST", "/api/players", &json!({ "external_id": "many", "attributes": many })).await;
    civil(&answer, "attributes");
    refused(&stage.raw("application/json", "x".repeat(2 * 1024 * 1024)).await, 413, "large");
    let tags = json!({ "external_id": "tags", "tags": vec!["t"; 50_000] });
    civil(&stage.send("POST", "/api/players", &tags).await, "tags");
}

#[tokio::test]
async fn rows_38_and_40_strange_text_is_kept_as_it_is() {
    let stage = Neighbours::meet().await;
    let strange = [
        "\u{202e}live\u{202c}",
        "a\u{200b}b",
        "раураl",
        &"x\u{301}".repeat(60),
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\r\nSet-Cookie: a=b",
        "<script>alert(1)</script>",
        "'; drop table players; --",
        "\\x27",
        "%00",
        "$1",
        "{{7*7}}",
        "\t",
        "\u{fffe}\u{10ffff}",
        "\"",
        "\\",
    ];
    for (index, text) in strange.iter().enumerate() {
        let attributes = json!({ "__proto__": text, "constructor": { "prototype": 1 }, (*text): 1, "toString": null });
        let body = json!({ "external_id": format!("strange {index} {text}"), "first_name": text, "tags": [text], "attributes": attributes });
        let made = stage.send("POST", "/api/players", &body).await;
        assert_eq!(made.status, 201, "{text:?}: {}", made.text);
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&made.body[name], value, "{text:?}");
        }
        let found = stage.found(&pair("external_id", &format!("eq.strange {index} {text}"))).await;
        assert_eq!(found, [made.body["id"].clone()], "{text:?}");
        let found =
            stage.found(&format!("{}&id=eq.{}", pair("first_name.eq", text), made.body["id"].as_str().unwrap())).await;
        assert_eq!(found.len(), 1, "{text:?}");
        assert_eq!(made.headers.get("set-cookie"), None);
    }
}

#[tokio::test]
async fn row_38_texts_are_kept_composed_and_found_in_either_spelling() {
    let stage = Neighbours::meet().await;
    let (apart, composed) = ("Jose\u{301}", "José");
    let row = json!({
        "external_id": apart, "tags": [apart, "plain"], "first_name": "\u{202e}\u{200b}оp",
        "attributes": { "name": apart },
    });
    let answer = stage.send("POST", "/api/players", &row).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!((&answer.body["external_id"], &answer.body["tags"]), (&json!(composed), &json!([composed, "plain"])));
    assert_eq!(answer.body["first_name"], row["first_name"], "what only looks alike stays what it is");
    assert_eq!(answer.body["attributes"], row["attributes"], "JSON stays as it came");
    for (column, value) in [
        ("external_id", format!("eq.{apart}")),
        ("external_id", format!("eq.{composed}")),
        ("external_id", format!("in.({apart})")),
        ("external_id", format!("ilike.*{apart}")),
        ("external_id", format!("match.^{apart}$")),
        ("external_id", format!("eq(any).{{{apart}}}")),
        ("tags", format!("cs.{{{apart}}}")),
        ("attributes->>name", format!("eq.{apart}")),
        ("q", apart.to_owned()),
    ] {
        let answer = stage.ask("GET", &format!("/api/players?select=external_id&{}", pair(column, &value))).await;
        assert_eq!(answer.body, json!([{ "external_id": composed }]), "{column}={value}: {}", answer.text);
    }
    let again = stage.send("POST", "/api/players", &json!({ "external_id": composed })).await;
    assert_eq!(refused(&again, 409, "the same word in another spelling"), "23505");
    let csv = format!("external_id,tags\nZoe\u{308},\"{{{apart}}}\"\n");
    let answer = stage.raw("text/csv", csv).await;
    assert_eq!((answer.status, &answer.body[0]["external_id"]), (201, &json!("Zoë")), "{}", answer.text);
    assert_eq!(answer.body[0]["tags"], json!([composed]));
    let grapheme = format!("e{}", "\u{301}".repeat(300));
    let answer = stage.send("POST", "/api/players", &json!({ "external_id": grapheme })).await;
    assert_eq!(refused(&answer, 400, "one letter of 301 characters"), "23514");
}

#[tokio::test]
async fn row_39_dates_that_do_not_exist_are_refused() {
    let stage = Neighbours::meet().await;
    for value in [
        "0000-00-00",
        "+1000000-01-01",
        "2020-02-30",
        "2021-02-29T00:00:00Z",
        "2020-01-01T25:00:00Z",
        "2020-01-01T00:00:00+25:00",
        "now",
        "infinity",
        "-infinity",
        "epoch",
        "today",
        "tomorrow",
        "allballs",
        "1",
        "",
        "2020",
        "20200101T",
        "2020-1-1-1",
        "2020-01-01T00:00:00 Mars/Base",
        "January 8, 1999 BC",
    ] {
        for column in ["last_visit_at", "created_at", "birth_date"] {
            stage.bad(&pair(column, &format!("gt.{value}"))).await;
        }
        for column in ["last_visit_at", "birth_date"] {
            let body = json!({ "external_id": "date", column: value });
            refused(&stage.send("POST", "/api/players", &body).await, 400, value);
        }
    }
    let leap = stage.players("last_visit_at=gt.2016-12-31T23:59:60Z").await;
    assert!([200, 400].contains(&leap.status));
}

#[tokio::test]
async fn row_41_an_accept_that_cannot_be_served_is_406_and_says_so_in_json() {
    let stage = Neighbours::meet().await;
    let long = format!("text/{}", "x".repeat(4096));
    for accept in
        ["text/html", "*/*;q=0", "application/xml, image/png;q=0.5", &long, "application/vnd.pgrst.plan+json", "x"]
    {
        let headers = [("accept", accept)];
        let answer = stage.send_with("GET", "/api/players", &headers, &Value::Null).await;
        assert_eq!(refused(&answer, 406, accept), "PGRST107");
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(answer.text.len() < 1500, "{}", answer.text.len());
    }
    for accept in ["", "*/*", "text/html, */*;q=0.1", "application/*", ",,,", ";;;"] {
        let answer = stage.send_with("GET", "/api/players", &[("accept", accept)], &Value::Null).await;
        assert!([200, 406].contains(&answer.status), "{accept}: {}", answer.text);
        civil(&answer, accept);
    }
}
