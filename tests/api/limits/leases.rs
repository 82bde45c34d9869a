//! Units in hand go back when nobody needs them.

use super::*;
use crate::support::{TestApp, app::tenant};

const AMPLE: Quota = Quota { per_minute: 1_000_000, per_day: Some(1_000_000) };

/// Spends until there is plenty in hand; how much was spent.
async fn fill_hand(quotas: &Quotas, url: &str, key: i32) -> i32 {
    for round in 1..=20 {
        for _ in 0..2000 {
            quotas.spend(Subject::OrgKey(key), AMPLE).await.unwrap();
        }
        if counter(url, key).await.minute_used > round * 2000 + 100 {
            return round * 2000;
        }
    }
    panic!("a quick spender takes more than it spends");
}

#[tokio::test]
async fn units_that_lie_idle_go_back_within_a_second() {
    let app = TestApp::start().await;
    let tenant = app.tenant().await;
    minute_with(&app.database_url, 8).await;
    let spent = fill_hand(&app.app.quotas, &app.database_url, tenant.key_id).await;
    let counter = settles(&app.database_url, tenant.key_id, spent).await;
    assert_eq!((counter.minute_used, counter.day_used), (spent, spent.into()));
}

#[tokio::test]
async fn a_server_that_stops_gives_everything_back() {
    let app = TestApp::start().await;
    let tenant = app.tenant().await;
    minute_with(&app.database_url, 8).await;
    let spent = fill_hand(&app.app.quotas, &app.database_url, tenant.key_id).await;
    let url = app.database_url.clone();
    app.stop().await;
    let counter = counter(&url, tenant.key_id).await;
    assert_eq!((counter.minute_used, counter.day_used), (spent, spent.into()));
}

#[tokio::test]
async fn units_of_a_minute_that_has_passed_go_back_to_the_day() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let replica = Replica::over(&url);
    minute_with(&url, 8).await;
    let spent = fill_hand(&replica.quotas, &url, tenant.key_id).await;
    let passed = "update rate_counters set minute_window = minute_window + 1, minute_used = 7";
    database::execute(&url, passed).await;
    replica.stop().await;
    let counter = counter(&url, tenant.key_id).await;
    assert_eq!((counter.minute_used, counter.day_used), (7, spent.into()));
}

#[tokio::test]
async fn units_taken_for_a_caller_who_has_left_are_given_back() {
    use sea_orm::{ConnectionTrait, TransactionTrait};
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let quota = Quota { per_minute: 50, per_day: Some(1000) };
    let replica = Replica::over(&url);
    minute_with(&url, 25).await;
    assert!(replica.spend(tenant.key_id, quota).await);
    let db = database::owner(&url).await;
    let lock = db.begin().await.unwrap();
    lock.execute_unprepared("select * from rate_counters for update").await.unwrap();
    let left = tokio::time::timeout(Duration::from_millis(200), replica.spend(tenant.key_id, quota)).await;
    assert!(left.is_err(), "the caller waits for the counter");
    lock.commit().await.unwrap();
    let counter = settles(&url, tenant.key_id, 1).await;
    // Settled only if it stays so: the take that was under way is done by now.
    assert_eq!(counter.minute_used, 1);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(settles(&url, tenant.key_id, 1).await.minute_used, 1);
}

#[tokio::test]
async fn a_caller_who_leaves_takes_nothing_from_those_who_wait_with_it() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let quota = Quota { per_minute: 40, per_day: Some(1000) };
    let replica = Arc::new(Replica::over(&url));
    minute_with(&url, 8).await;
    let callers: Vec<_> = (0..60)
        .map(|n| {
            let (replica, id) = (replica.clone(), tenant.key_id);
            let patience = Duration::from_micros(if n % 3 == 0 { 200 } else { 5_000_000 });
            tokio::spawn(async move { tokio::time::timeout(patience, replica.spend(id, quota)).await })
        })
        .collect();
    let mut admitted = 0;
    for caller in callers {
        admitted += i32::from(matches!(caller.await.unwrap(), Ok(true)));
    }
    assert!(admitted <= 40);
    let used = settles(&url, tenant.key_id, admitted).await.minute_used;
    assert!((admitted..=40).contains(&used));
    sleep(Duration::from_millis(520)).await;
    while admitted < 40 && replica.spend(tenant.key_id, quota).await {
        admitted += 1;
    }
    assert!(!replica.spend(tenant.key_id, quota).await);
    assert_eq!(counter(&url, tenant.key_id).await.minute_used, 40);
}
