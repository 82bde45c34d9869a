//! What stays of calls with a property's credentials.

use super::*;

const LINES: &str = "select concat_ws(' ', organization_id, property_id, actor_kind, actor_id, action, status, \
     host(client_address)) from audit_log order by id";

#[tokio::test]
async fn every_change_of_a_key_leaves_a_line_in_its_own_transaction() {
    let stage = Stage::set().await;
    let made = stage.created(json!({})).await;
    let rotated = data(&stage.function("rotate-api-key", json!({ "key_id": made["id"], "grace_minutes": 5 })).await);
    data(&stage.function("revoke-api-key", json!({ "key_id": made["id"] })).await);
    let place = format!("{} {}", stage.tenant.org, stage.tenant.property);
    let line = |action: &str| format!("{place} user clerk:{} {action} 200 127.0.0.1", stage.tenant.owner);
    let expected = ["createPropertyApiKey", "rotatePropertyApiKey", "revokePropertyApiKey"].map(line);
    // Nothing was flushed: the lines came with the changes, and no second ones follow.
    assert_eq!(stage.lines(LINES).await, expected);
    stage.flush().await;
    assert_eq!(stage.lines(LINES).await, expected);
    let details = stage.lines("select details::text from audit_log order by id").await.concat();
    for secret in [&made["key"], &rotated["key"]] {
        assert!(!details.contains(&text(secret)[11..]), "{details}");
    }
}

#[tokio::test]
async fn a_refused_change_and_a_dead_key_leave_a_line_and_what_is_read_leaves_none() {
    let stage = Stage::set().await;
    let (id, key) = stage.key(generous()).await;
    stage.member("clerk", "user_viewer", "viewer", Some(stage.tenant.property)).await;
    let viewer = stage.app.token("user_viewer");
    assert_eq!(whoami(&stage.app, &key).await.status, 200);
    assert_eq!(whoami_as(&stage.app, &viewer, None).await.status, 200);
    assert_eq!(stage.app.keyed(&key, "POST", "/api/functions/create-api-key", json!({})).await.status, 403);
    assert_eq!(stage.function_as(&viewer, "create-api-key", json!({})).await.status, 403);
    stage.execute("update api_keys set revoked_at = now()").await;
    stage.app.app.changes.acknowledged().await.unwrap();
    unauthorized(&whoami(&stage.app, &key).await);
    stage.flush().await;
    let place = format!("{} {}", stage.tenant.org, stage.tenant.property);
    let expected = [
        format!("{place} api_key {id} createPropertyApiKey 403 127.0.0.1"),
        format!("{place} user clerk:user_viewer createPropertyApiKey 403 127.0.0.1"),
        format!("{place} api_key {id} whoami 401 127.0.0.1"),
    ];
    assert_eq!(stage.lines(LINES).await, expected);
}

#[tokio::test]
async fn usage_is_counted_per_key_and_day_accepted_and_refused_apart() {
    let stage = Stage::set().await;
    let (id, key) = stage.key(generous()).await;
    let (other, other_key) = stage.key(NewPropertyKey { rate_limit: 0, ..generous() }).await;
    let first_day = stage.app.clock.now().date_naive();
    for _ in 0..3 {
        assert_eq!(whoami(&stage.app, &key).await.status, 200);
    }
    for _ in 0..2 {
        assert_eq!(whoami(&stage.app, &other_key).await.status, 429);
    }
    stage.flush().await;
    stage.app.clock.advance(TimeDelta::days(1));
    assert_eq!(whoami(&stage.app, &key).await.status, 200);
    stage.flush().await;
    let second_day = first_day.succ_opt().unwrap();
    let usage = "select concat_ws(' ', api_key_id, day, accepted, refused) from api_key_usage order by 1";
    let mut expected =
        vec![format!("{id} {first_day} 3 0"), format!("{id} {second_day} 1 0"), format!("{other} {first_day} 0 2")];
    expected.sort();
    assert_eq!(stage.lines(usage).await, expected);
    let used = "select concat_ws(' ', id, last_used_at is not null, version) from api_keys order by id";
    assert_eq!(stage.lines(used).await, [format!("{id} t 1"), format!("{other} f 1")], "a use changes no version");
}

#[tokio::test]
async fn usage_goes_with_the_old_lines_and_not_before() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(generous()).await;
    assert_eq!(whoami(&stage.app, &key).await.status, 200);
    stage.flush().await;
    stage.execute("insert into api_key_usage select property_id, id, current_date - 400 from api_keys").await;
    let app = &stage.app.app;
    let before = app.clock.now() + TimeDelta::days(100);
    playhouse::trail::prune(&app.background, before, &Default::default()).await.unwrap();
    assert_eq!(stage.number("select count(*) from api_key_usage").await, 1, "a wrong clock forgets nothing of today");
}
