//! Keys in memory while loads and changes overlap, with loads that end when the test says so.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use playhouse::{
    auth::{
        changes::Trust,
        credentials::{Credential, Credentials, Lookup},
        key_text::{self, KeyHash},
    },
    error::ApiError,
};
use sea_orm::DatabaseConnection;
use tokio::{sync::Semaphore, task::JoinHandle};

use super::*;

/// A row of a table that exists only here; no version is no row.
#[derive(Debug)]
struct Slow(i64);

/// The table's one row of a hash, and the door that each load of it waits at once it has read the row.
struct Gate {
    row: Mutex<Option<i64>>,
    loads: AtomicUsize,
    door: Semaphore,
}

static GATES: LazyLock<Mutex<HashMap<KeyHash, Arc<Gate>>>> = LazyLock::new(Mutex::default);

impl Credential for Slow {
    const KIND: &'static str = "slow";

    async fn load(_: &DatabaseConnection, hash: &KeyHash) -> Result<Option<Self>, ApiError> {
        let gate = GATES.lock().unwrap()[hash].clone();
        gate.loads.fetch_add(1, Ordering::SeqCst);
        let row = *gate.row.lock().unwrap();
        gate.door.acquire().await.unwrap().forget();
        Ok(row.map(Slow))
    }

    fn version(&self) -> i64 {
        self.0
    }
}

struct House {
    credentials: Arc<Credentials<Slow>>,
    hash: KeyHash,
    gate: Arc<Gate>,
}

impl House {
    /// Memory that is trusted for a minute, over a row of this version.
    fn with(row: Option<i64>) -> Self {
        let trust = Arc::new(Trust::default());
        trust.extend((Instant::now() + Duration::from_secs(60)).into_std());
        Self::trusting(trust, row)
    }

    fn trusting(trust: Arc<Trust>, row: Option<i64>) -> Self {
        let hash = key_text::hash(key_text::generate_org_key().expose());
        let gate = Arc::new(Gate { row: Mutex::new(row), loads: AtomicUsize::new(0), door: Semaphore::new(0) });
        GATES.lock().unwrap().insert(hash, gate.clone());
        Self { credentials: Arc::new(Credentials::new(DatabaseConnection::default(), trust)), hash, gate }
    }

    /// What the table holds from here on.
    fn write(&self, row: Option<i64>) {
        *self.gate.row.lock().unwrap() = row;
    }

    /// Lets so many loads end.
    fn let_go(&self, loads: usize) {
        self.gate.door.add_permits(loads);
    }

    fn loads(&self) -> usize {
        self.gate.loads.load(Ordering::SeqCst)
    }

    async fn loading(&self, loads: usize) {
        within(10, "the load begins", async || self.loads() == loads).await;
    }

    /// Looks the key up on a task of its own: the version found.
    fn lookup(&self) -> JoinHandle<Option<i64>> {
        let (credentials, hash) = (self.credentials.clone(), self.hash);
        tokio::spawn(async move { version(&credentials.lookup(&hash).await.unwrap()) })
    }

    fn remembered(&self) -> Option<Option<i64>> {
        self.credentials.remembered(&self.hash).map(|lookup| version(&lookup))
    }
}

fn version(lookup: &Lookup<Slow>) -> Option<i64> {
    match lookup {
        Lookup::Known(row) => Some(row.0),
        Lookup::Unknown { .. } => None,
    }
}

#[tokio::test]
async fn a_load_that_began_before_a_revocation_does_not_bring_the_old_row_back() {
    let house = House::with(Some(1));
    let early = house.lookup();
    house.loading(1).await;
    house.write(Some(2));
    house.credentials.apply(house.hash, 2);
    house.let_go(9);
    assert_eq!(early.await.unwrap(), Some(2), "even the caller who came before gets the new row");
    assert_eq!((house.loads(), house.remembered()), (2, Some(Some(2))));
}

