//! redeliver: one delivery, or all that failed since a time.

use super::*;

impl Stage {
    /// A delivery of an endpoint in a state, with its event.
    async fn delivery(&self, webhook: &Value, state: &str) -> String {
        let id = uuid::Uuid::now_v7();
        let property = self.tenant.property;
        let sql = format!(
            "insert into events (property_id, id, type, payload) values ('{property}', '{id}', 'player.created', '{{}}'); \
             insert into webhook_deliveries (property_id, id, webhook_id, event_id, event_type, state, attempts, due_at) \
             values ('{property}', '{id}', '{}', '{id}', 'player.created', '{state}', 10, now() + interval '1 hour')",
            self::id(webhook)
        );
        self.execute(&sql).await;
        id.to_string()
    }
}

#[tokio::test]
async fn a_delivery_that_ended_is_sent_again_as_one_of_its_own() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR, "enabled": false })).await;
    for state in ["failed", "delivered", "cancelled"] {
        let old = stage.delivery(&made, state).await;
        let answer = stage.call("redeliver", json!({ "deliveryId": old })).await;
        assert_eq!((answer.status, &answer.body["data"]["state"]), (200, &json!("pending")), "{}", answer.text);
        let new = answer.body["data"]["id"].as_str().unwrap();
        assert_ne!(new, old);
        let row = stage.get(&format!("/api/webhook_deliveries/{new}")).await.body;
        for (name, value) in [
            ("webhook_id", made["id"].clone()),
            ("event_id", json!(old)),
            ("event_type", json!("player.created")),
            ("trigger", json!("manual")),
            ("attempts", json!(0)),
            ("state", json!("pending")),
        ] {
            assert_eq!(row[name], value, "{name}: {row}");
        }
    }
    for state in ["pending", "sending"] {
        let old = stage.delivery(&made, state).await;
        let answer = stage.call("redeliver", json!({ "delivery_id": old })).await;
        assert!(refused(&answer, 409, "delivery_unfinished").contains(state), "{}", answer.text);
    }
    let lines = "select count(*) from audit_log where action = 'redeliver' and details ? 'delivery_id'";
    assert_eq!(stage.number(lines).await, 3);
}

#[tokio::test]
async fn all_that_failed_since_a_time_is_one_job() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR, "enabled": false })).await;
    let body =
        json!({ "webhook_id": made["id"], "since": "2026-01-01T00:00:00Z", "property_id": stage.tenant.property });
    let answer = stage.call("redeliver", body.clone()).await;
    assert_eq!((answer.status, &answer.body["data"]["state"]), (200, &json!("pending")), "{}", answer.text);
    let id = answer.body["data"]["id"].as_str().unwrap();
    let sql = format!(
        "select count(*) from webhook_redeliveries where id = '{id}' and since = '2026-01-01T00:00:00Z' and until <= now()"
    );
    assert_eq!(stage.number(&sql).await, 1);
    stage
        .execute(
            "update webhook_redeliveries set state = 'running', finished_at = null, \
         claim_id = gen_random_uuid(), lease_until = now() + interval '1 hour'",
        )
        .await;
    let second = stage.call("redeliver", body.clone()).await;
    refused(&second, 409, "redelivery_under_way");
    assert_eq!(second.body["details"], json!({ "id": id }));
    stage.execute("update webhook_redeliveries set state = 'done'").await;
    let (key, path) = ([("idempotency-key", "a-1")], "/api/functions/redeliver");
    let first = stage.ask("POST", path, &key, body.clone()).await;
    let again = stage.ask("POST", path, &key, body).await;
    assert_eq!((first.status, again.status, &again.body), (200, 200, &first.body), "{}", again.text);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(stage.number("select count(*) from webhook_redeliveries").await, 2);
}

#[tokio::test]
async fn what_cannot_be_sent_again_says_why() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR, "enabled": false })).await;
    let (gone, lost) = (stage.made(json!({ "url": FAR })).await, stage.delivery(&made, "failed").await);
    stage.execute(&format!("delete from events where id = '{lost}'")).await;
    let orphan = stage.delivery(&gone, "failed").await;
    assert_eq!(stage.ask("DELETE", &one(&gone), &[], Value::Null).await.status, 204);
    let (webhook, nothing) = (&made["id"], uuid::Uuid::now_v7());
    let future = stage.app.clock.now() + chrono::TimeDelta::hours(1);
    for (body, status, code) in [
        (json!({}), 400, "bad_request"),
        (json!({ "webhook_id": webhook }), 400, "bad_request"),
        (json!({ "since": "2026-01-01T00:00:00Z" }), 400, "bad_request"),
        (json!({ "delivery_id": lost, "webhook_id": webhook }), 400, "bad_request"),
        (json!({ "delivery_id": lost, "since": "2026-01-01T00:00:00Z" }), 400, "bad_request"),
        (json!({ "delivery_id": "x" }), 400, "bad_request"),
        (json!({ "webhook_id": webhook, "since": "yesterday" }), 400, "bad_request"),
        (json!({ "webhook_id": webhook, "since": future }), 400, "bad_request"),
        (json!({ "delivery_id": lost, "until": 1 }), 400, "bad_request"),
        (json!({ "delivery_id": lost, "property_id": nothing }), 403, "property_mismatch"),
        (json!({ "delivery_id": nothing }), 404, "not_found"),
        (json!({ "webhook_id": nothing, "since": "2026-01-01T00:00:00Z" }), 404, "not_found"),
        (json!({ "delivery_id": lost }), 409, "event_gone"),
        (json!({ "delivery_id": orphan }), 409, "webhook_gone"),
    ] {
        refused(&stage.call("redeliver", body).await, status, code);
    }
    assert_eq!(stage.number("select count(*) from webhook_redeliveries").await, 0);
    assert_eq!(stage.number("select count(*) from webhook_deliveries where trigger = 'manual'").await, 0);
}
