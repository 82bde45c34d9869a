//! Functions under an `Idempotency-Key`.

use super::*;

impl Stage {
    async fn once(&self, name: &str, key: &str, body: &Value) -> Answer {
        let request = self.app.request("POST", &format!("/api/functions/{name}"));
        let token = self.app.token(&self.tenant.owner);
        send(request.bearer_auth(token).header("idempotency-key", key).json(body)).await
    }

    async fn keys(&self) -> i64 {
        let property = self.tenant.property;
        let sql = format!("select count(*) from api_keys where property_id = '{property}'");
        database::number(&self.app.database_url, &sql).await
    }
}

#[tokio::test]
async fn a_key_that_is_asked_for_twice_is_made_once_and_its_text_shown_once() {
    let stage = Stage::set().await;
    let body = json!({ "name": "Agent", "scopes": ["read"] });
    let first = stage.once("create-api-key", "\"a-1\"", &body).await;
    let again = stage.once("create-api-key", "a-1", &body).await;
    assert_eq!((first.status, again.status), (200, 200), "{}", again.text);
    assert!(first.headers.get("idempotency-replayed").is_none());
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body["data"]["id"], first.body["data"]["id"]);
    let key = text(&first.body["data"]["key"]);
    assert!(again.body["data"].get("key").is_none() && !again.text.contains(key));
    assert_eq!(stage.keys().await, 1);
    let stored = format!("select count(*) from idempotency_keys where convert_from(body, 'UTF8') like '%{key}%'");
    assert_eq!(database::number(&stage.app.database_url, &stored).await, 0, "a secret is never stored");
}

#[tokio::test]
async fn a_key_is_free_again_as_soon_as_its_call_is_answered() {
    let stage = Stage::set().await;
    let (one, two) = (json!({ "name": "One" }), json!({ "name": "Two" }));
    for round in 0..50 {
        let again = stage.once("create-api-key", "often", &one).await;
        assert_eq!(again.status, 200, "round {round}: {}", again.text);
        refused(&stage.once("create-api-key", "often", &two).await, 422, "idempotency_key_reused");
    }
    assert_eq!(stage.keys().await, 1);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_422_and_a_malformed_key_400() {
    let stage = Stage::set().await;
    assert_eq!(stage.once("create-api-key", "a", &json!({ "name": "One" })).await.status, 200);
    refused(&stage.once("create-api-key", "a", &json!({ "name": "Two" })).await, 422, "idempotency_key_reused");
    refused(&stage.once("create-api-key", "a b", &json!({ "name": "One" })).await, 400, "idempotency_key_invalid");
    assert_eq!(stage.keys().await, 1);
}

#[tokio::test]
async fn a_rotation_that_is_asked_for_twice_happens_once() {
    let stage = Stage::set().await;
    let made = stage.created(json!({})).await;
    let body = json!({ "key_id": made["id"] });
    let first = stage.once("rotate-api-key", "r", &body).await;
    let again = stage.once("rotate-api-key", "r", &body).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(whoami(&stage.app, text(&first.body["data"]["key"])).await.status, 200);
}

#[tokio::test]
async fn a_refusal_is_repeated_as_it_was() {
    let stage = Stage::set().await;
    let body = json!({ "key_id": Uuid::now_v7() });
    let first = stage.once("revoke-api-key", "x", &body).await;
    let again = stage.once("revoke-api-key", "x", &body).await;
    assert_eq!((first.status, again.status), (404, 404));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(first.body["error"], again.body["error"]);
}

#[tokio::test]
async fn a_key_that_has_expired_meanwhile_is_still_what_was_answered() {
    let stage = Stage::set().await;
    let end = stage.app.clock.now() + TimeDelta::hours(1);
    let body = json!({ "name": "Agent", "expires_at": end.to_rfc3339() });
    let first = stage.once("create-api-key", "brief", &body).await;
    assert_eq!(first.status, 200, "{}", first.text);
    stage.app.clock.advance(TimeDelta::hours(2));
    let again = stage.once("create-api-key", "brief", &body).await;
    assert_eq!((again.status, &again.body["data"]["id"]), (200, &first.body["data"]["id"]), "{}", again.text);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(stage.once("create-api-key", "late", &body).await.status, 400);
    assert_eq!(stage.keys().await, 1);
}
