//! The list of events, in the grammar of all tables.

use super::*;

#[tokio::test]
async fn the_bytes_that_are_stored_are_the_bytes_that_are_shown() {
    let stage = Stage::set().await;
    let made = stage.made("players", json!({ "external_id": "P-1", "attributes": { "zz": 1, "a": "ä \" \\" } })).await;
    let stored = stage.texts("select payload::text as text from events").await.remove(0);
    let id = stage.get("/api/events").await.body[0]["id"].as_str().unwrap().to_owned();
    for path in [
        format!("/api/events/{id}?select=id,type,payload"),
        format!("/api/events?select=id,type,payload&payload->data->>id=eq.{}", made["id"].as_str().unwrap()),
        "/api/events?select=id,type,payload&type=like.player.*&payload->data->>external_id=in.(P-1,P-2)".to_owned(),
    ] {
        let text = stage.get(&path).await.text;
        let row = format!(r#"{{"id":"{id}","type":"player.created","payload":{stored}}}"#);
        assert!(text == row || text == format!("[{row}]"), "{path}: {text}");
    }
    let none = stage.get("/api/events?payload->data->>external_id=eq.P-2").await;
    assert_eq!((none.status, &*none.text), (200, "[]"));
    let part = stage.get("/api/events?select=who:payload->data->>external_id,payload->data->attributes").await;
    assert!(part.text.contains(r#""who":"P-1","attributes":{"a": "ä \" \\", "zz": 1}"#), "{}", part.text);
}

#[tokio::test]
async fn who_was_away_pages_through_what_was_missed() {
    let stage = Stage::set().await;
    for n in 0..5 {
        stage.made("players", player(n)).await;
    }
    let (mut last, mut seen) = (Uuid::nil(), Vec::new());
    loop {
        let page = stage
            .get(&format!("/api/events?select=id,payload->data->>external_id&id=gt.{last}&order=id&limit=2"))
            .await;
        let rows = page.body.as_array().unwrap().clone();
        let Some(row) = rows.last() else { break };
        last = row["id"].as_str().unwrap().parse().unwrap();
        seen.extend(rows.iter().map(|row| row["external_id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, ["P-0", "P-1", "P-2", "P-3", "P-4"]);
}

#[tokio::test]
async fn nobody_writes_events_but_the_database() {
    let stage = Stage::set().await;
    let body = json!({ "type": "player.created", "payload": {} });
    for (method, path) in
        [("POST", "/api/events"), ("PATCH", "/api/events?id=not.is.null"), ("DELETE", "/api/events?id=not.is.null")]
    {
        assert_eq!(stage.send(method, path, &body).await.status, 405, "{method}");
    }
}
