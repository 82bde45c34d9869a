//! Who may save an endpoint, and what it then hears of.

use playhouse::{auth::property_key::Right, property_keys::NewPropertyKey};

use super::*;

impl Stage {
    async fn hears_of(&self, row: &Value) -> Value {
        let sql = format!(
            "select case when allowed_tables is null then -1 else cardinality(allowed_tables) end from webhooks where id = '{}'",
            id(row)
        );
        json!(self.number(&sql).await)
    }

    async fn hears_of_exactly(&self, row: &Value, tables: &[&str]) {
        let list = tables.join(",");
        let sql = format!("select count(*) from webhooks where id = '{}' and allowed_tables = '{{{list}}}'", id(row));
        assert_eq!(self.number(&sql).await, 1, "{list} {}", self.hears_of(row).await);
    }
}

#[tokio::test]
async fn a_key_that_may_only_read_saves_tests_and_rotates_nothing() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR })).await;
    let read = NewPropertyKey { scopes: vec![Right::Read], ..generous() };
    let (_, reader) = property_key(&stage.app.database_url, &stage.tenant, read).await;
    assert_eq!(stage.ask_as(&reader, "GET", WEBHOOKS, &[], &Value::Null).await.status, 200);
    let by_id = json!({ "webhook_id": made["id"] });
    for (method, path, body) in [
        ("POST", WEBHOOKS, json!({ "url": FAR })),
        ("PATCH", &one(&made), json!({ "url": FAR })),
        ("PUT", &one(&made), json!({ "url": FAR })),
        ("DELETE", &one(&made), Value::Null),
        ("POST", "/api/functions/rotate-webhook-secret", by_id.clone()),
        ("POST", "/api/functions/test-webhook", by_id),
        ("POST", "/api/functions/redeliver", json!({ "delivery_id": made["id"] })),
    ] {
        refused(&stage.ask_as(&reader, method, path, &[], &body).await, 403, "scope_missing");
    }
    let other = stage.key_of(&["players", "webhook_deliveries"]).await;
    for (path, body) in [
        (WEBHOOKS, json!({ "url": FAR })),
        ("/api/functions/rotate-webhook-secret", json!({ "webhook_id": made["id"] })),
        ("/api/functions/test-webhook", json!({ "webhook_id": made["id"] })),
        ("/api/functions/redeliver", json!({ "webhook_id": made["id"], "since": "2026-01-01T00:00:00Z" })),
    ] {
        refused(&stage.ask_as(&other, "POST", path, &[], &body).await, 403, "table_not_allowed");
    }
    let webhooks = stage.key_of(&["webhooks"]).await;
    let body = json!({ "delivery_id": made["id"] });
    let answer = stage.ask_as(&webhooks, "POST", "/api/functions/redeliver", &[], &body).await;
    assert!(refused(&answer, 403, "table_not_allowed").ends_with("webhook_deliveries"));
}

#[tokio::test]
async fn a_key_of_some_tables_hears_of_those_alone() {
    let stage = Stage::set().await;
    let key = stage.key_of(&["players", "webhooks"]).await;
    let save = async |types: Value| {
        let body = json!({ "url": FAR, "event_types": types });
        stage.ask_as(&key, "POST", WEBHOOKS, &[], &body).await
    };
    for types in [json!(["segment.created"]), json!(["player.created", "campaign.*"]), json!(["api_key.created"])] {
        let answer = save(types).await;
        let sentence = refused(&answer, 403, "table_not_allowed");
        assert!(sentence.starts_with("event_types names "), "{sentence}");
    }
    let made = save(json!(["player.*"])).await;
    assert_eq!(made.status, 201, "{}", made.text);
    stage.hears_of_exactly(&made.body, &["players"]).await;
    let all = stage.ask_as(&key, "POST", WEBHOOKS, &[], &json!({ "url": FAR })).await;
    assert_eq!((all.status, &all.body["event_types"]), (201, &json!(["*"])), "{}", all.text);
    stage.hears_of_exactly(&all.body, &["players", "webhooks"]).await;
    let patched = json!({ "event_types": ["consent.recorded"] });
    refused(&stage.ask_as(&key, "PATCH", &one(&all.body), &[], &patched).await, 403, "table_not_allowed");
    // The database keeps to it, whatever the list of types says.
    stage
        .execute(&format!("insert into segments (property_id, name) values ('{}', 'quiet')", stage.tenant.property))
        .await;
    database::hand_out(&stage.app.database_url).await;
    assert_eq!(stage.number("select count(*) from webhook_deliveries").await, 0);
    stage
        .execute(&format!("insert into players (property_id, external_id) values ('{}', 'P')", stage.tenant.property))
        .await;
    database::hand_out(&stage.app.database_url).await;
    assert_eq!(stage.number("select count(*) from webhook_deliveries").await, 2);
}

