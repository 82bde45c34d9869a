//! When a key opens and when it does not: revoked, expired, deleted, imported, out of quota.

use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta, Timelike};
use playhouse::auth::key_text;
use serde_json::{Value, json};

use super::{SESSIONS, Stage, UNAUTHORIZED, refused};
use crate::support::{
    TestApp,
    app::{Answer, send},
};

impl Stage {
    /// createSession with a key at this server and at another.
    async fn at_both(&self, replica: &TestApp, key: &str) -> [Answer; 2] {
        let body = json!({ "game_id": self.tenant.game });
        [self.try_key(key).await, replica.keyed(key, "POST", SESSIONS, body).await]
    }

    async fn delete_key(&self, id: i64) {
        let answer = self.manage("DELETE", &format!("?id={id}&org_id={}", self.tenant.org), Value::Null).await;
        assert_eq!((answer.status, &*answer.text), (200, r#"{"success":true}"#));
    }
}

fn token(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["data"]["token"].as_str().unwrap()
}

fn unauthorized(answers: &[Answer]) {
    for answer in answers {
        assert_eq!((answer.status, &*answer.text), (401, UNAUTHORIZED));
    }
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_at_any_replica_from_the_answer_on() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    let (id, key) = stage.new_key(json!({})).await;
    for _ in 0..5 {
        let opened = stage.at_both(&replica, &key).await;
        assert_eq!(stage.change_key(id, json!({ "is_active": false })).await.status, 200);
        unauthorized(&stage.at_both(&replica, &key).await);
        for answer in &opened {
            assert_eq!(stage.validate(token(answer)).await.body["data"]["valid"], true);
        }
        assert_eq!(stage.consume(token(&opened[0])).await.status, 200);
        assert_eq!(stage.listed(id).await["is_active"], false, "the record stays");
        assert_eq!(stage.change_key(id, json!({ "is_active": true })).await.status, 200);
    }
}

#[tokio::test]
async fn a_revoked_key_revokes_no_sessions() {
    let stage = Stage::set().await;
    let (id, key) = stage.new_key(json!({})).await;
    let session = token(&stage.try_key(&key).await).to_owned();
    stage.change_key(id, json!({ "is_active": false })).await;
    let answer = send(stage.app.request("DELETE", &format!("{SESSIONS}/{session}")).header("x-api-key", &key)).await;
    unauthorized(&[answer]);
    assert_eq!(stage.revoke(&session).await.status, 200, "another key of the organization still can");
}

#[tokio::test]
async fn a_deleted_key_is_gone_and_what_it_did_stays() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    let (id, key) = stage.new_key(json!({})).await;
    let opened = stage.at_both(&replica, &key).await;
    stage.flush().await;
    let usage = format!("select sum(accepted) from org_api_key_usage where org_api_key_id = {id}");
    let audit = format!("select count(*) from audit_log where actor_kind = 'org_api_key' and actor_id = '{id}'");
    assert!(stage.number(&usage).await >= 1 && stage.number(&audit).await >= 1);
    stage.delete_key(id).await;
    unauthorized(&stage.at_both(&replica, &key).await);
    assert_eq!(stage.listed(id).await, Value::Null);
    replica.app.trail.flush(&replica.app.background).await.unwrap();
    assert_eq!((stage.number(&usage).await, stage.number(&audit).await), (2, 2), "written after the key was gone");
    assert_eq!(stage.validate(token(&opened[0])).await.body["data"]["valid"], true);
    assert_eq!(stage.consume(token(&opened[1])).await.status, 200);
    let again = stage.manage("DELETE", &format!("?id={id}&org_id={}", stage.tenant.org), Value::Null).await;
    refused(&again, 404);
}

#[tokio::test]
async fn a_key_opens_until_the_very_second_of_its_end() {
    let stage = Stage::set().await;
    let end = (stage.app.clock.now() + TimeDelta::hours(1)).with_nanosecond(0).unwrap();
    let (id, key) = stage.new_key(json!({ "expires_at": end.to_rfc3339_opts(SecondsFormat::Secs, true) })).await;
    stage.app.clock.advance(end - TimeDelta::minutes(1) - stage.app.clock.now());
    assert_eq!(stage.try_key(&key).await.status, 200);
    // The clock moves by whole milliseconds, so what is cut off is added.
    stage.app.clock.advance(end - stage.app.clock.now() + TimeDelta::milliseconds(1));
    unauthorized(&[stage.try_key(&key).await]);
    assert_eq!(stage.listed(id).await["is_active"], true, "it was not revoked");
    assert_eq!(stage.change_key(id, json!({ "expires_at": null })).await.status, 200);
    assert_eq!(stage.try_key(&key).await.status, 200);
    assert_eq!(stage.change_key(id, json!({ "expires_at": "1970-01-01T00:00:00Z" })).await.status, 200);
    unauthorized(&[stage.try_key(&key).await]);
}

#[tokio::test]
async fn a_limit_of_nothing_refuses_everything_at_once() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    for member in ["rate_limit_per_minute", "rate_limit_per_day"] {
        let (id, key) = stage.new_key(json!({})).await;
        stage.at_both(&replica, &key).await;
        stage.change_key(id, json!({ member: 0 })).await;
        for answer in stage.at_both(&replica, &key).await {
            assert_eq!(refused(&answer, 429), "Rate limit exceeded", "{member}");
            let wait = answer.body["retry_after"].as_u64().unwrap();
            assert_eq!(answer.header("retry-after"), wait.to_string());
            let expected = json!({ "success": false, "error": "Rate limit exceeded", "retry_after": wait });
            assert_eq!(answer.text, expected.to_string());
        }
        stage.change_key(id, json!({ member: 1000 })).await;
        for answer in stage.at_both(&replica, &key).await {
            assert_eq!(answer.status, 200, "{member}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn an_imported_key_opens_although_its_checksum_does_not_fit() {
    let stage = Stage::set().await;
    let key = "dpk_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0";
    assert!(key_text::is_org_key(key) && !key_text::has_checksum(key));
    stage.import(key).await;
    assert_eq!(stage.try_key(key).await.status, 200);
}

#[tokio::test]
async fn a_key_opens_right_after_its_creation_although_it_was_just_unknown() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    for _ in 0..5 {
        let key = key_text::generate_org_key();
        for _ in 0..2 {
            unauthorized(&stage.at_both(&replica, key.expose()).await);
        }
        stage.import(key.expose()).await;
        stage.app.app.changes.acknowledged().await.unwrap();
        for answer in stage.at_both(&replica, key.expose()).await {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_new_key_opens_at_every_replica_at_once() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    for _ in 0..5 {
        let (_, key) = stage.new_key(json!({})).await;
        for answer in stage.at_both(&replica, &key).await {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_key_that_a_shell_revokes_is_refused_within_moments() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    stage.at_both(&replica, &stage.tenant.key).await;
    stage.execute(&format!("update org_api_keys set is_active = false where id = {}", stage.tenant.key_id)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    unauthorized(&stage.at_both(&replica, &stage.tenant.key).await);
}
