//! A new secret for an old key.

use super::*;

impl Stage {
    async fn rotate(&self, id: &Value, grace_minutes: i64) -> Value {
        data(&self.function("rotate-api-key", json!({ "key_id": id, "grace_minutes": grace_minutes })).await)
    }
}

#[tokio::test]
async fn without_grace_the_old_secret_ends_at_every_replica_with_the_answer() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    let made = stage.created(json!({ "scopes": ["read"] })).await;
    let old = text(&made["key"]);
    for app in [&stage.app, &replica] {
        assert_eq!(whoami(app, old).await.status, 200);
    }
    let rotated = data(&stage.function("rotate-api-key", json!({ "keyId": made["id"] })).await);
    let new = text(&rotated["key"]);
    assert_eq!((&rotated["id"], &rotated["scopes"]), (&made["id"], &json!(["read"])));
    assert!(rotated["previous_expires_at"].is_null() && text(&rotated["key_prefix"]) == &new[..11]);
    for app in [&stage.app, &replica] {
        unauthorized(&whoami(app, old).await);
        assert_eq!(data(&whoami(app, new).await)["id"], made["id"]);
    }
}

#[tokio::test]
async fn the_old_secret_lives_until_the_end_of_its_grace() {
    let stage = Stage::set().await;
    let made = stage.created(json!({})).await;
    let old = text(&made["key"]);
    let rotated = stage.rotate(&made["id"], 10).await;
    let new = text(&rotated["key"]);
    assert_eq!(data(&whoami(&stage.app, old).await)["expires_at"], rotated["previous_expires_at"]);
    assert!(data(&whoami(&stage.app, new).await)["expires_at"].is_null());
    stage.app.clock.advance(TimeDelta::seconds(9 * 60 + 50));
    assert_eq!(whoami(&stage.app, old).await.status, 200);
    stage.app.clock.advance(TimeDelta::seconds(10));
    unauthorized(&whoami(&stage.app, old).await);
    assert_eq!(whoami(&stage.app, new).await.status, 200);
}

#[tokio::test]
async fn a_grace_does_not_outlive_the_key() {
    let stage = Stage::set().await;
    let end = stage.app.clock.now() + TimeDelta::minutes(5);
    let made = stage.created(json!({ "expires_at": end.to_rfc3339() })).await;
    let rotated = stage.rotate(&made["id"], 60).await;
    let (old, new) = (text(&made["key"]), text(&rotated["key"]));
    assert_eq!(data(&whoami(&stage.app, old).await)["expires_at"], made["expires_at"]);
    stage.app.clock.advance(TimeDelta::minutes(5));
    for key in [old, new] {
        unauthorized(&whoami(&stage.app, key).await);
    }
    refused(&stage.function("rotate-api-key", json!({ "key_id": made["id"] })).await, 409, "key_expired");
}

#[tokio::test]
async fn rotating_again_ends_the_grace_before() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    let made = stage.created(json!({})).await;
    let second = stage.rotate(&made["id"], 60).await;
    let (first, second) = (text(&made["key"]), text(&second["key"]));
    assert_eq!(whoami(&replica, first).await.status, 200);
    let third = stage.rotate(&made["id"], 30).await;
    let third = text(&third["key"]);
    for app in [&stage.app, &replica] {
        unauthorized(&whoami(app, first).await);
        assert_eq!((whoami(app, second).await.status, whoami(app, third).await.status), (200, 200));
    }
    stage.rotate(&made["id"], 0).await;
    for key in [first, second, third] {
        unauthorized(&whoami(&stage.app, key).await);
    }
    assert_eq!(stage.number("select count(*) from api_key_secrets").await, 1);
}

#[tokio::test]
async fn revoking_ends_both_secrets_and_a_revoked_key_is_not_rotated() {
    let stage = Stage::set().await;
    let made = stage.created(json!({})).await;
    let rotated = stage.rotate(&made["id"], 60).await;
    data(&stage.function("revoke-api-key", json!({ "key_id": made["id"] })).await);
    for key in [&made["key"], &rotated["key"]] {
        unauthorized(&whoami(&stage.app, text(key)).await);
    }
    let answer = stage.function("rotate-api-key", json!({ "key_id": made["id"] })).await;
    assert!(refused(&answer, 409, "key_revoked").contains("create a new one"));
}

#[tokio::test]
async fn both_secrets_spend_one_quota() {
    let stage = Stage::set().await;
    let made = stage.created(json!({ "rate_limit": 1000 })).await;
    let rotated = stage.rotate(&made["id"], 60).await;
    let left = |answer: Answer| data(&answer)["limits"][0]["remaining"].as_i64().unwrap();
    let before = left(whoami(&stage.app, text(&made["key"])).await);
    let after = left(whoami(&stage.app, text(&rotated["key"])).await);
    // A minute that begins between the two calls gives everything back.
    assert!(after == before - 1 || after == 999, "{before} {after}");
}

#[tokio::test]
async fn rotations_at_the_same_time_leave_one_present_secret() {
    let stage = Stage::set().await;
    let made = stage.created(json!({})).await;
    let rotations = (0..6).map(|_| stage.rotate(&made["id"], 60));
    let rotated = futures_util::future::join_all(rotations).await;
    let mut working = 0;
    for answer in &rotated {
        working += i32::from(whoami(&stage.app, text(&answer["key"])).await.status == 200);
    }
    assert_eq!(working, 2, "the present one and the one before");
    unauthorized(&whoami(&stage.app, text(&made["key"])).await);
}
