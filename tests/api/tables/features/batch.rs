//! Several operations, all or nothing.

use playhouse::{auth::property_key::Right, property_keys::NewPropertyKey};

use super::*;
use crate::support::{database::minute_with, property_keys::generous};

fn operation(method: &str, path: &str) -> Value {
    json!({ "method": method, "path": path })
}

fn create(external_id: &str) -> Value {
    json!({ "method": "POST", "path": "/players", "body": { "external_id": external_id } })
}

async fn batch(stage: &Stage, operations: Value) -> Answer {
    stage.post("/api/batch", json!({ "operations": operations })).await
}

async fn batch_with(stage: &Stage, key: &str, operations: Value) -> Answer {
    let request = stage.app.request("POST", "/api/batch").header("x-api-key", key);
    send(request.json(&json!({ "operations": operations }))).await
}

#[tokio::test]
async fn operations_are_carried_out_in_their_order_and_see_each_other() {
    let stage = Stage::set().await;
    let id = "0a000000-0000-4000-8000-000000000001";
    let answer = batch(
        &stage,
        json!([
            { "method": "POST", "path": "/players?select=external_id", "body": { "id": id, "external_id": "B-1" } },
            { "method": "PATCH", "path": "/players?external_id=eq.B-1", "body": { "tier": "gold" } },
            { "method": "PATCH", "path": "/players?external_id.eq=B-1&select=tier", "body": { "tier": "silver" },
              "headers": { "Prefer": "return=representation" } },
            { "method": "GET", "path": format!("/players/{id}?select=external_id,tier") },
            { "method": "POST", "path": "/players?select=external_id", "body": [{ "external_id": "B-2" }, { "external_id": "B-3" }] },
            { "method": "DELETE", "path": "/api/players?external_id=eq.B-2" },
            { "method": "PUT", "path": format!("/players/{id}?select=external_id,tier"), "body": { "external_id": "B-4" } },
            { "method": "GET", "path": "/players?select=external_id&order=external_id" },
            { "method": "GET", "path": "/players?select=external_id&external_id=eq.B-3",
              "headers": { "Accept": "application/vnd.pgrst.object+json" } },
        ]),
    )
    .await;
    let wanted = json!([
        { "status": 201, "body": { "external_id": "B-1" } },
        { "status": 204, "body": null },
        { "status": 200, "body": [{ "tier": "silver" }] },
        { "status": 200, "body": { "external_id": "B-1", "tier": "silver" } },
        { "status": 201, "body": [{ "external_id": "B-2" }, { "external_id": "B-3" }] },
        { "status": 204, "body": null },
        { "status": 200, "body": { "external_id": "B-4", "tier": null } },
        { "status": 200, "body": [{ "external_id": "B-3" }, { "external_id": "B-4" }] },
        { "status": 200, "body": { "external_id": "B-3" } },
    ]);
    assert_eq!(body(&answer, 200), &json!({ "success": true, "data": wanted }));
    assert_eq!(stage.found("order=external_id").await, ["B-3", "B-4"]);
    assert_eq!(body(&batch(&stage, json!([])).await, 200), &json!({ "success": true, "data": [] }));
    stage.app.stop().await;
}

#[tokio::test]
async fn the_first_failure_undoes_everything_and_is_named() {
    let stage = Stage::set().await;
    stage.player("B-0").await;
    for (failing, status, code) in [
        (create("B-0"), 409, "23505"),
        (
            json!({ "method": "POST", "path": "/players", "body": { "external_id": "B-2", "visits": "x" } }),
            400,
            "22P02",
        ),
        (operation("GET", "/players?foo=eq.1"), 400, "42703"),
        (operation("GET", "/players/00000000-0000-4000-8000-000000000000"), 404, "not_found"),
        (operation("DELETE", "/players"), 400, "21000"),
        (operation("GET", "/playrs"), 404, "PGRST205"),
        (operation("PATCH", "/consents?status=eq.granted"), 405, "PGRST117"),
        (operation("POST", "/game_sessions"), 405, "PGRST117"),
        (operation("GET", "/api_keys"), 403, "table_not_allowed"),
        (operation("GET", "/players?select=status&status=foo"), 400, "PGRST100"),
    ] {
        let answer = batch(&stage, json!([create("B-1"), failing, create("B-3")])).await;
        let sentence = refused(&answer, status, code);
        assert!(sentence.contains("operations[1]"), "{sentence}");
        assert_eq!(stage.found("").await, ["B-0"], "{failing}");
    }
    stage.app.stop().await;
}

