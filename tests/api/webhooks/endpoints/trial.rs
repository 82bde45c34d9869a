//! test-webhook: an event for one endpoint, sent while somebody waits.

use super::*;

const TEST: &str = "/api/functions/test-webhook";

#[tokio::test]
async fn a_test_is_sent_now_and_logged_like_any_delivery() {
    let stage = Stage::near().await;
    let receiver = Receiver::answering(Some("HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\n\r\nheard")).await;
    let made = stage.made(json!({ "url": receiver.url, "event_types": ["segment.created"], "enabled": false })).await;
    let other = stage.made(json!({ "url": receiver.url })).await;
    let answer = stage.call("test-webhook", json!({ "webhookId": made["id"] })).await;
    let data = &answer.body["data"];
    assert_eq!((answer.status, &data["status"], &data["error"]), (200, &json!(202), &Value::Null), "{}", answer.text);
    assert_eq!(data["response_excerpt"], "heard");
    assert!(data["duration_ms"].is_u64(), "{}", answer.text);
    let got = receiver.got();
    assert_eq!(got.len(), 1, "{} hears nothing", other["id"]);
    let event: Value = serde_json::from_slice(&got[0].body).unwrap();
    assert_eq!((&event["type"], &event["data"]["webhook_id"]), (&json!("webhook.test"), &made["id"]), "{event}");

    let deliveries = stage.get("/api/webhook_deliveries").await;
    assert_eq!(deliveries.body.as_array().unwrap().len(), 1, "{}", deliveries.text);
    let delivery = &deliveries.body[0];
    for (name, value) in [
        ("webhook_id", made["id"].clone()),
        ("event_id", json!(got[0].header("webhook-id"))),
        ("event_type", json!("webhook.test")),
        ("state", json!("delivered")),
        ("trigger", json!("test")),
        ("attempts", json!(1)),
        ("last_status", json!(202)),
        ("last_error", Value::Null),
    ] {
        assert_eq!(delivery[name], value, "{name}: {}", deliveries.text);
    }
    assert!(delivery["finished_at"].is_string());
    let attempts = stage.get("/api/webhook_attempts").await;
    assert_eq!(attempts.body.as_array().unwrap().len(), 1, "{}", attempts.text);
    let attempt = &attempts.body[0];
    assert_eq!((&attempt["delivery_id"], &attempt["number"]), (&delivery["id"], &json!(1)));
    assert_eq!((&attempt["status"], &attempt["response_excerpt"]), (&json!(202), &json!("heard")));
    assert_eq!((&attempt["trigger"], &attempt["duration_ms"]), (&json!("test"), &data["duration_ms"]));
    let events = stage.get("/api/events?type=like.webhook.*").await;
    assert_eq!(events.body.as_array().unwrap().len(), 1, "{}", events.text);
    assert_eq!((&events.body[0]["payload"], &events.body[0]["id"]), (&event, &delivery["event_id"]));
    let lines = "select count(*) from audit_log where action = 'testWebhook' and details ? 'webhook_id'";
    assert_eq!(stage.number(lines).await, 1);
    assert_eq!(stage.number("select count(*) from webhook_deliveries where claim_id is not null").await, 0);
    stage.app.stop().await;
}

