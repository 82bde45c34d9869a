//! A database that answers too slowly: callers are told so, in bounded time.

use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use tokio::task::JoinSet;

use super::*;
use crate::support::TestApp;

async fn locked(app: &TestApp, table: &str) -> DatabaseTransaction {
    let db = database::owner(&app.database_url).await;
    let lock = db.begin().await.unwrap();
    lock.execute_unprepared(&format!("lock table {table} in access exclusive mode")).await.unwrap();
    lock
}

fn says_come_again(answer: &Answer) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"), "{}", answer.text);
    assert_eq!(answer.body["success"], false);
    assert!(!answer.text.contains("timeout") && !answer.text.contains("game_sessions"), "{}", answer.text);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_broken_off_with_503() {
    let app = TestApp::with(&[("PLAYHOUSE_DATABASE__STATEMENT_TIMEOUT_SECONDS", "1")]).await;
    let tenant = app.tenant().await;
    let token = app.session(&tenant).await;
    let lock = locked(&app, "game_sessions").await;
    let began = Instant::now();
    let path = format!("{SESSIONS}/{token}");
    let (creating, reading) = tokio::join!(create(&app.url, &tenant), app.get(&path));
    says_come_again(&creating);
    says_come_again(&reading);
    assert!((800..12_000).contains(&began.elapsed().as_millis()), "after {:?}", began.elapsed());
    assert_eq!(keyed(&app.url, &tenant, json!({})).await.status, 400, "what needs no table is answered");
    lock.rollback().await.unwrap();
    assert_eq!(create(&app.url, &tenant).await.status, 200);

    // A key that is not in memory, while nobody can read the keys.
    let stranger = app.tenant().await;
    let lock = locked(&app, "org_api_keys").await;
    says_come_again(&create(&app.url, &stranger).await);
    // Again, where the machine is so busy that memory is not trusted for a moment.
    within(20, "a key in memory works on", async || create(&app.url, &tenant).await.status == 200).await;
    lock.rollback().await.unwrap();
    assert_eq!(create(&app.url, &stranger).await.status, 200);
}

#[tokio::test]
async fn a_call_that_gets_no_connection_in_time_is_told_503_and_the_others_go_on() {
    let app = TestApp::with(&[("PLAYHOUSE_DATABASE__ACQUIRE_TIMEOUT_SECONDS", "3")]).await;
    let connections = usize::try_from(app.app.config.database.max_connections).unwrap();
    let tenant = app.tenant().await;
    app.session(&tenant).await;
    let lock = locked(&app, "game_sessions").await;
    let mut calls = JoinSet::new();
    let began = Instant::now();
    for _ in 0..connections + 4 {
        let (url, tenant) = (app.url.clone(), tenant.clone());
        calls.spawn(async move { create(&url, &tenant).await });
    }
    for _ in 0..4 {
        says_come_again(&calls.join_next().await.unwrap().unwrap());
        assert!((2900..14_000).contains(&began.elapsed().as_millis()), "after {:?}", began.elapsed());
    }
    within(20, "a full house is no reason to be taken away", async || is_ready(&app.url).await).await;
    lock.rollback().await.unwrap();
    for answer in calls.join_all().await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_counter_that_cannot_be_asked_is_no_reason_to_let_everybody_pass() {
    let app = TestApp::with(&[("PLAYHOUSE_DATABASE__STATEMENT_TIMEOUT_SECONDS", "1")]).await;
    let tenant = app.tenant().await;
    let (id, key) = crate::support::app::key(&app.database_url, tenant.org, 3, 100).await;
    let limited = Tenant { key, key_id: id, ..tenant };
    assert_eq!(create(&app.url, &limited).await.status, 200);
    let lock = locked(&app, "rate_counters").await;
    says_come_again(&create(&app.url, &limited).await);
    lock.rollback().await.unwrap();
    assert_eq!(create(&app.url, &limited).await.status, 200);
}
