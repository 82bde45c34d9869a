//! Connections that break, and a server that goes away.

use std::{fs, os::unix::fs::PermissionsExt};

use playhouse::{error::ApiError, postgres::Embedded, tenant_pool::Begin};
use poem::http::StatusCode;

use super::*;

#[tokio::test]
async fn a_connection_that_died_while_it_waited_is_replaced() {
    // Room for one: a pool with more grows in the background, and the server would know a connection more at times.
    let notes = Notes::on_one_connection().await;
    for _ in 0..5 {
        notes.read(notes.a).await.unwrap();
        notes.kill().await;
        assert_eq!(notes.read(notes.b).await.unwrap(), NOTES);
    }
    notes.until_sessions("true", 1).await;
}

#[tokio::test]
async fn where_all_that_waited_died_everybody_gets_a_new_one() {
    let notes = Notes::with(4).await;
    for _ in 0..5 {
        let held = futures_util::future::join_all((0..4).map(|_| notes.acquire(notes.a))).await;
        drop(held);
        notes.kill().await;
        let reads = (0..8).map(|number| notes.read(if number % 2 == 0 { notes.a } else { notes.b }));
        for read in futures_util::future::join_all(reads).await {
            assert_eq!(read.unwrap(), NOTES);
        }
    }
}

#[tokio::test]
async fn who_reads_on_a_connection_that_dies_does_not_notice() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    for _ in 0..5 {
        assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
        notes.kill().await;
        let rows = connection.query(ALL, &[]).await.unwrap();
        assert_eq!(rows.len() as u64, NOTES);
        assert_own(&rows, notes.a);
        notes.kill().await;
        let mut transaction = connection.transaction(Begin::read_only());
        assert_eq!(transaction.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
        transaction.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_write_on_a_connection_that_breaks_is_never_repeated() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    let slow = "insert into notes (property_id, body) select $1, 'x' from pg_sleep(600)";
    let killer = async {
        notes.until_sessions("state = 'active' and wait_event = 'PgSleep'", 1).await;
        notes.kill().await;
    };
    let values = [notes.a.into()];
    let (outcome, ()) = tokio::join!(connection.execute(slow, &values), killer);
    assert_eq!(ApiError::from(outcome.unwrap_err()).status_code(), StatusCode::SERVICE_UNAVAILABLE);
    // The connection that broke goes, and none came in its place: nothing tried again.
    notes.until_sessions("true", 0).await;
    // And the connection is good again for what comes next.
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
    let mut transaction = connection.transaction(Begin::read_write());
    transaction.query(ALL, &[]).await.unwrap();
    notes.kill().await;
    assert_eq!(
        ApiError::from(transaction.query(ALL, &[]).await.unwrap_err()).status_code(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    transaction.commit().await.unwrap_err();
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
}

#[tokio::test]
async fn while_the_server_is_away_calls_get_503_and_when_it_is_back_they_work_again() {
    playhouse::auth::token::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let postgres = Embedded::start(folder.path()).await.unwrap();
    let url = postgres.url("playhouse");
    playhouse::database::migrate(&url).await.unwrap();
    let notes = Notes::over(url, 3).await;
    let held: Vec<_> = futures_util::future::join_all((0..3).map(|_| notes.acquire(notes.a))).await;
    drop(held);
    for sudden in [false, true] {
        assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
        let mut held = notes.acquire(notes.a).await;
        held.query(ALL, &[]).await.unwrap();
        if sudden {
            postgres.kill_server().await.unwrap();
        } else {
            postgres.stop_server().await.unwrap();
        }
        // The sessions of a killed server may answer for a moment longer.
        let refused = refusal(async || Ok(held.query(ALL, &[]).await?)).await;
        assert_eq!(refused.status_code(), StatusCode::SERVICE_UNAVAILABLE);
        let refused = refusal(async || Ok(notes.pool.acquire(notes.b).await?.query(ALL, &[]).await?)).await;
        assert_eq!(refused.status_code(), StatusCode::SERVICE_UNAVAILABLE);
        // A waiting connection may not know yet that its session has ended.
        while let Ok(mut waiting) = notes.pool.acquire(notes.b).await {
            let _ = waiting.query(ALL, &[]).await;
        }
        for _ in 0..5 {
            let refused = notes.pool.acquire(notes.b).await.unwrap_err();
            assert_eq!(refused.status_code(), StatusCode::SERVICE_UNAVAILABLE);
        }
        postgres.start_again().await.unwrap();
        assert_eq!(held.query(ALL, &[]).await.unwrap().len() as u64, NOTES, "the same connection, made anew");
        drop(held);
        for tenant in [notes.b, notes.a, notes.b] {
            assert_eq!(notes.read(tenant).await.unwrap(), NOTES);
        }
        let held = futures_util::future::join_all((0..3).map(|_| notes.acquire(notes.b))).await;
        assert_eq!(held.len(), 3, "every place can be taken");
    }
    postgres.stop().await.unwrap();
}

/// The first refusal of a call that is made again and again.
async fn refusal(mut call: impl AsyncFnMut() -> Result<Rows, ApiError>) -> ApiError {
    let began = Instant::now();
    loop {
        match call().await {
            Ok(_) => assert!(began.elapsed() < Duration::from_secs(20), "never refused"),
            Err(error) => return error,
        }
    }
}
