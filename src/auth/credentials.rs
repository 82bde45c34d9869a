//! What a key stands for, kept in memory and never trusted beyond its revocation.
//!
//! Two caches, so that guessed keys cannot push out used ones: what was found (60 s), what was not (10 s). Forgetting an
//! entry is not enough to revoke it, because a load that began before the change may put the old row back afterwards;
//! hence each change leaves a *tombstone*, the lowest version that may still be used, in a cache that evicts by age.
//!
//! The caches are moka's synchronous ones and the loads that callers share are ours: under many changes at once moka
//! 0.12's asynchronous cache can miss the signal that its write queue has room again, and then everybody waits.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use moka::{policy::EvictionPolicy, sync::Cache};
use prometheus::{IntCounter, Opts};
use sea_orm::DatabaseConnection;

use crate::{
    auth::{changes::Trust, key_text::KeyHash},
    error::ApiError,
};

const FOUND_TTL: Duration = Duration::from_secs(60);
const MISSED_TTL: Duration = Duration::from_secs(10);
const TOMBSTONE_TTL: Duration = Duration::from_secs(300);
const LOAD_TIMEOUT: Duration = Duration::from_secs(3);

/// A kind of credential: a table whose rows are found by the hash of a key.
pub trait Credential: Sized + Send + Sync + 'static {
    /// The kind that the trigger of the table writes into the change log.
    const KIND: &'static str;

    /// Reads the credential of a hash, revoked and expired ones too.
    fn load(db: &DatabaseConnection, hash: &KeyHash) -> impl Future<Output = Result<Option<Self>, ApiError>> + Send;

    /// Raised by the database with every change.
    fn version(&self) -> i64;
}

/// How a lookup ended.
#[derive(Debug)]
pub enum Lookup<C> {
    /// The key is known; whether it may be used now is the caller's to judge.
    Known(Arc<C>),
    /// No such key. `cold` when the database had to be asked, which is what a guesser costs us.
    Unknown {
        /// Whether this lookup reached the database.
        cold: bool,
    },
}

/// A load that is under way, for all who ask meanwhile.
type Load<C> = Shared<BoxFuture<'static, Result<Option<Arc<C>>, ApiError>>>;
/// The loads under way, each with a number of its own.
type Loads<C> = Arc<Mutex<HashMap<KeyHash, (u64, Load<C>)>>>;

/// The credentials of one kind, in memory.
pub struct Credentials<C> {
    db: DatabaseConnection,
    found: Cache<KeyHash, Arc<C>>,
    missed: Cache<KeyHash, ()>,
    tombstones: Cache<KeyHash, i64>,
    /// Lapses while the change log cannot be read: memory may be behind, so the database is asked each time.
    trust: Arc<Trust>,
    loads: Loads<C>,
    begun: AtomicU64,
    loaded: IntCounter,
    /// Counts applied changes, so that a miss that was read before a creation is not remembered after it.
    changes: AtomicU64,
}

impl<C> std::fmt::Debug for Credentials<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl<C: Credential> Credentials<C> {
    /// Empty caches over a database, trusted as the follower of the change log says.
    pub fn new(db: DatabaseConnection, trust: Arc<Trust>) -> Self {
        Self {
            db,
            found: Cache::builder().max_capacity(200_000).time_to_live(FOUND_TTL).build(),
            missed: Cache::builder().max_capacity(50_000).time_to_live(MISSED_TTL).build(),
            tombstones: Cache::builder()
                .max_capacity(1_000_000)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(TOMBSTONE_TTL)
                .build(),
            trust,
            loads: Loads::default(),
            begun: AtomicU64::new(0),
            loaded: IntCounter::with_opts(
                Opts::new("playhouse_key_loads_total", "Lookups of keys that memory could not answer")
                    .const_label("kind", C::KIND),
            )
            .expect("the names are valid"),
            changes: AtomicU64::new(0),
        }
    }

    /// What memory says, without asking the database: `None` when it cannot tell.
    pub fn remembered(&self, hash: &KeyHash) -> Option<Lookup<C>> {
        if !self.trust.holds() {
            return None;
        }
        if let Some(credential) = self.found.get(hash) {
            if self.is_alive(hash, credential.version()) {
                return Some(Lookup::Known(credential));
            }
            self.found.invalidate(hash);
        }
        self.missed.contains_key(hash).then_some(Lookup::Unknown { cold: false })
    }

