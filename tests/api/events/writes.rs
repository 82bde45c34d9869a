//! Every way to write: many rows at once, upserts, batches, what fails, what the database does by itself.

use super::*;

#[tokio::test]
async fn a_thousand_rows_are_one_statement_and_a_thousand_events() {
    let stage = Stage::set().await;
    let webhook = stage.webhook(stage.tenant.property, "{player.*}", "").await;
    let rows: Vec<Value> = (0..1000).map(player).collect();
    let made = stage.send("POST", "/api/players", &json!(rows)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let mut ids: Vec<Value> = made.body.as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
    let told = stage.told().await;
    let mut told_of: Vec<Value> = told.iter().map(|event| event.data()["id"].clone()).collect();
    let by_text = |a: &Value, b: &Value| a.to_string().cmp(&b.to_string());
    ids.sort_by(by_text);
    told_of.sort_by(by_text);
    assert_eq!(told_of, ids);
    assert!(told.iter().all(|event| event.created_at == told[0].created_at), "one statement has one time");
    assert_eq!(stage.deliveries(webhook).await.len(), 1000);

    let changed =
        stage.send_with("PATCH", "/api/players?id=not.is.null", "return=minimal", &json!({ "tier": "Gold" })).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    let told = stage.told().await;
    assert_eq!(told.len(), 1000);
    assert!(told.iter().all(|event| event.kind == "player.updated" && event.changed() == ["tier", "updated_at"]));
    let gone = stage.send_with("DELETE", "/api/players?id=not.is.null", "return=minimal", &Value::Null).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(stage.types().await, vec!["player.deleted"; 1000]);
    assert_eq!(stage.deliveries(webhook).await.len(), 3000);
}

#[tokio::test]
async fn an_upsert_tells_what_became_of_each_row() {
    let stage = Stage::set().await;
    for id in ["old", "same"] {
        stage.made("players", json!({ "external_id": id, "tier": "Gold" })).await;
    }
    stage.told().await;
    let rows = json!([{ "external_id": "old", "tier": "Silver" }, { "external_id": "same", "tier": "Gold" },
        { "external_id": "new", "tier": "Gold" }]);
    let path = "/api/players?on_conflict=external_id";
    let answer = stage.send_with("POST", path, "resolution=merge-duplicates", &rows).await;
    assert!([200, 201].contains(&answer.status), "{}", answer.text);
    let told = stage.told().await;
    let mut told: Vec<_> =
        told.iter().map(|event| (&*event.kind, event.data()["external_id"].as_str().unwrap())).collect();
    told.sort_unstable();
    assert_eq!(told, [("player.created", "new"), ("player.updated", "old")]);
}

#[tokio::test]
async fn what_does_not_happen_is_not_told() {
    let stage = Stage::set().await;
    let webhook = stage.webhook(stage.tenant.property, "{*}", "").await;
    stage.made("players", player(1)).await;
    stage.told().await;
    let twice = json!([player(2), player(1)]);
    assert_eq!(stage.send("POST", "/api/players", &twice).await.status, 409);
    let dry = stage.send_with("POST", "/api/players", "tx=rollback", &player(2)).await;
    assert_eq!(dry.status, 201, "{}", dry.text);
    let batch = json!({ "operations": [
        { "method": "POST", "path": "/players", "body": player(2) },
        { "method": "POST", "path": "/players", "body": player(1) },
    ] });
    assert_eq!(stage.send("POST", "/api/batch", &batch).await.status, 409);
    assert_eq!(stage.send("PATCH", "/api/players?external_id=eq.none", &json!({ "tier": "Gold" })).await.status, 200);
    assert_eq!(stage.types().await, [""; 0]);
    assert_eq!(stage.deliveries(webhook).await, ["player.created"]);
}

#[tokio::test]
async fn a_batch_tells_of_all_that_it_did() {
    let stage = Stage::set().await;
    let batch = json!({ "operations": [
        { "method": "POST", "path": "/players", "body": player(1) },
        { "method": "PATCH", "path": "/players?external_id=eq.P-1", "body": { "tier": "Gold" } },
        { "method": "POST", "path": "/segments", "body": { "name": "Gold" } },
    ] });
    let answer = stage.send("POST", "/api/batch", &batch).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told: Vec<String> = stage.told().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(told, ["player.created", "player.updated", "segment.created"]);
}

#[tokio::test]
async fn what_the_database_changes_by_itself_is_told_too() {
    let stage = Stage::set().await;
    let template = stage.made("templates", json!({ "name": "Welcome" })).await;
    stage.made("campaigns", json!({ "name": "Spring", "template_id": template["id"] })).await;
    stage.told().await;
    let path = format!("/api/templates/{}", template["id"].as_str().unwrap());
    assert_eq!(stage.send("DELETE", &path, &Value::Null).await.status, 200);
    let mut told = stage.told().await;
    told.sort_by(|a, b| a.kind.cmp(&b.kind));
    assert_eq!((&*told[0].kind, told[0].changed()), ("campaign.updated", vec!["template_id"]));
    assert_eq!(told[0].payload["previous"]["template_id"], template["id"]);
    assert_eq!((&*told[1].kind, told.len()), ("template.deleted", 2));
}

#[tokio::test]
async fn a_statement_over_several_properties_tells_each_of_its_own() {
    let stage = Stage::set().await;
    let other = stage.app.tenant().await;
    let third = stage.app.tenant().await;
    let mine = stage.webhook(stage.tenant.property, "{*}", "").await;
    let theirs = stage.webhook(other.property, "{player.created}", "").await;
    stage
        .sql(
            "delete from events; insert into players (property_id, external_id) \
             select id, 'P-' || n from properties, generate_series(1, 3) n; \
             update players set tier = 'Gold'",
        )
        .await;
    let counted = "select property_id || ' ' || type || ' ' || count(*) as text from events group by property_id, type";
    let mut counted = stage.texts(counted).await;
    let mut expected: Vec<String> = [&stage.tenant, &other, &third]
        .iter()
        .flat_map(|tenant| ["created", "updated"].map(|what| format!("{} player.{what} 3", tenant.property)))
        .collect();
    counted.sort();
    expected.sort();
    assert_eq!(counted, expected);
    assert_eq!(stage.deliveries(mine).await.len(), 6);
    assert_eq!(stage.deliveries(theirs).await, ["player.created"; 3]);
}

#[tokio::test]
async fn times_are_told_in_utc_whatever_the_session_that_writes_says() {
    let stage = Stage::set().await;
    let sql = format!(
        "set timezone = 'Asia/Tokyo'; insert into players (property_id, external_id) values ('{}', 'P-1'); \
         do $$ begin if current_setting('timezone') <> 'Asia/Tokyo' then raise 'the session lost its zone'; end if; end $$",
        stage.tenant.property
    );
    stage.sql(&sql).await;
    let told = stage.told().await;
    assert!(told[0].data()["created_at"].as_str().unwrap().ends_with("+00:00"), "{told:?}");
    assert_eq!(told[0].payload["timestamp"], told[0].created_at);
}
