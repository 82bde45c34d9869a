//! Users who come, go, change their role, or are somebody else.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::*;
use crate::support::issuer::{FakeIssuer, test_key};

/// A change of memberships is seen within the time that answers are remembered; the rest is for a slow machine.
const SOON: Duration = Duration::from_millis(4500);

/// Asks until the status is this one.
async fn becomes(status: u16, ask: impl AsyncFn() -> Answer) {
    let began = Instant::now();
    loop {
        let answer = ask().await;
        if answer.status == status {
            return;
        }
        assert!(began.elapsed() < SOON, "{}", answer.text);
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_user_who_is_removed_is_refused_within_seconds_although_the_token_holds() {
    let stage = Stage::set().await;
    stage.member("clerk", "user_leaving", "admin", Some(stage.tenant.property)).await;
    let token = stage.app.token("user_leaving");
    let id = stage.tenant.property.to_string();
    for named in [None, Some(&*id)] {
        assert_eq!(whoami_as(&stage.app, &token, named).await.status, 200);
    }
    stage.execute("delete from memberships where subject = 'user_leaving'").await;
    becomes(403, async || whoami_as(&stage.app, &token, None).await).await;
    becomes(403, async || whoami_as(&stage.app, &token, Some(&id)).await).await;
    refused(&stage.function_as(&token, "create-api-key", json!({ "name": "x" })).await, 403, "no_property");
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_within_seconds() {
    let stage = Stage::set().await;
    stage.member("clerk", "user_less", "admin", Some(stage.tenant.property)).await;
    let token = stage.app.token("user_less");
    assert_eq!(stage.function_as(&token, "create-api-key", json!({ "name": "x" })).await.status, 200);
    stage.execute("update memberships set role = 'viewer' where subject = 'user_less'").await;
    becomes(403, async || stage.function_as(&token, "create-api-key", json!({ "name": "x" })).await).await;
    assert_eq!(data(&whoami_as(&stage.app, &token, None).await)["role"], "viewer");
}

#[tokio::test]
async fn a_deleted_property_is_gone_with_its_keys() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(generous()).await;
    assert_eq!(whoami(&stage.app, &key).await.status, 200);
    let token = stage.app.token(&stage.tenant.owner);
    assert_eq!(whoami_as(&stage.app, &token, None).await.status, 200);
    stage.execute(&format!("delete from properties where id = '{}'", stage.tenant.property)).await;
    stage.app.app.changes.acknowledged().await.unwrap();
    unauthorized(&whoami(&stage.app, &key).await);
    becomes(403, async || whoami_as(&stage.app, &token, None).await).await;
    assert_eq!(stage.number("select count(*) from api_key_secrets").await, 0);
}

#[tokio::test]
async fn an_impersonated_user_reads_and_manages_no_keys_and_a_pending_sign_in_does_nothing() {
    let issuer = FakeIssuer::start(vec![test_key(0).jwk("k")]).await;
    let jwks = format!("{}/.well-known/jwks.json", issuer.url);
    let stage = Stage::with(&[
        PATIENT,
        ("PLAYHOUSE_AUTH__CLERK__ISSUER", &issuer.url),
        ("PLAYHOUSE_AUTH__CLERK__JWKS_URL", &jwks),
    ])
    .await;
    let now = stage.app.clock.now().timestamp();
    let token = |more: Value| {
        let mut claims = json!({
            "iss": issuer.url, "sub": stage.tenant.owner, "sid": "sess_1", "iat": now, "nbf": now, "exp": now + 60,
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        test_key(0).sign(r#"{"alg":"RS256","typ":"JWT","kid":"k"}"#, &claims.to_string())
    };
    let impersonated = token(json!({ "act": { "sub": "user_support" } }));
    assert_eq!(whoami_as(&stage.app, &impersonated, None).await.status, 200);
    let made = stage.function_as(&impersonated, "create-api-key", json!({ "name": "x" })).await;
    refused(&made, 403, "impersonated");
    let pending = whoami_as(&stage.app, &token(json!({ "sts": "pending" })), None).await;
    refused(&pending, 403, "forbidden");
    assert_eq!(whoami_as(&stage.app, &token(json!({})), None).await.status, 200);
}
