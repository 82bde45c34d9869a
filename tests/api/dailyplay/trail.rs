//! What stays of each call: the audit trail and the usage of keys.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{KEYS, SESSIONS, Stage, UNKNOWN_TOKEN};
use crate::support::{TestApp, app::send, database};

/// What the trail says about calls with keys, oldest first.
const BY_KEYS: &str = "select concat_ws(' ', organization_id, actor_id, action, status, host(client_address), request_id) \
     from audit_log where actor_kind = 'org_api_key' order by id";

#[tokio::test]
async fn every_call_with_a_key_leaves_a_line_with_key_operation_status_address_and_request() {
    let stage = Stage::set().await;
    let (spent, spent_key) = stage.new_key(json!({ "rate_limit_per_minute": 0 })).await;
    let (id, org) = (i64::from(stage.tenant.key_id), stage.tenant.org);
    let token = stage.ticket().await;
    let mut expected = Vec::new();
    for (key, method, path, body, id, line) in [
        (&stage.tenant.key, "POST", SESSIONS, json!({ "stream_id": stage.tenant.stream }), id, "createSession 200"),
        (
            &stage.tenant.key,
            "POST",
            "/api/org-api-keys?action=create-session",
            json!({ "game_id": 1, "stream_id": 0 }),
            id,
            "createSession 400",
        ),
        (&stage.tenant.key, "POST", SESSIONS, json!({ "game_id": i32::MAX }), id, "createSession 403"),
        (
            &stage.tenant.key,
            "POST",
            "/api/org-api-keys?action=revoke-session",
            json!({ "token": token }),
            id,
            "revokeSession 200",
        ),
        (
            &stage.tenant.key,
            "POST",
            "/api/org-api-keys?action=revoke-session",
            json!({ "token": UNKNOWN_TOKEN }),
            id,
            "revokeSession 410",
        ),
        (&stage.tenant.key, "DELETE", "/api/org-api-keys/sessions/abc", json!({}), id, "revokeSession 400"),
        (&spent_key, "POST", SESSIONS, json!({ "game_id": stage.tenant.game }), spent, "createSession 429"),
    ] {
        let answer = stage.app.keyed(key, method, path, body).await;
        let request = answer.header("x-request-id");
        assert!(line.ends_with(&answer.status.to_string()), "{line}: {}", answer.text);
        expected.push(format!("{org} {id} {line} 127.0.0.1 {request}"));
    }
    stage.flush().await;
    let lines = stage.lines(BY_KEYS).await;
    assert!(lines[0].contains(&format!("{org} {id} createSession 200 127.0.0.1 ")), "{lines:?}");
    assert_eq!(lines[1..], expected);
}