#[tokio::test]
async fn a_load_that_began_before_a_deletion_does_not_bring_the_key_back() {
    let house = House::with(Some(1));
    let early = house.lookup();
    house.loading(1).await;
    house.write(None);
    house.credentials.apply(house.hash, i64::MAX);
    house.let_go(9);
    assert_eq!(early.await.unwrap(), None);
    assert_eq!(house.lookup().await.unwrap(), None);
}

#[tokio::test]
async fn a_key_that_is_created_while_it_is_looked_for_is_found_by_all_who_ask_afterwards() {
    let house = House::with(None);
    let early = house.lookup();
    house.loading(1).await;
    house.write(Some(1));
    house.credentials.apply(house.hash, 1);
    // This one joins the load that has read the table too early.
    let late = house.lookup();
    sleep(Duration::from_millis(20)).await;
    house.let_go(9);
    assert_eq!(late.await.unwrap(), Some(1));
    early.await.unwrap();
    assert_eq!(house.lookup().await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_end_the_load_for_those_who_wait() {
    let house = House::with(Some(1));
    let first = house.lookup();
    house.loading(1).await;
    let second = house.lookup();
    sleep(Duration::from_millis(20)).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    sleep(Duration::from_millis(20)).await;
    house.let_go(9);
    assert_eq!((second.await.unwrap(), house.loads()), (Some(1), 1));
}

#[tokio::test]
async fn callers_who_all_leave_early_cost_one_load_and_leave_its_result() {
    let house = House::with(Some(1));
    for _ in 0..5 {
        let caller = house.lookup();
        house.loading(1).await;
        sleep(Duration::from_millis(10)).await;
        caller.abort();
    }
    house.let_go(9);
    within(10, "the load ends without anybody waiting for it", async || house.remembered().is_some()).await;
    assert_eq!((house.remembered(), house.loads()), (Some(Some(1)), 1));
}

#[tokio::test]
async fn a_thousand_callers_at_once_share_one_load() {
    let house = House::with(Some(1));
    let callers: Vec<_> = (0..1000).map(|_| house.lookup()).collect();
    house.loading(1).await;
    house.let_go(1000);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Some(1));
    }
    assert_eq!(house.loads(), 1);
}

#[tokio::test]
async fn without_trust_nothing_is_remembered() {
    let trust = Arc::new(Trust::default());
    let house = House::trusting(trust.clone(), Some(1));
    house.let_go(9);
    for loads in 1..=3 {
        assert_eq!((house.lookup().await.unwrap(), house.loads()), (Some(1), loads));
    }
    trust.extend(Instant::now().into_std());
    assert_eq!(house.lookup().await.unwrap(), Some(1));
    assert_eq!((house.lookup().await.unwrap(), house.loads()), (Some(1), 4));
    sleep(playhouse::auth::changes::TRUST).await;
    assert_eq!((house.lookup().await.unwrap(), house.loads()), (Some(1), 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_readers_during_many_revocations_none_sees_a_version_older_than_the_last_revoked() {
    let house = Arc::new(House::with(Some(0)));
    house.let_go(Semaphore::MAX_PERMITS / 2);
    let (revoked, reads) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..6)
        .map(|_| {
            let (house, revoked, reads) = (house.clone(), revoked.clone(), reads.clone());
            tokio::spawn(async move {
                while revoked.load(Ordering::SeqCst) < 2000 {
                    let least = revoked.load(Ordering::SeqCst);
                    let found = version(&house.credentials.lookup(&house.hash).await.unwrap()).unwrap();
                    assert!(found >= least, "version {found} was used after {least} had been revoked");
                    reads.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for version in 1..=2000 {
        house.write(Some(version));
        house.credentials.apply(house.hash, version);
        revoked.store(version, Ordering::SeqCst);
        let until = reads.load(Ordering::Relaxed) + 4;
        while version < 2000 && reads.load(Ordering::Relaxed) < until {
            tokio::task::yield_now().await;
        }
    }
    for reader in readers {
        reader.await.unwrap();
    }
    assert!(house.loads() > 1000);
}
