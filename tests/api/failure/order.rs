//! The change log: in order, and never trusted by one who may have been counted out.

use std::sync::Arc;

use playhouse::auth::{
    changes::{ChangeLog, TRUST, Trust},
    credentials::{Credentials, Lookup},
    key_text,
    org_key::OrgKey,
};
use sea_orm::{ConnectionTrait, TransactionTrait};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::app::tenant;

/// One server's knowledge of keys, without its HTTP.
struct Replica {
    log: Arc<ChangeLog>,
    keys: Arc<Credentials<OrgKey>>,
}

impl Replica {
    fn over(url: &str) -> Self {
        let pools = playhouse::database::connect(url, &config(&[]).database).unwrap();
        let trust = Arc::new(Trust::default());
        let keys = Arc::new(Credentials::new(pools.requests.clone(), trust.clone()));
        let others = Arc::new(Credentials::new(pools.requests, trust.clone()));
        Self { log: Arc::new(ChangeLog::new(pools.background, trust, keys.clone(), others)), keys }
    }

    async fn accepts(&self, tenant: &Tenant) -> bool {
        match self.keys.lookup(&key_text::hash(&tenant.key)).await.unwrap() {
            Lookup::Known(key) => key.holds(Clock::default().now()),
            Lookup::Unknown { .. } => false,
        }
    }
}

fn revoke(tenant: &Tenant) -> String {
    format!("update org_api_keys set is_active = false where id = {}", tenant.key_id)
}

#[tokio::test]
async fn changes_become_visible_in_the_order_of_their_numbers() {
    let url = database::fresh().await;
    let (first, second) = (tenant(&url).await, tenant(&url).await);
    let replica = Replica::over(&url);
    replica.log.catch_up().await.unwrap();
    assert!(replica.accepts(&first).await && replica.accepts(&second).await);
    let db = database::owner(&url).await;
    let slow = db.begin().await.unwrap();
    slow.execute_unprepared(&revoke(&first)).await.unwrap();
    let quick = tokio::spawn({
        let (url, sql) = (url.clone(), revoke(&second));
        async move { database::execute(&url, &sql).await }
    });
    sleep(Duration::from_millis(150)).await;
    replica.log.catch_up().await.unwrap();
    assert!(!quick.is_finished(), "a later number waits for an earlier one");
    assert!(replica.accepts(&first).await && replica.accepts(&second).await);
    slow.commit().await.unwrap();
    quick.await.unwrap();
    replica.log.catch_up().await.unwrap();
    assert!(!replica.accepts(&first).await && !replica.accepts(&second).await);
}

#[tokio::test]
async fn a_key_that_is_used_before_its_creation_is_heard_of_stays_in_memory() {
    let url = database::fresh().await;
    let replica = Replica::over(&url);
    // Again with another, where the machine is so slow that memory is not trusted for a moment.
    for _ in 0..10 {
        replica.log.catch_up().await.unwrap();
        let tenant = tenant(&url).await;
        assert!(replica.accepts(&tenant).await);
        replica.log.catch_up().await.unwrap();
        let loads = replica.keys.loads_figure().get();
        assert!(replica.accepts(&tenant).await);
        if replica.keys.loads_figure().get() == loads {
            return;
        }
    }
    panic!("it is looked up again each time");
}

#[tokio::test]
async fn a_change_that_is_taken_back_changes_nothing() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let replica = Replica::over(&url);
    replica.log.catch_up().await.unwrap();
    let db = database::owner(&url).await;
    let txn = db.begin().await.unwrap();
    txn.execute_unprepared(&revoke(&tenant)).await.unwrap();
    txn.rollback().await.unwrap();
    replica.log.catch_up().await.unwrap();
    assert!(replica.accepts(&tenant).await);
    replica.log.acknowledged().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_poll_was_held_up_does_not_trust_what_the_poll_had_read() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let late = Replica::over(&url);
    // Before the poll that its trust counts from, however slow the machine is.
    let begun = Instant::now();
    late.log.catch_up().await.unwrap();
    assert!(late.accepts(&tenant).await);
    let db = database::owner(&url).await;
    let lock = db.begin().await.unwrap();
    lock.execute_unprepared("select * from replicas for update").await.unwrap();
    let other = Replica::over(&url);
    let stop = CancellationToken::new();
    let following = tokio::spawn({
        let (log, stop) = (other.log.clone(), stop.clone());
        async move { log.follow(stop).await }
    });
    // This poll reads the log before the change and cannot tell of itself until the change was answered.
    tokio::time::sleep_until(begun + TRUST - Duration::from_millis(100)).await;
    let poll = tokio::spawn({
        let log = late.log.clone();
        async move { log.catch_up().await }
    });
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() \
         and wait_event_type = 'Lock'";
    within(10, "the poll waits", async || database::number(&url, waiting).await == 1).await;
    database::execute(&url, &revoke(&tenant)).await;
    other.log.acknowledged().await.unwrap();
    assert!(begun.elapsed() > TRUST, "the late server was waited for as long as it may have trusted its memory");
    assert!(!poll.is_finished());
    lock.commit().await.unwrap();
    poll.await.unwrap().unwrap();
    assert!(!late.accepts(&tenant).await);
    stop.cancel();
    following.await.unwrap();
}