    /// The credential of a key's hash.
    pub async fn lookup(&self, hash: &KeyHash) -> Result<Lookup<C>, ApiError> {
        if let Some(known) = self.remembered(hash) {
            return Ok(known);
        }
        if !self.trust.holds() {
            return Ok(self.load(hash).await?.map_or(Lookup::Unknown { cold: true }, |c| Lookup::Known(Arc::new(c))));
        }
        for _ in 0..3 {
            let before = self.changes.load(Ordering::Acquire);
            let Some(credential) = self.load_shared(hash).await? else {
                self.missed.insert(*hash, ());
                // A change that came between the reading and this line may have been the key's creation.
                if before != self.changes.load(Ordering::Acquire) {
                    self.missed.invalidate(hash);
                }
                return Ok(Lookup::Unknown { cold: true });
            };
            if self.is_alive(hash, credential.version()) {
                return Ok(Lookup::Known(credential));
            }
            self.found.invalidate(hash);
        }
        // A key that changes faster than we read it: ask once more and remember nothing.
        Ok(self.load(hash).await?.map_or(Lookup::Unknown { cold: true }, |c| Lookup::Known(Arc::new(c))))
    }

    /// Applies a change: nothing older than `version` is used from here on.
    pub fn apply(&self, hash: KeyHash, version: i64) {
        // The tombstone comes first: a load that ends between the two lines must find it.
        self.tombstones.insert(hash, version);
        self.changes.fetch_add(1, Ordering::AcqRel);
        // A key that was used before its creation was heard of is there as it is now, and stays: an address that has used up
        // its guesses could not have it looked up again.
        if self.found.get(&hash).is_some_and(|found| found.version() < version) {
            self.found.invalidate(&hash);
        }
        self.missed.invalidate(&hash);
        // Who asks from here on must not join a load that may have read the table before the change.
        let overtaken = self.loads.lock().expect("no panic while the loads are held").remove(&hash);
        drop(overtaken);
    }

    /// Counts the lookups that asked the database.
    pub fn loads_figure(&self) -> IntCounter {
        self.loaded.clone()
    }

    /// How many credentials are in memory, roughly.
    pub fn cached(&self) -> u64 {
        self.found.entry_count()
    }

    fn is_alive(&self, hash: &KeyHash, version: i64) -> bool {
        version >= self.tombstones.get(hash).unwrap_or(0)
    }

    /// One load for all who ask at once, on a task of its own: a client that leaves must not cancel it for the others.
    async fn load_shared(&self, hash: &KeyHash) -> Result<Option<Arc<C>>, ApiError> {
        let load = {
            let mut loads = self.loads.lock().expect("no panic while the loads are held");
            loads.entry(*hash).or_insert_with(|| self.begin_load(*hash)).1.clone()
        };
        load.await
    }

    fn begin_load(&self, hash: KeyHash) -> (u64, Load<C>) {
        self.loaded.inc();
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let (db, found, done) = (self.db.clone(), self.found.clone(), Done { loads: self.loads.clone(), hash, number });
        let task = tokio::spawn(async move {
            // Dropped at the end, also by a panic: the next caller begins anew.
            let _done = done;
            let credential = load_in_time::<C>(&db, &hash).await?.map(Arc::new);
            if let Some(credential) = &credential {
                found.insert(hash, credential.clone());
            }
            Ok(credential)
        });
        let load = async move { task.await.unwrap_or_else(|_| Err(ApiError::internal())) };
        (number, load.boxed().shared())
    }

    async fn load(&self, hash: &KeyHash) -> Result<Option<C>, ApiError> {
        self.loaded.inc();
        load_in_time::<C>(&self.db, hash).await
    }
}

/// Strikes a load off the list when it ends.
struct Done<C> {
    loads: Loads<C>,
    hash: KeyHash,
    number: u64,
}

impl<C> Drop for Done<C> {
    fn drop(&mut self) {
        let mut loads = self.loads.lock().expect("no panic while the loads are held");
        // A change may have put a later load in this one's place.
        let is_mine = loads.get(&self.hash).is_some_and(|(number, _)| *number == self.number);
        let load = is_mine.then(|| loads.remove(&self.hash));
        drop(loads);
        // Outside the lock: the last handle of a load may take its task along.
        drop(load);
    }
}

async fn load_in_time<C: Credential>(db: &DatabaseConnection, hash: &KeyHash) -> Result<Option<C>, ApiError> {
    tokio::time::timeout(LOAD_TIMEOUT, C::load(db, hash))
        .await
        .unwrap_or_else(|_| Err(ApiError::unavailable("The database does not answer in time, try again")))
}
