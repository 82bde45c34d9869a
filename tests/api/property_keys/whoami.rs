//! What a credential is told about itself.

use playhouse::auth::property_key::Right;

use super::*;

#[tokio::test]
async fn a_key_is_told_its_property_rights_and_limits() {
    let stage = Stage::set().await;
    let (id, key) = stage
        .key(NewPropertyKey {
            name: "Reporting".to_owned(),
            scopes: vec![Right::Read],
            allowed_tables: Some(vec!["players".to_owned()]),
            rate_limit: 100,
            rate_limit_per_day: Some(5000),
            ..generous()
        })
        .await;
    let answer = whoami(&stage.app, &key).await;
    let mut seen = data(&answer);
    let limits = seen["limits"].take();
    let expected = json!({
        "kind": "key", "id": id, "name": "Reporting", "property_id": stage.tenant.property, "scopes": ["read"],
        "allowed_tables": ["players"], "expires_at": null, "limits": null,
    });
    assert_eq!(seen, expected);
    let (minute, day) = (&limits[0], &limits[1]);
    assert_eq!(
        (&minute["window"], &minute["limit"], &minute["remaining"]),
        (&json!("minute"), &json!(100), &json!(99))
    );
    assert_eq!((&day["window"], &day["limit"], &day["remaining"]), (&json!("day"), &json!(5000), &json!(4999)));
    assert!((1..=60).contains(&minute["reset_seconds"].as_i64().unwrap()), "{limits}");
    assert!((1..=86_400).contains(&day["reset_seconds"].as_i64().unwrap()), "{limits}");
    let told = format!("\"minute\";r=99;t={}, \"day\";r=4999;t={}", minute["reset_seconds"], day["reset_seconds"]);
    assert_eq!(answer.header("ratelimit"), told);
    assert_eq!(answer.header("ratelimit-policy"), "\"minute\";q=100;w=60, \"day\";q=5000;w=86400");
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn a_key_without_a_day_limit_is_told_of_its_minute_alone() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(NewPropertyKey { rate_limit_per_day: None, ..generous() }).await;
    let answer = whoami(&stage.app, &key).await;
    let seen = data(&answer);
    assert_eq!(seen["limits"].as_array().unwrap().len(), 1);
    assert!(seen["allowed_tables"].is_null() && seen.get("role").is_none());
    assert_eq!(answer.header("ratelimit-policy"), "\"minute\";q=1000000;w=60");
}

#[tokio::test]
async fn a_user_is_told_the_role_and_has_no_limits() {
    let stage = Stage::set().await;
    let token = stage.app.token(&stage.tenant.owner);
    let answer = whoami_as(&stage.app, &token, None).await;
    let mut seen = data(&answer);
    assert!(chrono::DateTime::parse_from_rfc3339(text(&seen["expires_at"].take())).is_ok());
    let expected = json!({
        "kind": "user", "id": format!("clerk:{}", stage.tenant.owner), "name": null,
        "property_id": stage.tenant.property, "role": "owner", "scopes": ["read", "write"], "allowed_tables": null,
        "expires_at": null, "limits": [],
    });
    assert_eq!(seen, expected);
    assert_eq!(answer.header("ratelimit"), "");
}

#[tokio::test]
async fn unknown_parameters_are_refused() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(generous()).await;
    let request = stage.app.request("GET", &format!("{WHOAMI}?verbose=1")).header("x-api-key", &key);
    refused(&send(request).await, 400, "bad_request");
}