#[tokio::test]
async fn guarded_tables_are_heard_of_by_who_may_read_them() {
    let stage = Stage::set().await;
    let answer = stage.ask("POST", WEBHOOKS, &[], json!({ "url": FAR, "event_types": ["api_key.*"] })).await;
    refused(&answer, 403, "table_not_allowed");
    let all = stage.made(json!({ "url": FAR })).await;
    assert!(stage.hears_of(&all).await.as_i64().unwrap() > 10);
    let sql = format!("select count(*) from webhooks where id = '{}' and 'api_keys' = any (allowed_tables)", id(&all));
    assert_eq!(stage.number(&sql).await, 0);
    let body = json!({ "url": FAR, "event_types": ["api_key.created", "player.created"] });
    let owner = stage.app.as_user(&stage.tenant.owner, "POST", WEBHOOKS, body).await;
    assert_eq!(owner.status, 201, "{}", owner.text);
    stage.hears_of_exactly(&owner.body, &["api_keys", "players"]).await;
    let owner = stage.app.as_user(&stage.tenant.owner, "POST", WEBHOOKS, json!({ "url": FAR })).await;
    assert_eq!(stage.hears_of(&owner.body).await, json!(-1), "everything, also what is still to come");
    let named = stage.key_of(&["api_keys", "webhooks"]).await;
    let body = json!({ "url": FAR, "event_types": ["api_key.*"] });
    assert_eq!(stage.ask_as(&named, "POST", WEBHOOKS, &[], &body).await.status, 201);
}

#[tokio::test]
async fn nobody_leads_elsewhere_what_they_may_not_read() {
    let stage = Stage::set().await;
    let key = stage.key_of(&["players", "webhooks"]).await;
    let more = stage.made(json!({ "url": FAR, "event_types": ["player.*", "campaign.*"] })).await;
    let everything = stage.app.as_user(&stage.tenant.owner, "POST", WEBHOOKS, json!({ "url": FAR })).await.body;
    let elsewhere = json!({ "url": format!("{FAR}/mine") });
    let all = format!("{WEBHOOKS}?url=eq.{FAR}");
    for (method, path, body) in [
        ("PATCH", one(&more), elsewhere.clone()),
        ("PATCH", one(&everything), elsewhere.clone()),
        ("PATCH", all, elsewhere.clone()),
        ("PATCH", one(&more), json!({ "url": format!("{FAR}/mine"), "event_types": ["player.*"] })),
        ("PUT", one(&more), elsewhere.clone()),
        ("PATCH", one(&more), json!({ "event_types": ["player.*"] })),
        ("PATCH", WEBHOOKS.to_owned(), json!([{ "id": more["id"], "url": format!("{FAR}/mine") }])),
    ] {
        let answer = stage.ask_as(&key, method, &path, &[], &body).await;
        assert!(refused(&answer, 403, "table_not_allowed").starts_with("url and event_types: "), "{method} {path}");
    }
    refused(&stage.ask("PATCH", &one(&everything), &[], elsewhere.clone()).await, 403, "table_not_allowed");
    assert_eq!(stage.number(&format!("select count(*) from webhooks where url <> '{FAR}'")).await, 0);
    for body in [json!({ "description": "x" }), json!({ "enabled": false }), json!({ "rate_limit": 1 })] {
        assert_eq!(stage.ask_as(&key, "PATCH", &one(&more), &[], &body).await.status, 200, "{body}");
    }
    // Once somebody has made it hear of no more than that, it is theirs to lead elsewhere.
    assert_eq!(stage.ask("PATCH", &one(&more), &[], json!({ "event_types": ["player.*"] })).await.status, 200);
    stage.hears_of_exactly(&more, &["players"]).await;
    assert_eq!(stage.ask_as(&key, "PATCH", &one(&more), &[], &elsewhere).await.status, 200);
    assert_eq!(stage.ask("PATCH", &one(&more), &[], elsewhere).await.status, 200);
}