#[tokio::test]
async fn a_trusted_proxys_client_and_the_callers_request_id_stand_in_the_trail() {
    let stage = Stage::with(&[("PLAYHOUSE_SERVER__TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let request = stage.app.request("POST", SESSIONS).header("x-api-key", &stage.tenant.key);
    let request = request.header("x-forwarded-for", "203.0.113.9").header("x-request-id", "order-4711");
    assert_eq!(send(request.json(&json!({ "game_id": stage.tenant.game }))).await.status, 200);
    stage.flush().await;
    let line = format!("{} {} createSession 200 203.0.113.9 order-4711", stage.tenant.org, stage.tenant.key_id);
    assert_eq!(stage.lines(BY_KEYS).await, [line]);
}

#[tokio::test]
async fn usage_is_counted_per_key_and_day_accepted_and_refused_apart() {
    let stage = Stage::set().await;
    let (id, key) = stage.new_key(json!({})).await;
    let other = stage.new_key(json!({})).await;
    let first_day = stage.app.clock.now().date_naive();
    stage.try_key(&other.1).await;
    for _ in 0..3 {
        assert_eq!(stage.try_key(&key).await.status, 200);
    }
    assert_eq!(stage.app.keyed(&key, "POST", SESSIONS, json!({})).await.status, 400);
    assert_eq!(stage.change_key(id, json!({ "rate_limit_per_minute": 0 })).await.status, 200);
    for _ in 0..2 {
        assert_eq!(stage.try_key(&key).await.status, 429);
    }
    stage.flush().await;
    assert_eq!(stage.change_key(id, json!({ "rate_limit_per_minute": 60 })).await.status, 200);
    stage.app.clock.advance(TimeDelta::days(1));
    assert_eq!(stage.try_key(&key).await.status, 200);
    stage.flush().await;
    let sql = format!(
        "select day || ' ' || accepted || ' ' || refused from org_api_key_usage where org_api_key_id = {id} order by day"
    );
    let second_day = first_day.succ_opt().unwrap();
    assert_eq!(stage.lines(&sql).await, [format!("{first_day} 4 2"), format!("{second_day} 1 0")]);
}

#[tokio::test]
async fn the_list_tells_when_a_key_was_last_used_and_a_refused_call_is_no_use() {
    let stage = Stage::set().await;
    let (id, key) = stage.new_key(json!({})).await;
    let last_used = async || {
        stage.flush().await;
        stage.listed(id).await["last_used_at"].clone()
    };
    assert_eq!(last_used().await, Value::Null);
    let before = stage.app.clock.now();
    stage.try_key(&key).await;
    let first = last_used().await;
    let at: chrono::DateTime<chrono::Utc> = first.as_str().unwrap().parse().unwrap();
    assert!((before - TimeDelta::milliseconds(1)..=stage.app.clock.now()).contains(&at), "{at}");
    stage.change_key(id, json!({ "rate_limit_per_day": 0 })).await;
    stage.app.clock.advance(TimeDelta::minutes(2));
    assert_eq!(stage.try_key(&key).await.status, 429);
    assert_eq!(last_used().await, first);
}

#[tokio::test]
async fn a_users_change_is_in_the_trail_with_its_answer_and_says_what_changed() {
    let stage = Stage::set().await;
    let (id, key) = stage.new_key(json!({ "name": "CRM" })).await;
    let end = "2037-01-01T00:00:00Z";
    stage.change_key(id, json!({ "is_active": false, "allowed_game_ids": null, "expires_at": end })).await;
    stage.manage("DELETE", &format!("?id={id}&org_id={}", stage.tenant.org), Value::Null).await;
    let sql = "select concat_ws(' ', action, status, actor_id, host(client_address), details) from audit_log where actor_kind = 'user' order by id";
    let who = format!("clerk:{}", stage.tenant.owner);
    let lines = stage.lines(sql).await;
    assert_eq!(
        lines,
        [
            format!("createApiKey 200 {who} 127.0.0.1 {{\"id\": {id}, \"name\": \"CRM\"}}"),
            format!(
                "updateApiKey 200 {who} 127.0.0.1 {{\"id\": {id}, \"is_active\": false, \"expires_at\": \"{end}\", \"allowed_game_ids\": null}}"
            ),
            format!("deleteApiKey 200 {who} 127.0.0.1 {{\"id\": {id}}}"),
        ]
    );
    assert!(!lines.concat().contains(&key[8..]));
    stage.flush().await;
    assert_eq!(stage.lines(sql).await, lines, "a change is written once");
}

#[tokio::test]
async fn what_a_user_was_refused_or_only_read_is_in_the_trail_too() {
    let stage = Stage::set().await;
    let stranger = stage.app.tenant().await.owner;
    let query = format!("{KEYS}?org_id={}", stage.tenant.org);
    stage.app.as_user(&stage.tenant.owner, "GET", &query, Value::Null).await;
    stage.app.as_user(&stranger, "GET", &query, Value::Null).await;
    stage.change_key(i32::MAX.into(), json!({})).await;
    stage.flush().await;
    let sql = format!(
        "select concat_ws(' ', action, status, actor_id) from audit_log where organization_id = {} order by id",
        stage.tenant.org
    );
    let owner = &stage.tenant.owner;
    assert_eq!(
        stage.lines(&sql).await,
        [
            format!("listApiKeys 200 clerk:{owner}"),
            format!("listApiKeys 403 clerk:{stranger}"),
            format!("updateApiKey 404 clerk:{owner}")
        ]
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_written_into_the_trail_does_not_happen() {
    let stage = Stage::set().await;
    let (id, key) = stage.new_key(json!({})).await;
    stage.execute("alter table audit_log rename to away").await;
    let before = stage.listed(id).await;
    let answers = [
        stage.change_key(id, json!({ "is_active": false })).await,
        stage.manage("DELETE", &format!("?id={id}&org_id={}", stage.tenant.org), Value::Null).await,
        stage.manage("POST", "", json!({ "org_id": stage.tenant.org, "name": "A key" })).await,
    ];
    for answer in answers {
        let id = answer.header("x-request-id");
        let expected = json!({ "success": false, "error": "Internal server error", "request_id": id });
        assert_eq!((answer.status, answer.text.clone()), (500, expected.to_string()));
    }
    assert_eq!(stage.listed(id).await, before);
    assert_eq!(stage.try_key(&key).await.status, 200);
    assert_eq!(stage.number("select count(*) from org_api_keys").await, 2);
}

#[tokio::test]
async fn no_table_knows_a_key() {
    let stage = Stage::set().await;
    let (id, key) = stage.new_key(json!({})).await;
    stage.try_key(&key).await;
    stage.app.keyed(&key, "POST", &format!("{SESSIONS}?api_key={key}"), json!({ "game_id": key })).await;
    stage.change_key(id, json!({ "name": "Renamed", "rate_limit_per_minute": 0 })).await;
    stage.try_key(&key).await;
    stage.change_key(id, json!({ "is_active": false })).await;
    stage.try_key(&key).await;
    stage.manage("DELETE", &format!("?id={id}&org_id={}", stage.tenant.org), Value::Null).await;
    stage.flush().await;
    let tables = stage.lines("select quote_ident(tablename) from pg_tables where schemaname = 'public'").await;
    assert!(tables.len() > 10, "{tables:?}");
    let everywhere = async |text: &str| {
        let mut found = 0;
        for table in &tables {
            found += stage.number(&format!("select count(*) from {table} as t where t::text like '%{text}%'")).await;
        }
        found
    };
    assert_eq!(everywhere(&key[8..]).await, 0);
    assert!(everywhere(&stage.tenant.owner).await > 0, "what is there is found");
}

#[tokio::test]
async fn what_waits_is_written_when_the_server_stops() {
    let app = TestApp::start().await;
    let tenant = app.tenant().await;
    for _ in 0..3 {
        app.session(&tenant).await;
    }
    let url = app.database_url.clone();
    app.stop().await;
    assert_eq!(database::number(&url, "select count(*) from audit_log where action = 'createSession'").await, 3);
    assert_eq!(database::number(&url, "select sum(accepted) from org_api_key_usage").await, 3);
}
