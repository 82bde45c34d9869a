//! Another tenant's endpoints, deliveries and jobs do not exist.

use super::*;

#[tokio::test]
async fn endpoints_of_another_tenant_are_not_there() {
    let stage = Stage::near().await;
    let receiver = Receiver::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let theirs = stage.made(json!({ "url": receiver.url, "headers": { "x-a": "heron" } })).await;
    let tested = stage.call("test-webhook", json!({ "webhook_id": theirs["id"] })).await;
    assert_eq!(tested.body["data"]["status"], 204, "{}", tested.text);
    let delivery = stage.get("/api/webhook_deliveries").await.body[0].clone();
    let tenant = stage.app.tenant().await;
    let (_, key) = property_key(&stage.app.database_url, &tenant, generous()).await;
    let ours = async |method: &str, path: &str, body: Value| stage.ask_as(&key, method, path, &[], &body).await;
    for (name, row) in [("webhooks", &theirs), ("webhook_deliveries", &delivery)] {
        assert_eq!(ours("GET", &format!("/api/{name}"), Value::Null).await.body, json!([]));
        refused(&ours("GET", &format!("/api/{name}/{}", id(row)), Value::Null).await, 404, "not_found");
    }
    for query in ["webhook_attempts", "events?type=like.webhook.*"] {
        assert_eq!(ours("GET", &format!("/api/{query}"), Value::Null).await.body, json!([]), "{query}");
    }
    for body in [json!({ "url": FAR }), json!({ "headers": { "x-a": "***" } }), json!({ "enabled": false })] {
        refused(&ours("PATCH", &one(&theirs), body).await, 404, "not_found");
    }
    let each = json!([{ "id": theirs["id"], "url": FAR }]);
    assert_eq!(ours("PATCH", WEBHOOKS, each).await.status, 204);
    refused(&ours("DELETE", &one(&theirs), Value::Null).await, 404, "not_found");
    for (function, body) in [
        ("rotate-webhook-secret", json!({ "webhook_id": theirs["id"] })),
        ("test-webhook", json!({ "webhook_id": theirs["id"] })),
        ("redeliver", json!({ "delivery_id": delivery["id"] })),
        ("redeliver", json!({ "webhook_id": theirs["id"], "since": "2026-01-01T00:00:00Z" })),
    ] {
        let path = format!("/api/functions/{function}");
        let foreign = ours("POST", &path, body.clone()).await;
        refused(&foreign, 404, "not_found");
        let absent: Value = serde_json::from_str(
            &body
                .to_string()
                .replace(id(&theirs), &uuid::Uuid::nil().to_string())
                .replace(id(&delivery), &uuid::Uuid::nil().to_string()),
        )
        .unwrap();
        assert_eq!(ours("POST", &path, absent).await.body, foreign.body, "a foreign id is an absent one");
        let theirs = json!({ "property_id": stage.tenant.property });
        let mut named = body;
        named.as_object_mut().unwrap().extend(theirs.as_object().unwrap().clone());
        refused(&ours("POST", &path, named).await, 403, "property_mismatch");
    }
    // Their id in our own table is a row of ours, with a secret of its own.
    let made = ours("PUT", &one(&theirs), json!({ "url": FAR })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(is_secret(&made.body["secret"]) && made.body["secret"] != theirs["secret"]);
    let untouched = stage.get(&one(&theirs)).await;
    assert_eq!((&untouched.body["url"], &untouched.body["enabled"]), (&theirs["url"], &json!(true)));
    stage.call("test-webhook", json!({ "webhook_id": theirs["id"] })).await;
    assert_eq!(receiver.got().pop().unwrap().header("x-a"), "heron");
    assert_eq!(receiver.got().len(), 2);
    stage.app.stop().await;
}
