//! A new secret, and the time in which the old one signs too.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use playhouse::webhooks::SigningKey;
use sha2::Sha256;

use super::{receiver::Delivery, *};

/// Whether a delivery carries the signature of a secret, computed here from the specification.
fn is_signed_by(delivery: &Delivery, secret: &Value) -> bool {
    let key = SigningKey::parse(secret.as_str().unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("{}.{}.", delivery.header("webhook-id"), delivery.header("webhook-timestamp")).as_bytes());
    mac.update(&delivery.body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    delivery.header("webhook-signature").split(' ').any(|given| given == signature)
}

#[tokio::test]
async fn both_secrets_sign_while_they_overlap() {
    let stage = Stage::near().await;
    let receiver = Receiver::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let made = stage.made(json!({ "url": receiver.url })).await;
    let sent = async || {
        let answer = stage.call("test-webhook", json!({ "webhook_id": made["id"] })).await;
        assert_eq!((answer.status, &answer.body["data"]["status"]), (200, &json!(204)), "{}", answer.text);
        receiver.got().pop().unwrap()
    };
    let first = &made["secret"];
    let got = sent().await;
    assert!(is_signed_by(&got, first) && !got.header("webhook-signature").contains(' '));

    let rotated = stage.call("rotate-webhook-secret", json!({ "webhook_id": made["id"] })).await;
    let second = &rotated.body["data"]["secret"];
    assert!(rotated.status == 200 && is_secret(second) && second != first, "{}", rotated.text);
    assert_eq!(rotated.body["data"]["webhook_id"], made["id"]);
    let ends = rotated.body["data"]["previous_expires_at"].as_str().unwrap();
    let wait = chrono::DateTime::parse_from_rfc3339(ends).unwrap().to_utc() - stage.app.clock.now();
    assert!((23 * 60..=24 * 60).contains(&wait.num_minutes()), "{ends}");
    let got = sent().await;
    assert!(is_signed_by(&got, first) && is_signed_by(&got, second));

    // Rotating again ends the overlap of the first; without overlap the second ends at once.
    let body = json!({ "webhookId": made["id"], "overlapHours": 168, "property_id": stage.tenant.property });
    let third = stage.call("rotate-webhook-secret", body).await.body["data"]["secret"].clone();
    let got = sent().await;
    assert!(!is_signed_by(&got, first) && is_signed_by(&got, second) && is_signed_by(&got, &third));
    let rotated = stage.call("rotate-webhook-secret", json!({ "webhook_id": made["id"], "overlap_hours": 0 })).await;
    assert_eq!(rotated.body["data"]["previous_expires_at"], Value::Null, "{}", rotated.text);
    let got = sent().await;
    assert!(is_signed_by(&got, &rotated.body["data"]["secret"]) && !is_signed_by(&got, &third));
    assert_eq!(stage.number("select count(*) from webhook_secrets where previous is not null").await, 0);
    stage.app.stop().await;
}

#[tokio::test]
async fn an_overlap_ends_by_itself() {
    let stage = Stage::near().await;
    let receiver = Receiver::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let made = stage.made(json!({ "url": receiver.url })).await;
    stage.call("rotate-webhook-secret", json!({ "webhook_id": made["id"], "overlap_hours": 1 })).await;
    stage.execute("update webhook_secrets set previous_expires_at = now()").await;
    stage.call("test-webhook", json!({ "webhook_id": made["id"] })).await;
    let got = receiver.got().pop().unwrap();
    assert!(!is_signed_by(&got, &made["secret"]) && !got.header("webhook-signature").contains(' '));
    stage.app.stop().await;
}

#[tokio::test]
async fn a_rotation_that_is_asked_for_twice_happens_once() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR })).await;
    let (path, key) = ("/api/functions/rotate-webhook-secret", [("idempotency-key", "r-1")]);
    let body = json!({ "webhook_id": made["id"], "overlap_hours": 2 });
    let first = stage.ask("POST", path, &key, body.clone()).await;
    let again = stage.ask("POST", path, &key, body).await;
    assert_eq!((first.status, again.status), (200, 200), "{}", again.text);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert!(again.body["data"].get("secret").is_none() && !again.text.contains("whsec_"), "{}", again.text);
    assert_eq!(again.body["data"]["previous_expires_at"], first.body["data"]["previous_expires_at"]);
    let lines =
        "select count(*) from audit_log where action = 'rotateWebhookSecret' and details->>'overlap_hours' = '2'";
    assert_eq!(stage.number(lines).await, 1);
    let stored = "select count(*) from idempotency_keys where convert_from(body, 'UTF8') like '%whsec_%'";
    assert_eq!(stage.number(stored).await, 0);
}

#[tokio::test]
async fn what_cannot_be_rotated_says_why() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR })).await;
    let id = &made["id"];
    for (body, status) in [
        (json!({}), 400),
        (json!({ "webhook_id": "x" }), 400),
        (json!({ "webhook_id": id, "overlap_hours": -1 }), 400),
        (json!({ "webhook_id": id, "overlap_hours": 169 }), 400),
        (json!({ "webhook_id": id, "overlap_hours": 1.5 }), 400),
        (json!({ "webhook_id": id, "overlap": 1 }), 400),
        (json!({ "webhook_id": id, "property_id": uuid::Uuid::now_v7() }), 403),
        (json!({ "webhook_id": uuid::Uuid::now_v7() }), 404),
    ] {
        let answer = stage.call("rotate-webhook-secret", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }
    assert_eq!(stage.number("select count(*) from webhook_secrets where previous is not null").await, 0);
}
