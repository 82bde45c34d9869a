//! Who is told: subscribers by type, table and property; nobody where no log is kept.

use super::*;

#[tokio::test]
async fn a_property_without_a_log_keeps_only_what_somebody_hears_of() {
    let stage = Stage::set().await;
    stage.keep_no_log().await;
    stage.made("players", player(1)).await;
    assert_eq!(stage.types().await, [""; 0]);
    let webhook = stage.webhook(stage.tenant.property, "{player.updated}", "").await;
    stage.made("players", player(2)).await;
    stage.made("segments", json!({ "name": "Gold" })).await;
    let changed = stage.send("PATCH", "/api/players?external_id=eq.P-2", &json!({ "tier": "Gold" })).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(stage.types().await, ["player.updated"]);
    assert_eq!(stage.deliveries(webhook).await, ["player.updated"]);
}

#[tokio::test]
async fn a_webhook_hears_of_the_types_groups_and_tables_that_it_may() {
    let stage = Stage::set().await;
    let property = stage.tenant.property;
    let all = stage.webhook(property, "{*}", "").await;
    let group = stage.webhook(property, "{player.*}", "").await;
    let exact = stage.webhook(property, "{player.deleted,segment.created}", "").await;
    let few = stage.webhook(property, "{*}", "allowed_tables='{segments}'").await;
    let none = stage.webhook(property, "{*}", "allowed_tables='{}'").await;
    let disabled = stage.webhook(property, "{*}", "enabled=false").await;
    stage.made("players", player(1)).await;
    stage.made("segments", json!({ "name": "Gold" })).await;
    stage.send("DELETE", "/api/players?external_id=eq.P-1", &Value::Null).await;
    assert_eq!(stage.deliveries(all).await, ["player.created", "player.deleted", "segment.created"]);
    assert_eq!(stage.deliveries(group).await, ["player.created", "player.deleted"]);
    assert_eq!(stage.deliveries(exact).await, ["player.deleted", "segment.created"]);
    assert_eq!(stage.deliveries(few).await, ["segment.created"]);
    assert_eq!(stage.deliveries(none).await, [""; 0]);
    assert_eq!(stage.deliveries(disabled).await, [""; 0]);

    let events = stage.get("/api/events?select=id&type=eq.segment.created").await.body;
    let of = format!("select event_id::text as text from webhook_deliveries where webhook_id = '{few}'");
    assert_eq!(stage.texts(&of).await, [events[0]["id"].as_str().unwrap()], "a delivery leads to its event");
}

#[tokio::test]
async fn what_happens_in_one_property_reaches_no_webhook_and_no_reader_of_another() {
    let stage = Stage::set().await;
    let other = stage.app.tenant().await;
    let theirs = stage.webhook(other.property, "{*}", "").await;
    stage.sql("delete from events").await;
    stage.made("players", player(1)).await;
    assert_eq!(stage.deliveries(theirs).await, [""; 0]);
    let (_, key) = property_key(&stage.app.database_url, &other, generous()).await;
    let id = stage.get("/api/events").await.body[0]["id"].as_str().unwrap().to_owned();
    let foreign = stage.app.keyed(&key, "GET", &format!("/api/events/{id}"), Value::Null).await;
    assert_eq!(foreign.status, 404, "{}", foreign.text);
    let foreign = send(stage.app.request("GET", "/api/events?type=eq.player.created").header("x-api-key", &key)).await;
    assert_eq!((foreign.status, &*foreign.text), (200, "[]"));
}

#[tokio::test]
async fn a_property_knows_whether_anybody_listens() {
    let stage = Stage::set().await;
    let property = stage.tenant.property;
    let listens = async || {
        let sql = format!("select has_listeners::text as text from properties where id = '{property}'");
        stage.texts(&sql).await[0] == "true"
    };
    assert!(!listens().await);
    let first = stage.webhook(property, "{*}", "").await;
    let second = stage.webhook(property, "{*}", "enabled=false").await;
    assert!(listens().await);
    stage.sql(&format!("update webhooks set enabled = (id = '{second}')")).await;
    assert!(listens().await);
    stage.sql(&format!("delete from webhooks where id = '{second}'")).await;
    assert!(!listens().await);
    stage.sql(&format!("update webhooks set enabled = true where id = '{first}'")).await;
    assert!(listens().await);
    stage.sql("delete from webhooks").await;
    assert!(!listens().await);
}

#[tokio::test]
async fn what_is_no_change_of_a_row_is_told_by_a_call_and_only_within_ones_own_property() {
    use playhouse::{
        events::{record, types},
        tenant::{self, PropertyId},
    };
    let stage = Stage::set().await;
    let webhook = stage.webhook(stage.tenant.property, "{journey.*}", "").await;
    let db = &stage.app.app.db;
    let enrolled = types::find("journey.enrolled").unwrap();
    let txn = tenant::begin(db, PropertyId(stage.tenant.property)).await.unwrap();
    let id = record::record(&txn, enrolled, &json!({ "z": 1, "a": 2.50 })).await.unwrap();
    let alone = record::write(&txn, types::find("webhook.test").unwrap(), &json!({})).await.unwrap();
    txn.commit().await.unwrap();
    let told = stage.told().await;
    assert_eq!(told.iter().map(|event| Some(event.id)).collect::<Vec<_>>(), [id, Some(alone)]);
    assert_eq!(told[0].data(), &json!({ "z": 1, "a": 2.5 }));
    assert_eq!(stage.deliveries(webhook).await, ["journey.enrolled"]);

    stage.sql("delete from webhooks").await;
    stage.keep_no_log().await;
    let txn = tenant::begin(db, PropertyId(stage.tenant.property)).await.unwrap();
    assert_eq!(record::record(&txn, enrolled, &json!({})).await.unwrap(), None);
    let foreign = format!("select record_event('{}', 'journeys', 'journey.enrolled', '{{}}')", Uuid::now_v7());
    assert!(
        sea_orm::ConnectionTrait::execute_unprepared(&txn, &foreign)
            .await
            .unwrap_err()
            .to_string()
            .contains("permission denied")
    );
}

#[tokio::test]
async fn who_may_not_use_a_guarded_table_sees_no_events_of_it() {
    let stage = Stage::set().await;
    stage.made("players", player(1)).await;
    let (_, plain) = property_key(&stage.app.database_url, &stage.tenant, generous()).await;
    let ask = async |key: &str, path: &str| {
        send(stage.app.request("GET", path).header("x-api-key", key).header("prefer", "count=exact")).await
    };
    let list = "/api/events?select=id,type&order=id";
    let all = ask(&stage.key, list).await;
    let types: Vec<_> = all.body.as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["player.created", "api_key.created"]);
    let secret = all.body[1]["id"].as_str().unwrap();
    // In both orders, since a read is planned once.
    for _ in 0..2 {
        let shown = ask(&plain, list).await;
        assert_eq!(
            (shown.body.as_array().unwrap().len(), shown.header("content-range")),
            (1, "0-0/1"),
            "{}",
            shown.text
        );
        assert_eq!(ask(&plain, &format!("/api/events/{secret}")).await.status, 404);
        assert_eq!(ask(&stage.key, &format!("/api/events/{secret}")).await.status, 200);
        assert_eq!(ask(&plain, "/api/events?select=count()").await.body[0]["count"], 1);
        assert_eq!(ask(&plain, "/api/events?type=eq.api_key.created&limit=0").await.header("content-range"), "*/0");
    }
}