#[tokio::test]
async fn what_an_endpoint_does_wrong_is_the_answer() {
    let stage = Stage::near().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    let broken = Receiver::answering(Some("HTTP/1.1 500 No\r\ncontent-length: 4\r\n\r\noops")).await;
    let moved = Receiver::answering(Some(
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
    ))
    .await;
    for (url, status, excerpt) in [
        (&closed, Value::Null, Value::Null),
        (&broken.url, json!(500), json!("oops")),
        (&moved.url, json!(302), Value::Null),
    ] {
        let made = stage.made(json!({ "url": url })).await;
        let answer = stage.call("test-webhook", json!({ "webhook_id": made["id"] })).await;
        let data = &answer.body["data"];
        assert_eq!(
            (answer.status, &data["status"], &data["response_excerpt"]),
            (200, &status, &excerpt),
            "{}",
            answer.text
        );
        assert!(data["error"].as_str().is_some_and(|error| !error.is_empty()), "{}", answer.text);
        let failed = format!("/api/webhook_deliveries?webhook_id=eq.{}", id(&made));
        let rows = stage.get(&failed).await;
        assert_eq!(
            (&rows.body[0]["state"], &rows.body[0]["last_error"]),
            (&json!("failed"), &data["error"]),
            "{}",
            rows.text
        );
    }
    assert_eq!(
        stage.number("select count(*) from webhook_lanes where consecutive_failures > 0").await,
        0,
        "a test is no delivery"
    );
    stage.app.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_never_answers_ends_the_test_in_time() {
    let settings = [NEAR, &[("PLAYHOUSE_WEBHOOKS__TIMEOUT_SECONDS", "1")]].concat();
    let stage = Stage::with(&settings).await;
    let silent = Receiver::answering(None).await;
    let made = stage.made(json!({ "url": silent.url })).await;
    let answer = stage.call("test-webhook", json!({ "webhook_id": made["id"] })).await;
    let data = &answer.body["data"];
    assert_eq!((answer.status, &data["status"]), (200, &Value::Null), "{}", answer.text);
    assert!(data["duration_ms"].as_u64().unwrap() >= 1000, "{}", answer.text);
    stage.app.stop().await;
}

#[tokio::test]
async fn an_endpoint_can_be_tested_a_few_times_a_minute() {
    let stage = Stage::near().await;
    let receiver = Receiver::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let [made, other] =
        [stage.made(json!({ "url": receiver.url })).await, stage.made(json!({ "url": receiver.url })).await];
    let body = json!({ "webhook_id": made["id"] });
    for _ in 0..5 {
        assert_eq!(stage.call("test-webhook", body.clone()).await.status, 200);
    }
    let answer = stage.call("test-webhook", body.clone()).await;
    refused(&answer, 429, "rate_limited");
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait) && answer.body["retry_after"] == json!(wait), "{}", answer.text);
    assert_eq!(receiver.got().len(), 5);
    assert_eq!(stage.call("test-webhook", json!({ "webhook_id": other["id"] })).await.status, 200);
    stage.execute("update webhook_deliveries set id = uuid_floor(now() - interval '1 hour') where id = (select min(id::text)::uuid from webhook_deliveries)").await;
    assert_eq!(stage.call("test-webhook", body).await.status, 200);
    stage.app.stop().await;
}

#[tokio::test]
async fn a_test_under_a_key_is_sent_once() {
    let stage = Stage::near().await;
    let receiver = Receiver::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let made = stage.made(json!({ "url": receiver.url })).await;
    let (key, body) = ([("idempotency-key", "t-1")], json!({ "webhook_id": made["id"] }));
    let first = stage.ask("POST", TEST, &key, body.clone()).await;
    let again = stage.ask("POST", TEST, &key, body.clone()).await;
    assert_eq!((first.status, again.status, &again.body), (200, 200, &first.body), "{}", again.text);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(receiver.got().len(), 1);
    refused(
        &stage.ask("POST", TEST, &key, json!({ "webhook_id": uuid::Uuid::now_v7() })).await,
        422,
        "idempotency_key_reused",
    );
    let (key, nowhere) = ([("idempotency-key", "t-2")], json!({ "webhook_id": uuid::Uuid::now_v7() }));
    for replayed in ["", "true"] {
        let answer = stage.ask("POST", TEST, &key, nowhere.clone()).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (404, replayed), "{}", answer.text);
    }
    // While one is under way another call with its key waits its turn.
    let silent = Receiver::answering(None).await;
    let made = stage.made(json!({ "url": silent.url })).await;
    let (key, body) = ([("idempotency-key", "t-3")], json!({ "webhook_id": made["id"] }));
    let running = async {
        let request = stage.app.request("POST", TEST).header("x-api-key", &stage.key).header("idempotency-key", "t-3");
        let _ = tokio::time::timeout(std::time::Duration::from_secs(60), request.json(&body).send()).await;
    };
    let asking = async {
        while silent.got().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let answer = stage.ask("POST", TEST, &key, body.clone()).await;
        refused(&answer, 409, "idempotency_in_flight");
        assert_eq!(answer.header("idempotency-replayed"), "");
    };
    tokio::select! { () = running => panic!("the endpoint never answers"), () = asking => {} }
    assert_eq!(silent.got().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_tested_says_why() {
    let stage = Stage::set().await;
    stage
        .execute(&format!(
            "insert into webhooks (property_id, id, url) values ('{}', '{}', '{FAR}')",
            stage.tenant.property,
            uuid::Uuid::nil()
        ))
        .await;
    for (body, status, code) in [
        (json!({}), 400, "bad_request"),
        (json!({ "webhook_id": 7 }), 400, "bad_request"),
        (json!({ "webhook_id": uuid::Uuid::now_v7() }), 404, "not_found"),
        (json!({ "webhook_id": uuid::Uuid::now_v7(), "property_id": uuid::Uuid::now_v7() }), 403, "property_mismatch"),
        (json!({ "webhook_id": uuid::Uuid::nil() }), 409, "secret_missing"),
    ] {
        refused(&stage.call("test-webhook", body).await, status, code);
    }
    assert_eq!(stage.number("select count(*) from events where type = 'webhook.test'").await, 0);
}
