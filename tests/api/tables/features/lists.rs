//! Lists: how long they are, what is searched in them, and how a query reaches them.

use playhouse::{auth::property_key::Right, property_keys::NewPropertyKey};

use super::*;
use crate::support::property_keys::generous;

#[tokio::test]
async fn a_list_has_a_hundred_rows_unless_asked_and_never_more_than_a_thousand() {
    let stage = Stage::set().await;
    stage
        .execute(&format!(
            "insert into players (property_id, external_id) select '{}', n::text from generate_series(1, 1001) n",
            stage.tenant.property
        ))
        .await;
    for (query, range) in [
        ("", "0-99/*"),
        ("limit=250", "0-249/*"),
        ("limit=5000", "0-999/*"),
        ("limit=99999999999999", "0-999/*"),
        ("offset=950", "950-1000/*"),
    ] {
        let answer = stage.get(&format!("/api/players?select=id&{query}")).await;
        assert_eq!((answer.status, answer.header("content-range")), (200, range), "{query}");
    }
    let counted = stage.call("GET", "/api/players?select=id", &[("prefer", "count=exact")]).await;
    assert_eq!(
        (counted.status, counted.header("x-total-count"), counted.header("content-range")),
        (206, "1001", "0-99/1001")
    );
    stage.app.stop().await;
}

#[tokio::test]
async fn words_are_found_in_the_search_columns() {
    let stage = Stage::set().await;
    let rows = json!([
        { "external_id": "S-1", "email": "ada@example.com", "phone": "+4915550001", "first_name": "Ada", "last_name": "Lovelace" },
        { "external_id": "S-2", "email": "grace@example.com", "phone": "+100", "first_name": "Grace", "last_name": "Adams_x" },
        { "external_id": "S-3", "email": "o@example.org", "phone": "+200", "first_name": "100%", "last_name": "Öz" },
    ]);
    assert_eq!(stage.post("/api/players", rows).await.status, 201);
    for (words, wanted) in [
        ("ada", "S-1 S-2"),
        ("ADA%20lovelace", "S-1"),
        ("lovelace+ada", "S-1"),
        ("ada%20nobody", ""),
        ("%2B49155", "S-1"),
        ("example.org", "S-3"),
        ("s-2", "S-2"),
        ("100%25", "S-3"),
        ("s_x", "S-2"),
        ("l_v", ""),
        ("%C3%B6z", "S-3"),
        ("a", "S-1 S-2 S-3"),
        ("", "S-1 S-2 S-3"),
        ("%27%22%5C", ""),
    ] {
        let found = stage.found(&format!("q={words}&order=external_id")).await;
        assert_eq!(found.join(" "), wanted, "{words}");
    }
    let both = stage.found("q=ada&last_name=like.Love*").await;
    assert_eq!(both, ["S-1"]);
    let (_, other) = stage.other().await;
    let theirs = send(stage.app.request("GET", "/api/players?q=ada").header("x-api-key", other)).await;
    assert_eq!(body(&theirs, 200), &json!([]));
    refused(&stage.get("/api/consents?q=ada").await, 400, "search_unavailable");
    refused(&stage.get("/api/players?q=a+b+c+d+e+f+g+h+i+j+k").await, 400, "search_too_long");
    stage.app.stop().await;
}