#[tokio::test]
async fn events_are_read_by_who_may_read_what_they_tell_of() {
    let stage = Stage::set().await;
    assert_eq!(stage.ask("POST", "/api/players", &[], json!({ "external_id": "P-1" })).await.status, 201);
    let key = stage.key_of(&["players", "events"]).await;
    let path = "/api/events?select=type&order=type";
    let types = |answer: &Answer| -> Vec<String> {
        let rows = answer.body.as_array().unwrap_or_else(|| panic!("{}", answer.text));
        rows.iter().map(|row| row["type"].as_str().unwrap().to_owned()).collect()
    };
    // Whoever sees more asks first, so that the question is known.
    let owner = stage.app.as_user(&stage.tenant.owner, "GET", path, Value::Null).await;
    assert_eq!(
        types(&owner),
        ["api_key.created", "api_key.created", "game.created", "player.created", "stream.created"]
    );
    assert_eq!(types(&stage.get(path).await), ["game.created", "player.created", "stream.created"]);
    let read = async |path: &str| stage.ask_as(&key, "GET", path, &[("prefer", "count=exact")], &Value::Null).await;
    for path in [path, "/api/events?select=type&or=(type.eq.game.created,type.not.is.null)", "/api/events?type=like.*"]
    {
        let answer = read(path).await;
        assert_eq!(
            (types(&answer), answer.header("x-total-count")),
            (vec!["player.created".to_owned()], "1"),
            "{path}"
        );
    }
    assert_eq!(read("/api/events?select=count()").await.body, json!([{ "count": 1 }]));
    let games = stage.get("/api/events?type=eq.game.created").await;
    refused(&read(&format!("/api/events/{}", id(&games.body[0]))).await, 404, "not_found");
    let batch = json!({ "operations": [{ "method": "GET", "path": "/events?select=type" }] });
    let answer = stage.ask_as(&key, "POST", "/api/batch", &[], &batch).await;
    assert_eq!(answer.body["data"][0]["body"], json!([{ "type": "player.created" }]), "{}", answer.text);
    let request = stage.app.request("POST", "/api/events/query").header("x-api-key", &key);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(types(&send(request.body("select=type")).await), ["player.created"]);
}

#[tokio::test]
async fn the_list_of_functions_has_those_that_a_credential_may_call() {
    let stage = Stage::set().await;
    let names = |answer: &Answer| -> Vec<String> {
        let functions = answer.body["data"]["functions"].as_array().unwrap();
        functions.iter().map(|function| function["name"].as_str().unwrap().to_owned()).collect()
    };
    let own = ["rotate-webhook-secret", "test-webhook", "redeliver"];
    assert_eq!(names(&stage.get("/api").await), own);
    let owner = stage.app.as_user(&stage.tenant.owner, "GET", "/api", Value::Null).await;
    assert_eq!(names(&owner)[..3], ["create-api-key", "revoke-api-key", "rotate-api-key"]);
    assert_eq!(names(&owner)[3..], own);
    for (tables, expected) in [(&["webhooks"][..], &own[..2]), (&["players"], &[])] {
        let key = stage.key_of(tables).await;
        assert_eq!(names(&stage.ask_as(&key, "GET", "/api", &[], &Value::Null).await), expected, "{tables:?}");
    }
}
