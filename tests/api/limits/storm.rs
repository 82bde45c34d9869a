//! Refusing costs next to nothing.

use super::*;
use crate::support::{TestApp, app::key, process::Process};

/// Counts the takes of a database from here on: a sequence counts at once and for good, whatever becomes of the taker.
const COUNT_TAKES: &str = "create sequence takes; grant usage on takes to playhouse_app; \
     alter function quota_take rename to counted_take; \
     create function quota_take(bytea, integer, integer, bigint) returns table (granted integer, minute_left integer, \
     day_left bigint, minute_window bigint, day_window integer, minute_reset_ms integer, day_reset_ms integer) \
     language plpgsql as $$ begin perform nextval('takes'); return query select * from counted_take($1, $2, $3, $4); \
     end $$";
const TAKES: &str = "select last_value - case when is_called then 0 else 1 end from takes";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_refused_calls_writes_nothing_and_hardly_asks() {
    let url = database::fresh().await;
    database::execute(&url, COUNT_TAKES).await;
    let tenant = crate::support::app::tenant(&url).await;
    let (id, key) = key(&url, tenant.org, 20, 1000).await;
    let (one, other) = tokio::join!(Process::start(&url, &[PATIENT]), Process::start(&url, &[PATIENT]));
    let urls = [one.url.as_str(), other.url.as_str()];
    minute_with(&url, 20).await;
    assert_eq!(burst(&urls, &key, &tenant, 30, 4).await, tally([(200, 20), (429, 10)]));
    let (before, takes) = (counter(&url, id).await, database::number(&url, TAKES).await);
    let began = Instant::now();
    assert_eq!(burst(&urls, &key, &tenant, 3000, 64).await, tally([(429, 3000)]));
    let took = began.elapsed();
    // The version of the row shows locks too, not only changes.
    assert_eq!(counter(&url, id).await, before);
    let takes = database::number(&url, TAKES).await - takes;
    let allowed = 2 * (i64::try_from(took.as_millis()).unwrap() / 500 + 2);
    assert!(takes <= allowed, "{takes} takes for 3000 refused calls in {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_key_asks_the_database_far_less_than_once_per_call() {
    let app = TestApp::with(&[PATIENT]).await;
    database::execute(&app.database_url, COUNT_TAKES).await;
    let tenant = app.tenant().await;
    minute_with(&app.database_url, 15).await;
    let outcome = burst(&[&app.url], &tenant.key, &tenant, 1500, 32).await;
    assert_eq!(outcome, tally([(200, 1500)]));
    let takes = database::number(&app.database_url, TAKES).await;
    assert!(takes <= 150, "{takes} takes for 1500 calls");
}