#[tokio::test]
async fn a_long_query_goes_as_a_body_and_is_a_read() {
    let stage = Stage::set().await;
    let ids: Vec<String> = (0..4).map(|n| format!("L-{n}")).collect();
    for id in &ids {
        stage.player(id).await;
    }
    let reader = stage.key(NewPropertyKey { scopes: vec![Right::Read], ..generous() }).await;
    let many: Vec<String> = (0..200).map(|n| if n < 4 { format!("L-{n}") } else { format!("{n:0>100}") }).collect();
    let query = format!("select=external_id&order=external_id&external_id=in.({})", many.join(","));
    assert!(query.len() > 16_000);
    let ask = async |method: &str, path: &str, body: &str, media: Option<&str>| {
        let request = stage.app.request(method, path).header("x-api-key", &reader).body(body.to_owned());
        send(media.into_iter().fold(request, |request, media| request.header("content-type", media))).await
    };
    let form = Some("application/x-www-form-urlencoded");
    for (method, path) in [("POST", "/api/players/query"), ("QUERY", "/api/players")] {
        for media in [form, None, Some("application/x-www-form-urlencoded; charset=utf-8")] {
            let answer = ask(method, path, &query, media).await;
            assert_eq!(external_ids(&answer), ids, "{method} {media:?}");
            assert_eq!(answer.header("content-range"), "0-3/*");
        }
        let both =
            ask(method, &format!("{path}?select=external_id&limit=1"), "external_id.gt=L-1&order=external_id", form)
                .await;
        assert_eq!(external_ids(&both), ["L-2"]);
        let spelled = ask(method, path, "select=external_id&external_id.eq=L-3\n", form).await;
        assert_eq!(external_ids(&spelled), ["L-3"]);
        refused(&ask(method, path, "{}", Some("application/json")).await, 415, "PGRST102");
        refused(&ask(method, path, "visits=eq.x", form).await, 400, "22P02");
        refused(&ask(method, path, "limit=1&limit=2", form).await, 400, "PGRST100");
    }
    let raw = stage.app.request("POST", "/api/players/query").header("x-api-key", &reader).body(vec![0xff, 0xfe]);
    refused(&send(raw).await, 400, "PGRST100");
    stage.app.stop().await;
}

#[tokio::test]
async fn head_tells_all_but_the_rows() {
    let stage = Stage::set().await;
    let row = stage.player("H-1").await;
    for path in ["/api/players?limit=1".to_owned(), format!("/api/players/{}", row["id"].as_str().unwrap())] {
        let (get, head) = (stage.get(&path).await, stage.call("HEAD", &path, &[]).await);
        assert_eq!((head.status, &*head.text), (200, ""));
        for name in ["content-type", "content-range", "etag", "link"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
    assert_eq!(stage.call("HEAD", "/api/players/00000000-0000-4000-8000-000000000000", &[]).await.status, 404);
    let refusal = stage.call("HEAD", "/api/players?foo=eq.1", &[]).await;
    assert!(
        refusal.status == 400 && refusal.header("proxy-status") == "PostgREST; error=42703",
        "{:?}",
        refusal.headers
    );
    stage.app.stop().await;
}

#[tokio::test]
async fn instants_come_in_the_zone_asked_for() {
    let stage = Stage::set().await;
    let row = stage.player("Z-1").await;
    let id = row["id"].as_str().unwrap();
    stage.execute(&format!("update players set created_at = '2025-07-01T12:00Z' where id = '{id}'")).await;
    let zone = &[("prefer", "timezone=America/New_York")];
    for path in [format!("/api/players/{id}?select=created_at"), "/api/players?select=created_at".to_owned()] {
        let answer = stage.call("GET", &path, zone).await;
        assert!(answer.text.contains("2025-07-01T08:00:00-04:00"), "{}", answer.text);
        assert_eq!(answer.header("preference-applied"), "timezone=America/New_York");
        // The connection is given back as it was.
        assert!(stage.get(&path).await.text.contains("2025-07-01T12:00:00+00:00"));
    }
    let written =
        stage.send("PATCH", &format!("/api/players/{id}?select=created_at"), zone, json!({ "tier": "x" })).await;
    assert_eq!(body(&written, 200), &json!({ "created_at": "2025-07-01T08:00:00-04:00" }));
    let operations = json!({ "operations": [{ "method": "GET", "path": format!("/players/{id}?select=created_at") }] });
    let batch = stage.send("POST", "/api/batch", zone, operations).await;
    assert_eq!(body(&batch, 200)["data"][0]["body"], json!({ "created_at": "2025-07-01T08:00:00-04:00" }));
    refused(&stage.call("GET", "/api/players", &[("prefer", "timezone=Nowhere")]).await, 400, "22023");
    stage.app.stop().await;
}
