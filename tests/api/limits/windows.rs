//! Minutes and days of UTC, by the database's clock.

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::support::{
    TestApp,
    app::{key, tenant},
};

/// As long as a replica remembers a refusal.
const REFUSAL_KEPT: Duration = Duration::from_millis(520);

async fn create(app: &TestApp, key: &str, tenant: &Tenant) -> Answer {
    app.keyed(key, "POST", SESSIONS, json!({ "game_id": tenant.game })).await
}

#[tokio::test]
async fn the_next_minute_admits_the_limit_again() {
    let app = TestApp::start().await;
    let tenant = app.tenant().await;
    let (id, key) = key(&app.database_url, tenant.org, 20, 1000).await;
    minute_with(&app.database_url, 8).await;
    let half = tally([(200, 20), (429, 5)]);
    assert_eq!(burst(&[&app.url], &key, &tenant, 25, 5).await, half);
    database::execute(&app.database_url, "update rate_counters set minute_window = minute_window - 1").await;
    sleep(REFUSAL_KEPT).await;
    let first = create(&app, &key, &tenant).await;
    assert_eq!((first.status, first.header("x-ratelimit-remaining")), (200, "19"));
    assert!(first.header("ratelimit").starts_with("\"minute\";r=19;t="), "{}", first.header("ratelimit"));
    assert!(first.header("ratelimit").contains("\"day\";r=979;t="), "{}", first.header("ratelimit"));
    assert_eq!(burst(&[&app.url], &key, &tenant, 24, 5).await, tally([(200, 19), (429, 5)]));
    let counter = counter(&app.database_url, id).await;
    assert_eq!((counter.minute_used, counter.day_used), (20, 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn minutes_that_follow_each_other_admit_the_limit_each_and_no_lease_crosses_over() {
    let url = database::fresh().await;
    // The same function with minutes of two seconds, so that real ones pass while we watch.
    let shorten = "do $$ begin execute replace(replace(pg_get_functiondef('quota_take'::regproc), \
         't / 60)', 't / 2)'), '* 60000 ', '* 2000 '); end $$";
    database::execute(&url, shorten).await;
    let is_short = "select position('* 2000 ' in prosrc) * position('t / 2)' in prosrc) * 1 from pg_proc \
         where proname = 'quota_take' and position('60)' in prosrc) = 0";
    assert!(database::number(&url, is_short).await > 0);
    let millis = "select floor(extract(epoch from clock_timestamp()) * 1000)";
    let in_first_half = async || {
        while database::number(&url, millis).await % 2000 > 1000 {
            sleep(Duration::from_millis(50)).await;
        }
        database::number(&url, millis).await / 2000
    };
    let quota = Quota { per_minute: 2000, per_day: Some(1_000_000) };
    let admitted = Arc::new(AtomicI64::new(0));
    let stop = CancellationToken::new();
    let replicas: Vec<_> = (0..4).map(|_| Arc::new(Replica::over(&url))).collect();
    let first = in_first_half().await;
    let workers: Vec<_> = (0..16)
        .map(|n| {
            let (replica, admitted, stop) = (replicas[n % 4].clone(), admitted.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    if replica.spend(1, quota).await {
                        admitted.fetch_add(1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                    } else {
                        sleep(Duration::from_millis(1)).await;
                    }
                }
            })
        })
        .collect();
    // Until some minutes have passed and the last is used up.
    let used_up = "select count(*) from rate_counters where minute_used = 2000 \
         and minute_window = floor(extract(epoch from clock_timestamp()) / 2)";
    let began = Instant::now();
    while database::number(&url, millis).await / 2000 < first + 3 || database::number(&url, used_up).await == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "no minute is used up");
        sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
    let last = database::number(&url, millis).await / 2000;
    for replica in replicas {
        Arc::into_inner(replica).unwrap().stop().await;
    }
    let (admitted, minutes) = (admitted.load(Ordering::Relaxed), last - first + 1);
    assert!(admitted <= minutes * 2000, "{admitted} over {minutes} minutes");
    // The last of them was used up, and others had admitted theirs before.
    assert!(admitted > 2000, "{admitted} over {minutes} minutes");
    assert_eq!(counter(&url, 1).await.day_used, admitted);
}

#[tokio::test]
async fn a_used_up_day_says_when_the_next_begins_and_midnight_opens_it_again() {
    let app = TestApp::start().await;
    let tenant = app.tenant().await;
    let (_, key) = key(&app.database_url, tenant.org, 50, 5).await;
    minute_with(&app.database_url, 8).await;
    let left = "select ceil(86400 - mod(extract(epoch from clock_timestamp()), 86400))";
    let before = database::number(&app.database_url, left).await;
    assert_eq!(burst(&[&app.url], &key, &tenant, 7, 1).await, tally([(200, 5), (429, 2)]));
    let refused = create(&app, &key, &tenant).await;
    let after = database::number(&app.database_url, left).await;
    let possible = after - 1..=before + 1;
    assert!(possible.contains(&retry_after(&refused)), "{} and {after} s are left", refused.text);
    let day = refused.header("ratelimit").split_once(", ").unwrap().1.to_owned();
    assert_eq!(day, format!("\"day\";r=0;t={}", retry_after(&refused)));
    assert_eq!((refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")), ("5", "0"));

    // A new minute is not a new day.
    database::execute(&app.database_url, "update rate_counters set minute_window = minute_window - 1").await;
    sleep(REFUSAL_KEPT).await;
    assert_eq!(create(&app, &key, &tenant).await.status, 429);
    database::execute(&app.database_url, "update rate_counters set day_window = day_window - 1").await;
    sleep(REFUSAL_KEPT).await;
    assert_eq!(burst(&[&app.url], &key, &tenant, 7, 1).await, tally([(200, 5), (429, 2)]));
}

#[tokio::test]
async fn a_clock_that_steps_back_opens_no_window_again() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let (id, _) = key(&url, tenant.org, 5, 5).await;
    let replica = Replica::over(&url);
    let quota = Quota { per_minute: 5, per_day: Some(5) };
    minute_with(&url, 8).await;
    for _ in 0..5 {
        assert!(replica.spend(id, quota).await);
    }
    let ahead = "update rate_counters set minute_window = minute_window + 3, day_window = day_window + 1";
    database::execute(&url, ahead).await;
    sleep(REFUSAL_KEPT).await;
    assert!(!replica.spend(id, quota).await);
    assert_eq!(counter(&url, id).await.minute_used, 5);
}
