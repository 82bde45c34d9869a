//! Places in the pool: waiting for one, giving one up, and the end.

use playhouse::tenant_pool::Begin;
use poem::http::StatusCode;
use prometheus::core::Collector;
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn who_waits_too_long_for_a_connection_gets_503() {
    let mut notes = Notes::on_one_connection().await;
    let mut settings = config(&[]).database;
    (settings.max_connections, settings.acquire_timeout_seconds) = (1, 3);
    notes.pool = TenantPool::new(&notes.url, &settings).unwrap();
    let held = notes.acquire(notes.a).await;
    let refused = notes.pool.acquire(notes.b).await.unwrap_err();
    assert_eq!(refused.status_code(), StatusCode::SERVICE_UNAVAILABLE);
    drop(held);
    assert_eq!(notes.read(notes.b).await.unwrap(), NOTES);
}

#[tokio::test]
async fn who_comes_first_is_served_first() {
    let notes = Notes::on_one_connection().await;
    let held = notes.acquire(notes.a).await;
    let order = std::sync::Mutex::new(Vec::new());
    let turn = async |number: usize| {
        let _connection = notes.acquire(notes.b).await;
        order.lock().unwrap().push(number);
    };
    let all = futures_util::future::join_all((0..5).map(turn));
    let giver = async {
        tokio::task::yield_now().await;
        drop(held);
    };
    tokio::join!(all, giver);
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_statement_whose_caller_left_ends_at_the_server() {
    let notes = Notes::on_one_connection().await;
    for begun in [false, true] {
        let mut connection = notes.acquire(notes.a).await;
        let sleeping = async {
            match begun {
                false => connection.query("select pg_sleep(600)", &[]).await,
                true => connection.transaction(Begin::read_write()).query("select pg_sleep(600)", &[]).await,
            }
        };
        tokio::select! {
            _ = sleeping => panic!("nobody sleeps that well"),
            () = notes.until_sessions("state = 'active' and query like '%pg_sleep%'", 1) => {}
        }
        drop(connection);
        // There is one place, so this waits for the cancellation, which counts as long as it lasts.
        assert_eq!(notes.read(notes.b).await.unwrap(), NOTES);
        notes.until_sessions("state = 'active' and query like '%pg_sleep%'", 0).await;
    }
}

#[tokio::test]
async fn a_connection_whose_call_was_given_up_takes_no_further_call() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    connection.query(ALL, &[]).await.unwrap();
    tokio::select! {
        biased;
        _ = connection.query("select pg_sleep(600)", &[]) => panic!("nobody sleeps that well"),
        () = notes.until_sessions("state = 'active' and query like '%pg_sleep%'", 1) => {}
    }
    assert!(matches!(connection.query(ALL, &[]).await, Err(QueryError::Misuse(_))));
    drop(connection);
    assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
}

#[tokio::test]
async fn each_tenant_finds_its_own_connection_again() {
    let notes = Notes::with(4).await;
    let switched_in = async |rounds: u32| {
        let switched = || figure(&notes, "playhouse_tenant_checkouts_total", "switched");
        let before = switched();
        for tenant in [notes.a, notes.b].repeat(rounds as usize) {
            notes.read(tenant).await.unwrap();
        }
        switched() - before
    };
    // Taking a connection from one tenant for the other makes the pool grow in the background, until both have one.
    let began = Instant::now();
    while switched_in(1).await > 0.0 {
        assert!(began.elapsed() < Duration::from_secs(20));
    }
    assert_eq!(switched_in(20).await, 0.0);
}

#[tokio::test]
async fn the_figures_tell_what_the_pool_does() {
    let notes = Notes::with(4).await;
    let first = notes.acquire(notes.a).await;
    let second = notes.acquire(notes.b).await;
    drop(second);
    let now = |state| figure(&notes, "playhouse_tenant_connections", state);
    assert_eq!((now("idle"), now("used")), (1.0, 1.0));
    drop(first);
    assert_eq!((now("idle"), now("used")), (2.0, 0.0));
    assert_eq!(figure(&notes, "playhouse_tenant_connects_total", "made"), 2.0);
}

#[tokio::test]
async fn a_closed_pool_waits_for_its_connections_and_takes_no_more_calls() {
    let notes = Notes::with(4).await;
    notes.read(notes.a).await.unwrap();
    let mut held = notes.acquire(notes.a).await;
    let closing = tokio::spawn({
        let pool = notes.pool.clone();
        async move { pool.close().await }
    });
    while notes.pool.acquire(notes.a).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(held.query(ALL, &[]).await.unwrap().len() as u64, NOTES, "what runs may end");
    let refused =
        timeout(Duration::from_secs(20), notes.pool.acquire(notes.b)).await.expect("nobody waits for the end");
    assert_eq!(refused.unwrap_err().status_code(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!closing.is_finished());
    drop(held);
    closing.await.unwrap();
    notes.until_sessions("true", 0).await;
    assert_eq!(notes.pool.acquire(notes.a).await.unwrap_err().status_code(), StatusCode::SERVICE_UNAVAILABLE);
    notes.pool.close().await;
}

/// A figure of the pool under one label.
fn figure(notes: &Notes, name: &str, label: &str) -> f64 {
    let families = notes.pool.figures().collect();
    let family = families.iter().find(|family| family.name() == name).unwrap();
    let metric = family.get_metric().iter().find(|metric| metric.get_label()[0].value() == label).unwrap();
    metric.get_gauge().get_value() + metric.get_counter().get_value()
}