#[tokio::test]
async fn what_is_no_batch_is_refused() {
    let stage = Stage::set().await;
    for wrong in [
        json!({}),
        json!([]),
        json!({ "operations": {} }),
        json!({ "operations": [{}] }),
        json!({ "operations": [{ "method": "GET" }] }),
        json!({ "operations": [], "atomic": false }),
        json!({ "operations": [{ "method": "GET", "path": "/players", "extra": 1 }] }),
    ] {
        refused(&stage.post("/api/batch", wrong).await, 400, "PGRST102");
    }
    for (method, path) in [
        ("QUERY", "/players"),
        ("get", "/players"),
        ("POST", "/players/00000000-0000-4000-8000-000000000000"),
        ("GET", "players"),
        ("GET", "/players/a/b"),
        ("GET", "https://example.com/players"),
    ] {
        let answer = batch(&stage, json!([operation(method, path)])).await;
        assert!(
            [400, 404].contains(&answer.status) && answer.error().contains("operations[0]"),
            "{path}: {}",
            answer.text
        );
    }
    for headers in [
        json!({ "Prefer": "tx=rollback" }),
        json!({ "Prefer": "timezone=UTC" }),
        json!({ "Accept": "text/csv" }),
        json!({ "Content-Type": "text/csv" }),
        json!({ "no header": "x" }),
        json!({ "X-Fine": "line\nbreak" }),
    ] {
        let operation = json!({ "method": "GET", "path": "/players", "headers": headers });
        let answer = batch(&stage, json!([operation])).await;
        assert!(answer.status == 400 && answer.error().starts_with("operations[0]"), "{headers}: {}", answer.text);
    }
    let csv = stage.request("POST", "/api/batch").header("content-type", "text/csv").body("a\n1");
    refused(&send(csv).await, 415, "PGRST102");
    let mut many = vec![operation("GET", "/players?limit=0"); 100];
    assert_eq!(batch(&stage, json!(many)).await.status, 200);
    many.push(create("B-1"));
    refused(&batch(&stage, json!(many)).await, 400, "batch_too_long");
    stage.app.stop().await;
}

#[tokio::test]
async fn a_batch_may_do_what_its_caller_may() {
    let stage = Stage::set().await;
    let reader = stage.key(NewPropertyKey { scopes: vec![Right::Read], ..generous() }).await;
    let narrow = stage.key(NewPropertyKey { allowed_tables: Some(vec!["segments".to_owned()]), ..generous() }).await;
    let read = || operation("GET", "/players?limit=1");
    assert_eq!(batch_with(&stage, &reader, json!([read(), read()])).await.status, 200);
    let answer = batch_with(&stage, &reader, json!([read(), create("B-1")])).await;
    assert!(refused(&answer, 403, "scope_missing").starts_with("operations[1]"), "{}", answer.text);
    let answer = batch_with(&stage, &narrow, json!([operation("GET", "/segments"), create("B-1")])).await;
    assert!(refused(&answer, 403, "table_not_allowed").starts_with("operations[1]"), "{}", answer.text);
    refused(
        &batch_with(&stage, &narrow, json!([operation("GET", "/segments?select=id,players(id)")])).await,
        400,
        "PGRST200",
    );
    assert_eq!(send(stage.app.request("POST", "/api/batch").json(&json!({ "operations": [] }))).await.status, 401);
    assert!(stage.found("").await.is_empty());
    stage.app.stop().await;
}

#[tokio::test]
async fn a_batch_is_sent_twice_or_tried_like_any_other_call() {
    let stage = Stage::set().await;
    let operations = json!({ "operations": [create("B-1"), create("B-2")] });
    let dry = stage.send("POST", "/api/batch", &[("prefer", "tx=rollback")], operations.clone()).await;
    assert_eq!(dry.status, 200);
    assert!(stage.found("").await.is_empty());
    let key = &[("idempotency-key", "batch")];
    let first = stage.send("POST", "/api/batch", key, operations.clone()).await;
    let again = stage.send("POST", "/api/batch", key, operations).await;
    assert_eq!((first.status, again.header("idempotency-replayed")), (200, "true"), "{}", again.text);
    assert_eq!(again.text, first.text);
    refused(&stage.send("POST", "/api/batch", key, json!({ "operations": [] })).await, 422, "idempotency_key_reused");
    assert_eq!(stage.found("order=external_id").await, ["B-1", "B-2"]);
    stage.app.stop().await;
}

#[tokio::test]
async fn a_batch_costs_its_operations_all_or_none() {
    let stage = Stage::set().await;
    let key = stage.key(NewPropertyKey { rate_limit: 60, rate_limit_per_day: None, ..generous() }).await;
    minute_with(&stage.app.database_url, 15).await;
    let reads = |count: usize| json!(vec![operation("GET", "/players?limit=0"); count]);
    let first = batch_with(&stage, &key, reads(50)).await;
    assert_eq!((first.status, first.header("x-ratelimit-remaining")), (200, "10"));
    let mut writes = vec![operation("GET", "/players?limit=0"); 49];
    writes.push(create("B-1"));
    let refusal = batch_with(&stage, &key, json!(writes)).await;
    refused(&refusal, 429, "rate_limited");
    assert!(refusal.header("retry-after").parse::<u32>().is_ok());
    assert_eq!(batch_with(&stage, &key, reads(10)).await.status, 200, "nothing of the ten was spent");
    refused(&batch_with(&stage, &key, reads(1)).await, 429, "rate_limited");
    assert!(stage.found("").await.is_empty());
    stage.app.stop().await;
}
