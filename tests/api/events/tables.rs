//! Every table that is told of: its rows made, changed, deleted.

use super::*;

#[tokio::test]
async fn every_table_tells_of_rows_that_are_made_changed_and_deleted_as_the_api_shows_them() {
    let stage = Stage::set().await;
    for (table, new, column) in [
        ("players", player(1), "tier"),
        ("segments", json!({ "name": "Active" }), "filter"),
        ("campaigns", json!({ "name": "Spring" }), "subject"),
        ("templates", json!({ "name": "Welcome" }), "subject"),
        ("content_items", json!({ "name": "Footer" }), "body"),
        ("journeys", json!({ "name": "First visit" }), "name"),
        ("games", json!({ "name": "Wheel" }), "slug"),
        ("streams", json!({ "name": "Show" }), "slug"),
        ("suppressions", json!({ "channel": "sms", "address": "+17755550123" }), "reason"),
    ] {
        let singular = Playhouse::registry().table(table).unwrap().singular;
        let made = stage.made(table, new).await;
        let path = format!("/api/{table}/{}", made["id"].to_string().trim_matches('"'));
        let changed = stage.send_with("PATCH", &path, "count=exact", &json!({ column: "another" })).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert_eq!(stage.send("DELETE", &path, &Value::Null).await.status, 200);

        let told = stage.told().await;
        let rows = [&made, &changed.body, &changed.body];
        assert_eq!(told.len(), 3, "{table}: {told:?}");
        for ((event, row), what) in told.iter().zip(rows).zip(["created", "updated", "deleted"]) {
            assert_eq!(event.kind, format!("{singular}.{what}"));
            assert_eq!(event.payload["type"], event.kind);
            assert_eq!(event.payload["timestamp"], event.created_at);
            assert_eq!(event.payload["property_id"], json!(stage.tenant.property));
            assert_eq!(event.property_id, stage.tenant.property);
            assert_eq!((event.data(), keys(event.data())), (row, visible(table)), "{}", event.kind);
            let of_update = if what == "updated" { vec![column, "updated_at"] } else { vec![] };
            assert_eq!(event.changed(), of_update, "{}", event.kind);
        }
        assert_eq!(told[1].payload["previous"][column], made[column]);
        assert_eq!(told[1].payload["previous"]["updated_at"], made["updated_at"]);
        let mut members = vec!["type", "timestamp", "data", "property_id"];
        assert_eq!(keys(&told[0].payload), members);
        members.insert(3, "previous");
        assert_eq!(keys(&told[1].payload), members);
    }
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_no_event() {
    let stage = Stage::set().await;
    let body = json!({ "external_id": "P-1", "tier": "Gold", "adt": 12.5, "tags": ["vip"], "attributes": { "a": 1 } });
    let path = format!("/api/players/{}", stage.made("players", body.clone()).await["id"].as_str().unwrap());
    stage.told().await;
    assert_eq!(stage.send("PATCH", &path, &body).await.status, 200);
    assert_eq!(stage.types().await, [""; 0]);
    // Another number of decimals is another number to who reads them.
    let other = stage.app.request("PATCH", &path).header("x-api-key", &stage.key);
    let other = other.header("content-type", "application/json").body(r#"{"adt": 12.50}"#);
    assert_eq!(send(other).await.status, 200);
    assert_eq!(stage.told().await[0].changed(), ["adt", "updated_at"]);
}

#[tokio::test]
async fn values_print_as_in_the_api_to_the_last_digit() {
    let stage = Stage::set().await;
    let body = r#"{"external_id":"Zoë \"Z\" \\ 1","adt":250.50,"coin_in":123456789012345678.010,"visits":0,"birth_date":"1948-02-29",
        "tags":["a,b","c\"d",null],"attributes":{"z":1,"a":[1.10,{"deep":null}]},"last_visit_at":"2026-03-01T01:02:03.4+02:00"}"#;
    let request = stage.app.request("POST", "/api/players").header("x-api-key", &stage.key);
    let made = send(request.header("content-type", "application/json").body(body)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let shown = stage.get("/api/events?select=payload").await.text;
    assert!(shown.contains(&format!("\"data\":{},\"property_id\"", made.text)), "{shown}\n{}", made.text);
}

#[tokio::test]
async fn an_id_that_changes_is_the_end_of_one_row_and_the_beginning_of_another() {
    let stage = Stage::set().await;
    let made = stage.made("players", player(1)).await;
    stage.told().await;
    let (before, after) = (made["id"].as_str().unwrap(), Uuid::now_v7());
    let answer = stage.send("PATCH", &format!("/api/players?id=eq.{before}"), &json!({ "id": after })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut told = stage.told().await;
    told.sort_by(|a, b| a.kind.cmp(&b.kind));
    let told: Vec<_> = told.iter().map(|event| (&*event.kind, event.data()["id"].clone())).collect();
    assert_eq!(told, [("player.created", json!(after)), ("player.deleted", json!(before))]);
}
