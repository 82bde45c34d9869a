//! Calls that are sent twice.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};

use super::*;
use crate::support::{database, process::Process, property_keys::generous};

async fn post(stage: &Stage, key: &str, body: Value) -> Answer {
    stage.send("POST", "/api/players", &[("idempotency-key", key)], body).await
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

/// Somebody who is about to write a player, and keeps all others of that name waiting.
async fn holder(stage: &Stage, name: &str) -> DatabaseTransaction {
    let db = database::owner(&stage.app.database_url).await;
    let held = db.begin().await.unwrap();
    let property = stage.tenant.property;
    let sql = format!("insert into players (property_id, external_id) values ('{property}', '{name}')");
    held.execute_unprepared(&sql).await.unwrap();
    held
}

/// Waits until somebody waits for a lock.
async fn somebody_waits(stage: &Stage) {
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while stage.number(waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_call_that_is_sent_twice_is_carried_out_once() {
    let stage = Stage::set().await;
    let first = post(&stage, "order-1", json!({ "external_id": "I-1" })).await;
    assert!(first.status == 201 && !replayed(&first), "{}", first.text);
    for spelled in ["order-1", "\"order-1\""] {
        let again = post(&stage, spelled, json!({ "external_id": "I-1" })).await;
        assert!(again.status == 201 && replayed(&again), "{}", again.text);
        assert_eq!(again.text, first.text);
        for name in ["location", "etag", "content-type", "content-range"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"), "it is a call of its own");
    }
    assert_eq!(stage.found("").await, ["I-1"]);
    // Another call: another body, another query.
    refused(&post(&stage, "order-1", json!({ "external_id": "I-2" })).await, 422, "idempotency_key_reused");
    let query = stage.send(
        "POST",
        "/api/players?select=id",
        &[("idempotency-key", "order-1")],
        json!({ "external_id": "I-1" }),
    );
    refused(&query.await, 422, "idempotency_key_reused");
    // Another route is another matter, and so is a call that only reads.
    let segment =
        stage.send("POST", "/api/segments", &[("idempotency-key", "order-1")], json!({ "name": "A segment" })).await;
    assert!(segment.status == 201 && !replayed(&segment));
    assert!(!replayed(&stage.call("GET", "/api/players", &[("idempotency-key", "order-1")]).await));
    stage.app.stop().await;
}

#[tokio::test]
async fn a_key_is_free_again_as_soon_as_its_call_is_answered() {
    let stage = Stage::set().await;
    assert_eq!(post(&stage, "often", json!({ "external_id": "I-1" })).await.status, 201);
    for round in 0..50 {
        let again = post(&stage, "often", json!({ "external_id": "I-1" })).await;
        assert_eq!((again.status, replayed(&again)), (201, true), "round {round}: {}", again.text);
        refused(&post(&stage, "often", json!({ "external_id": "I-2" })).await, 422, "idempotency_key_reused");
    }
    stage.app.stop().await;
}

#[tokio::test]
async fn a_refusal_is_repeated_too() {
    let stage = Stage::set().await;
    stage.player("I-1").await;
    let first = post(&stage, "again", json!({ "external_id": "I-1" })).await;
    refused(&first, 409, "23505");
    assert_eq!(stage.call("DELETE", "/api/players?external_id=eq.I-1", &[]).await.status, 204);
    let again = post(&stage, "again", json!({ "external_id": "I-1" })).await;
    refused(&again, 409, "23505");
    assert!(replayed(&again) && !replayed(&first));
    assert!(stage.found("").await.is_empty());
    stage.app.stop().await;
}

#[tokio::test]
async fn keys_of_different_callers_are_different_keys() {
    let stage = Stage::set().await;
    let (_, theirs) = stage.other().await;
    let colleague = stage.key(generous()).await;
    let body = json!({ "external_id": "I-1" });
    assert_eq!(post(&stage, "mine", body.clone()).await.status, 201);
    let by = async |key: &str| {
        let request =
            stage.app.request("POST", "/api/players").header("x-api-key", key).header("idempotency-key", "mine");
        send(request.json(&body)).await
    };
    let (other, second) = (by(&theirs).await, by(&colleague).await);
    assert!(other.status == 201 && !replayed(&other), "another tenant's call is carried out");
    refused(&second, 409, "23505");
    assert!(!replayed(&second), "another key's call is carried out, and finds the row");
    let owner = stage.app.request("POST", "/api/players").bearer_auth(stage.app.token(&stage.tenant.owner));
    let user = send(owner.header("idempotency-key", "mine").json(&json!({ "external_id": "I-2" }))).await;
    assert!(user.status == 201 && !replayed(&user), "{}", user.text);
    stage.app.stop().await;
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let stage = Stage::set().await;
    let long = "k".repeat(256);
    for key in ["", "\"\"", "two words", "\"two words\"", "\"open", "tab\there", &long] {
        refused(&post(&stage, key, json!({ "external_id": "I-1" })).await, 400, "idempotency_key_invalid");
    }
    let raw = reqwest::header::HeaderValue::from_bytes("schlüssel".as_bytes()).unwrap();
    let answer = send(
        stage.request("POST", "/api/players").header("idempotency-key", raw).json(&json!({ "external_id": "I-1" })),
    )
    .await;
    refused(&answer, 400, "idempotency_key_invalid");
    assert!(stage.found("").await.is_empty());
    let longest = "k".repeat(255);
    assert_eq!(post(&stage, &longest, json!({ "external_id": "I-1" })).await.status, 201);
    stage.app.stop().await;
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let stage = Stage::set().await;
    assert_eq!(post(&stage, "daily", json!({ "external_id": "I-1" })).await.status, 201);
    stage.app.clock.advance(TimeDelta::hours(23) + TimeDelta::minutes(59));
    assert!(replayed(&post(&stage, "daily", json!({ "external_id": "I-1" })).await));
    stage.app.clock.advance(TimeDelta::minutes(2));
    let later = post(&stage, "daily", json!({ "external_id": "I-2" })).await;
    assert!(later.status == 201 && !replayed(&later), "{}", later.text);
    assert!(replayed(&post(&stage, "daily", json!({ "external_id": "I-2" })).await), "it holds for the new call");
    stage.app.stop().await;
}

#[tokio::test]
async fn a_dry_run_leaves_no_answer_behind() {
    let stage = Stage::set().await;
    let headers = [("idempotency-key", "dry"), ("prefer", "tx=rollback")];
    let dry = stage.send("POST", "/api/players", &headers, json!({ "external_id": "I-1" })).await;
    assert_eq!(dry.status, 201);
    let real = post(&stage, "dry", json!({ "external_id": "I-1" })).await;
    assert!(real.status == 201 && !replayed(&real), "{}", real.text);
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_still_running_is_not_carried_out_beside_itself() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    let held = holder(&stage, "I-1").await;
    let body = json!({ "external_id": "I-1" });
    let request = stage.request("POST", "/api/players").header("idempotency-key", "slow").json(&body);
    let running = tokio::spawn(send(request));
    somebody_waits(&stage).await;
    for app in [&stage.app, &replica] {
        let request =
            app.request("POST", "/api/players").header("x-api-key", &stage.key).header("idempotency-key", "slow");
        let meanwhile = send(request.json(&body)).await;
        refused(&meanwhile, 409, "idempotency_in_flight");
        assert!(meanwhile.header("retry-after").parse::<u32>().is_ok());
    }
    held.rollback().await.unwrap();
    let first = running.await.unwrap();
    assert_eq!(first.status, 201, "{}", first.text);
    let again = post(&stage, "slow", body).await;
    assert!(replayed(&again) && again.text == first.text);
    replica.stop().await;
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_on_the_way_leaves_neither_the_work_nor_the_key() {
    let stage = Stage::set().await;
    let mut dying = Process::start(&stage.app.database_url, &[]).await;
    let held = holder(&stage, "I-1").await;
    let body = json!({ "external_id": "I-1" });
    let request = stage.app.client.post(format!("{}/api/players", dying.url)).header("x-api-key", &stage.key);
    let lost = tokio::spawn(request.header("idempotency-key", "lost").json(&body).send());
    somebody_waits(&stage).await;
    dying.kill().await;
    assert!(lost.await.unwrap().is_err());
    held.rollback().await.unwrap();
    // Postgres notices that nobody listens any more.
    let again = loop {
        let again = post(&stage, "lost", body.clone()).await;
        if again.status != 409 {
            break again;
        }
        refused(&again, 409, "idempotency_in_flight");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(again.status == 201 && !replayed(&again), "{}", again.text);
    assert_eq!(stage.found("").await, ["I-1"]);
    stage.app.stop().await;
}
