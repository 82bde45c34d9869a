//! A limit that is changed holds from the answer on, on every server.

use super::*;
use crate::support::{TestApp, app::key};

async fn change(app: &TestApp, tenant: &Tenant, id: i32, limits: Value) -> Answer {
    let mut body = json!({ "id": id, "org_id": tenant.org });
    body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
    app.as_user(&tenant.owner, "PATCH", "/api/org-api-keys", body).await
}

#[tokio::test]
async fn a_limit_that_is_lowered_to_nothing_or_raised_holds_at_once_everywhere() {
    let app = TestApp::start().await;
    let other = app.replica().await;
    let tenant = app.tenant().await;
    let (id, key) = key(&app.database_url, tenant.org, 100_000, 100_000).await;
    let quota = Quota { per_minute: 100_000, per_day: Some(100_000) };
    minute_with(&app.database_url, 10).await;
    // Both have far more in hand than the next calls need.
    for app in [&app, &other] {
        for _ in 0..3000 {
            app.app.quotas.spend(Subject::OrgKey(id), quota).await.unwrap();
        }
        assert_eq!(app.keyed(&key, "POST", SESSIONS, NO_GAME()).await.status, 400);
    }

    assert_eq!(change(&app, &tenant, id, json!({ "rate_limit_per_minute": 0 })).await.status, 200);
    for app in [&app, &other] {
        let refused = app.keyed(&key, "POST", SESSIONS, NO_GAME()).await;
        assert_eq!(refused.status, 429);
        assert!((1..=60).contains(&retry_after(&refused)));
        assert!(refused.header("ratelimit-policy").starts_with("\"minute\";q=0;w=60, "));
    }

    assert_eq!(change(&other, &tenant, id, json!({ "rate_limit_per_minute": 200_000 })).await.status, 200);
    for app in [&app, &other] {
        assert_eq!(app.keyed(&key, "POST", SESSIONS, NO_GAME()).await.status, 400, "a refusal is forgotten");
    }
    assert_eq!(change(&app, &tenant, id, json!({ "rate_limit_per_day": 0 })).await.status, 200);
    for app in [&app, &other] {
        assert!(retry_after(&app.keyed(&key, "POST", SESSIONS, NO_GAME()).await) >= 1);
    }
}

#[tokio::test]
async fn a_limit_lowered_below_what_is_used_refuses_and_raised_again_gives_the_difference() {
    let app = TestApp::start().await;
    let tenant = app.tenant().await;
    let (id, key) = key(&app.database_url, tenant.org, 30, 1000).await;
    minute_with(&app.database_url, 8).await;
    assert_eq!(burst(&[&app.url], &key, &tenant, 20, 4).await, tally([(200, 20)]));
    assert_eq!(change(&app, &tenant, id, json!({ "rate_limit_per_minute": 10 })).await.status, 200);
    assert_eq!(burst(&[&app.url], &key, &tenant, 5, 1).await, tally([(429, 5)]));
    assert_eq!(change(&app, &tenant, id, json!({ "rate_limit_per_minute": 25 })).await.status, 200);
    assert_eq!(burst(&[&app.url], &key, &tenant, 10, 4).await, tally([(200, 5), (429, 5)]));
    assert_eq!(counter(&app.database_url, id).await.minute_used, 25);
}

#[tokio::test]
async fn a_limit_that_is_no_number_from_0_to_2147483647_is_refused() {
    let app = TestApp::start().await;
    let tenant = app.tenant().await;
    for name in ["rate_limit_per_minute", "rate_limit_per_day"] {
        for limit in [json!(-1), json!(2_147_483_648_i64), json!(1.5), json!("60"), json!(1e10)] {
            let answer = change(&app, &tenant, tenant.key_id, json!({ name: limit })).await;
            assert_eq!(answer.status, 400, "{name}: {limit}");
            assert!(answer.error().contains(name), "{}", answer.text);
        }
        assert_eq!(change(&app, &tenant, tenant.key_id, json!({ name: 2_147_483_647 })).await.status, 200);
    }
    assert_eq!(app.keyed(&tenant.key, "POST", SESSIONS, NO_GAME()).await.status, 400);
}
