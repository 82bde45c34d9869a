//! A server that is told to stop finishes what it has begun.

use sea_orm::{ConnectionTrait, TransactionTrait};
use tokio::net::TcpStream;

use super::{load::statuses, *};
use crate::support::{app::tenant, process::Process};

const WAITING: &str =
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
const AUDITED: &str = "select count(*) from audit_log where action = 'createSession' and status = 200";

/// A slow machine is no outage: calls wait for a connection for as long as it takes.
const PATIENT: (&str, &str) = ("PLAYHOUSE_DATABASE__ACQUIRE_TIMEOUT_SECONDS", "30");

async fn takes_connections(url: &str) -> bool {
    TcpStream::connect(url.strip_prefix("http://").unwrap()).await.is_ok()
}

/// Everything that a stopped server must have written: its calls, and back what it had in hand.
async fn left_in_order(url: &str, tenant: &Tenant, accepted: usize) {
    let accepted = i64::try_from(accepted).unwrap();
    assert_eq!(database::number(url, "select count(*) from game_sessions").await, accepted);
    assert_eq!(database::number(url, AUDITED).await, accepted);
    let day = "select day_used from rate_counters where substring(subject from 1 for 1) = 'k'";
    assert_eq!(database::number(url, day).await, accepted, "units in hand went back");
    let usage = format!("select sum(accepted) from org_api_key_usage where org_api_key_id = {}", tenant.key_id);
    assert_eq!(database::number(url, &usage).await, accepted);
    assert_eq!(database::number(url, "select count(*) from replicas").await, 0, "it signed off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_flight_are_answered_and_new_ones_refused() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let mut server = Process::start(&url, &[PATIENT]).await;
    assert_eq!(create(&server.url, &tenant).await.status, 200);
    let db = database::owner(&url).await;
    let lock = db.begin().await.unwrap();
    lock.execute_unprepared("lock table game_sessions in access exclusive mode").await.unwrap();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (url, tenant) = (server.url.clone(), tenant.clone());
            tokio::spawn(async move { create(&url, &tenant).await })
        })
        .collect();
    within(10, "the calls reach the table", async || database::number(&url, WAITING).await == 8).await;
    sleep(Duration::from_millis(100)).await;
    server.terminate().await;
    within(10, "the port is closed", async || !takes_connections(&server.url).await).await;
    assert!(calls.iter().all(|call| !call.is_finished()));
    lock.commit().await.unwrap();
    for call in calls {
        let answer = call.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert!(server.wait().await, "it says that all went well");
    left_in_order(&url, &tenant, 21).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_does_nothing_that_is_not_answered() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let mut server = Process::start(&url, &[PATIENT]).await;
    let body = json!({ "game_id": tenant.game });
    let load = Load::start(&[&server.url], &tenant.key, &body, 16, Duration::from_millis(1));
    load.answers(300).await;
    server.terminate().await;
    assert!(server.wait().await);
    let calls = load.stop().await;
    assert_eq!(statuses(&calls), [0, 200], "the port is closed or the call is answered");
    left_in_order(&url, &tenant, calls.iter().filter(|call| call.status == 200).count()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_tells_its_balancer_first_and_goes_on_serving() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let mut server = Process::start(&url, &[("PLAYHOUSE_SERVER__SHUTDOWN_DELAY_SECONDS", "5")]).await;
    server.terminate().await;
    let began = Instant::now();
    within(10, "it is not ready", async || get(&server.url, "/readyz").await.status == 503).await;
    assert_eq!(get(&server.url, "/livez").await.status, 200);
    assert_eq!(create(&server.url, &tenant).await.status, 200);
    assert!(server.wait().await);
    assert!(began.elapsed() >= Duration::from_millis(4900));
    left_in_order(&url, &tenant, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_replaced_one_by_one_lose_no_call_and_no_unit() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let delay = ("PLAYHOUSE_SERVER__SHUTDOWN_DELAY_SECONDS", "5");
    let mut accepted = 0;
    let mut old = Process::start(&url, &[delay, PATIENT]).await;
    for _ in 0..2 {
        let load = Load::start(&[&old.url], &tenant.key, &json!({ "game_id": tenant.game }), 8, Duration::ZERO);
        load.answers(100).await;
        let new = Process::start(&url, &[delay, PATIENT]).await;
        old.terminate().await;
        // The balancer looks away while the old one still serves.
        within(10, "it is not ready", async || !is_ready(&old.url).await).await;
        let calls = load.stop().await;
        assert_eq!(statuses(&calls), [200]);
        accepted += calls.len();
        assert!(old.wait().await);
        old = new;
    }
    old.terminate().await;
    assert!(old.wait().await);
    left_in_order(&url, &tenant, accepted).await;
}
