//! Hundreds of calls of two tenants over one connection, among errors, timeouts, killed sessions and calls that are
//! given up at any await.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
};

use playhouse::{error::ApiError, tenant_pool::Begin};

use super::*;

/// Calls of each tenant.
const CALLS: u32 = 120;

/// Small numbers without an order, the same in every run.
struct Dice(u32);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % limit
    }
}

/// Gives a call up at its `polls`-th await.
async fn give_up_after<T>(polls: u32, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    let mut polled = 0;
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        call.as_mut().poll(context).map(Some)
    })
    .await
}

/// What a tenant's calls came to.
#[derive(Debug, Default)]
struct Tally {
    answered: u32,
    given_up: u32,
    refused: u32,
}

async fn call(notes: &Notes, tenant: PropertyId, kind: u32, polls: u32) -> Result<Option<Rows>, ApiError> {
    let work = async {
        let mut connection = notes.pool.acquire(tenant).await?;
        let sleep = "select $1::uuid, pg_sleep(5)";
        let rows = match kind {
            0..4 => connection.query(ALL, &[]).await?,
            // Two different texts, so that preparing is part of it each time.
            4 => connection.query(&format!("{ALL} where {polls} = {polls}"), &[]).await?,
            5 => connection.query("select property_id, 1 / (length(body) - length(body)) from notes", &[]).await?,
            6 => connection.query("select property_id, body::uuid from notes", &[]).await?,
            7 => connection.execute("update notes set body = body returning property_id", &[]).await?,
            8 => {
                let mut transaction =
                    connection.transaction(Begin::read_only().statement_timeout(Duration::from_millis(5)));
                transaction.query(sleep, &[tenant.into()]).await?
            }
            9 => {
                let mut transaction = connection.transaction(Begin::read_write());
                let rows = transaction.query("update notes set body = 'another' returning property_id", &[]).await?;
                let read = transaction.query(ALL, &[]).await?;
                assert_own(&read, tenant);
                transaction.commit().await?;
                rows
            }
            10 => {
                let mut transaction = connection.transaction(Begin::read_write());
                transaction.query("delete from notes returning property_id", &[]).await?
            }
            _ => connection.query(sleep, &[tenant.into()]).await?,
        };
        Ok::<_, ApiError>(rows)
    };
    match kind {
        // What sleeps is given up by the clock.
        11.. => tokio::time::timeout(Duration::from_millis(polls.into()), work).await.ok().transpose(),
        _ if polls < 12 => give_up_after(polls, work).await.transpose(),
        _ => work.await.map(Some),
    }
}

async fn calls(notes: &Notes, tenant: PropertyId, seed: u32) -> Tally {
    let (mut dice, mut tally) = (Dice(seed), Tally::default());
    for _ in 0..CALLS {
        match call(notes, tenant, dice.below(12), dice.below(24)).await {
            Ok(Some(rows)) => {
                assert_own(&rows, tenant);
                assert_eq!(rows.affected(), NOTES);
                tally.answered += 1;
            }
            Ok(None) => tally.given_up += 1,
            Err(_) => tally.refused += 1,
        }
    }
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_ever_has_another_tenants_rows_and_the_connection_comes_back() {
    let notes = Notes::on_one_connection().await;
    let over = AtomicBool::new(false);
    let tenants = async {
        let tallies = tokio::join!(calls(&notes, notes.a, 1), calls(&notes, notes.b, 2));
        over.store(true, Ordering::Relaxed);
        tallies
    };
    let killer = async {
        let mut kills = 0;
        while !over.load(Ordering::Relaxed) {
            notes.kill().await;
            kills += 1;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        kills
    };
    let ((a, b), kills) = tokio::join!(tenants, killer);

    for tally in [&a, &b] {
        assert!(tally.answered > CALLS / 10 && tally.given_up > CALLS / 10 && tally.refused > CALLS / 20, "{tally:?}");
    }
    assert!(kills > 2);
    for tenant in [notes.a, notes.b] {
        assert_eq!(notes.read(tenant).await.unwrap(), NOTES, "what was not committed is there, and nothing else");
    }
    notes.until_sessions("true", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_keep_the_tenants_apart_and_none_is_lost() {
    let notes = Notes::with(4).await;
    let mut seeds = 10..;
    let mut calls = |tenant| calls(&notes, tenant, seeds.next().unwrap());
    let tallies =
        futures_util::future::join_all((0..4).flat_map(|_| [calls(notes.a), calls(notes.b)]).collect::<Vec<_>>());
    assert!(tallies.await.iter().all(|tally| tally.answered > CALLS / 10));
    let held = futures_util::future::join_all((0..4).map(|_| notes.acquire(notes.a))).await;
    assert_eq!(held.len(), 4, "every place can be taken");
    drop(held);
    notes.until_sessions("state <> 'idle'", 0).await;
    notes.until_sessions("true", 4).await;
}
