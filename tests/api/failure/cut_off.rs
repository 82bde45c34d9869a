//! Revocations while a server is cut off from the news, in all the ways in which a connection can die.

use super::{
    load::{count, statuses},
    proxy::Proxy,
    *,
};
use crate::support::{TestApp, app::tenant, process::Process};

/// How many connections listened and were ended.
const END_LISTENERS: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
     where datname = current_database() and query ilike 'listen %'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_holds_also_when_nobody_hears_the_bell() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let (a, b) = tokio::join!(Process::start(&url, &[]), Process::start(&url, &[]));
    let urls = [a.url.as_str(), b.url.as_str()];
    let load = Load::start(&urls, &tenant.key, &json!({ "game_id": tenant.game }), 4, Duration::from_millis(2));
    load.answers(50).await;
    let mut closed = Vec::new();
    for _ in 0..2 {
        within(10, "both listen", async || {
            let listening = END_LISTENERS.replace("pg_terminate_backend(pid)", "*");
            database::number(&url, &listening).await == 2
        })
        .await;
        assert_eq!(database::number(&url, END_LISTENERS).await, 2);
        let asked = Instant::now();
        assert_eq!(set_active(&a.url, &tenant, false).await.status, 200);
        assert!(asked.elapsed() < PROMPTLY, "answered after {:?}", asked.elapsed());
        let from = Instant::now();
        load.answers(60).await;
        closed.push((from, Instant::now()));
        assert_eq!(set_active(&b.url, &tenant, true).await.status, 200);
        load.answers(60).await;
    }
    let calls = load.stop().await;
    for (from, to) in closed {
        assert_eq!((count(&calls, 200, from, to), count(&calls, 503, from, to)), (0, 0));
        assert!(count(&calls, 401, from, to) > 20);
    }
    assert_eq!(statuses(&calls), [200, 401], "a lost listener costs no answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_holds_also_when_all_connections_of_a_server_are_reset() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let wire = Proxy::to(&url).await;
    let through = wire.url(&url);
    let (a, b) = tokio::join!(Process::start(&url, &[]), Process::start(&through, &[]));
    let urls = [a.url.as_str(), b.url.as_str()];
    let load = Load::start(&urls, &tenant.key, &json!({ "game_id": tenant.game }), 4, Duration::from_millis(2));
    load.answers(50).await;
    let mut closed = Vec::new();
    for _ in 0..3 {
        wire.reset();
        let asked = Instant::now();
        assert_eq!(set_active(&a.url, &tenant, false).await.status, 200);
        assert!(asked.elapsed() < PROMPTLY, "answered after {:?}", asked.elapsed());
        let from = Instant::now();
        load.answers(60).await;
        closed.push((from, Instant::now()));
        assert_eq!(set_active(&a.url, &tenant, true).await.status, 200);
        load.answers(60).await;
    }
    let calls = load.stop().await;
    for (from, to) in closed {
        assert_eq!(count(&calls, 200, from, to), 0);
        assert!(count(&calls, 401, from, to) > 20);
    }
    assert!(calls.iter().all(|call| matches!(call.status, 200 | 401 | 503)), "{:?}", statuses(&calls));
    assert!(calls.iter().all(|call| call.status != 503 || (call.has_retry_after && call.server == 1)));
    let outages = calls.iter().filter(|call| call.status == 503).count();
    assert!(outages <= 3 * 16, "a reset costs a statement per connection, not {outages} calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_database_falls_silent_stops_accepting_before_a_revocation_is_answered() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let wire = Proxy::to(&url).await;
    let near = TestApp::over(&url, &[]).await;
    let far = TestApp::over(&wire.url(&url), &[]).await;
    let quota = playhouse::limits::Quota { per_minute: 1_000_000, per_day: Some(1_000_000) };
    let left = 60 - database::number(&url, "select mod(extract(epoch from clock_timestamp())::bigint, 60)").await;
    if left < 8 {
        sleep(Duration::from_secs(u64::try_from(left).unwrap())).await;
    }
    // With the key known and units in hand, the far server needs nobody for what follows.
    let subject = playhouse::limits::Subject::OrgKey(tenant.key_id);
    for _ in 0..20_000 {
        far.app.quotas.spend(subject, quota).await.unwrap();
    }
    assert_eq!(keyed(&far.url, &tenant, json!({})).await.status, 400);
    let load = Load::start(&[&far.url], &tenant.key, &json!({}), 30, Duration::from_millis(100));
    load.answers(30).await;
    wire.silence();
    let silent = Instant::now();
    let revoked = set_active(&near.url, &tenant, false).await;
    let from = Instant::now();
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert!(silent.elapsed() < PROMPTLY, "answered after {:?}", silent.elapsed());
    let probe = get(&far.url, "/readyz").await;
    assert_eq!(probe.status, 503, "and whoever asks is told at once");
    assert_eq!(get(&far.url, "/livez").await.status, 200);
    sleep(Duration::from_secs(1)).await;
    let until = Instant::now();
    wire.heal();
    within(10, "the far server comes back", async || is_ready(&far.url).await).await;
    assert_eq!(keyed(&far.url, &tenant, json!({})).await.status, 401);
    assert_eq!(set_active(&near.url, &tenant, true).await.status, 200);
    assert_eq!(keyed(&far.url, &tenant, json!({})).await.status, 400);

    let calls = load.stop().await;
    let halfway = silent + Duration::from_millis(700);
    assert!(count(&calls, 400, silent, halfway) > 0, "for a moment the far server works from memory");
    assert_eq!(count(&calls, 400, from, until), 0, "accepted although the revocation was answered");
    let last = calls.iter().filter(|call| call.status == 400 && call.began < until).map(|call| call.began).max();
    assert!(last.unwrap() - silent < Duration::from_millis(2200), "trusted its memory for too long");
    assert!(calls.iter().all(|call| matches!(call.status, 400 | 401 | 503)), "{:?}", statuses(&calls));
}
