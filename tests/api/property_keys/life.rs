//! When a key opens and when it does not.

use chrono::{SecondsFormat, Timelike};
use playhouse::auth::key_text;

use super::*;

#[tokio::test]
async fn a_created_key_opens_its_property_and_is_shown_once() {
    let stage = Stage::set().await;
    let made = stage.created(json!({ "property_id": stage.tenant.property })).await;
    let key = text(&made["key"]);
    assert!(key_text::is_property_key(key));
    assert_eq!(text(&made["key_prefix"]), &key[..11]);
    assert_eq!((&made["scopes"], &made["rate_limit"]), (&json!(["read", "write"]), &json!(100)));
    assert!(made["allowed_tables"].is_null() && made["rate_limit_per_day"].is_null(), "{made}");
    let seen = data(&whoami(&stage.app, key).await);
    assert_eq!((&seen["id"], &seen["property_id"]), (&made["id"], &json!(stage.tenant.property)));
    let revoked = data(&stage.function("revoke-api-key", json!({ "key_id": made["id"] })).await);
    assert!(revoked.get("key").is_none(), "{revoked}");
    let stored = stage.lines("select to_jsonb(k)::text from api_keys k").await.concat();
    assert!(!stored.contains(&key[11..]), "the key itself is stored nowhere");
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_at_any_replica_from_the_answer_on() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    for _ in 0..4 {
        let made = stage.created(json!({})).await;
        let key = text(&made["key"]);
        for app in [&stage.app, &replica] {
            assert_eq!(whoami(app, key).await.status, 200);
        }
        let revoked = data(&stage.function("revoke-api-key", json!({ "key_id": made["id"] })).await);
        assert_eq!(revoked["is_active"], false);
        for app in [&stage.app, &replica] {
            unauthorized(&whoami(app, key).await);
        }
        let again = data(&stage.function("revoke-api-key", json!({ "keyId": made["id"] })).await);
        assert_eq!(again["revoked_at"], revoked["revoked_at"], "revoking twice is a success and changes nothing");
    }
}

#[tokio::test]
async fn a_key_ends_on_the_exact_second() {
    let stage = Stage::set().await;
    let end = (stage.app.clock.now() + TimeDelta::hours(1)).with_nanosecond(0).unwrap();
    let end_text = end.to_rfc3339_opts(SecondsFormat::Secs, true);
    let made = stage.created(json!({ "expires_at": end_text })).await;
    let key = text(&made["key"]);
    stage.app.clock.advance(end - stage.app.clock.now() - TimeDelta::seconds(20));
    assert_eq!(whoami(&stage.app, key).await.status, 200);
    // The clock moves by whole milliseconds.
    stage.app.clock.advance(end - stage.app.clock.now() + TimeDelta::milliseconds(1));
    unauthorized(&whoami(&stage.app, key).await);
}

#[tokio::test]
async fn a_change_by_sql_reaches_a_key_that_memory_knows() {
    let stage = Stage::set().await;
    let (id, key) = stage.key(generous()).await;
    assert_eq!(data(&whoami(&stage.app, &key).await)["scopes"], json!(["read", "write"]));
    stage.execute(&format!("update api_keys set scopes = '{{read}}', name = 'Less' where id = '{id}'")).await;
    stage.app.app.changes.acknowledged().await.unwrap();
    let seen = data(&whoami(&stage.app, &key).await);
    assert_eq!((&seen["scopes"], &seen["name"]), (&json!(["read"]), &json!("Less")));
    stage.execute(&format!("delete from api_keys where id = '{id}'")).await;
    stage.app.app.changes.acknowledged().await.unwrap();
    unauthorized(&whoami(&stage.app, &key).await);
}

#[tokio::test]
async fn a_key_of_another_tenant_is_no_key() {
    let stage = Stage::set().await;
    let stranger = stage.app.tenant().await;
    let (id, key) = property_key(&stage.app.database_url, &stranger, generous()).await;
    for name in ["revoke-api-key", "rotate-api-key"] {
        let foreign = stage.function(name, json!({ "key_id": id })).await;
        let absent = stage.function(name, json!({ "key_id": Uuid::now_v7() })).await;
        assert_eq!(refused(&foreign, 404, "not_found"), "API key not found");
        assert_eq!(foreign.text, absent.text);
    }
    assert_eq!(data(&whoami(&stage.app, &key).await)["property_id"], json!(stranger.property));
    for body in
        [json!({ "name": "x", "property_id": stranger.property }), json!({ "name": "x", "propertyId": Uuid::nil() })]
    {
        refused(&stage.function("create-api-key", body).await, 403, "property_mismatch");
    }
    assert_eq!(stage.number("select count(*) from api_keys").await, 1);
}
