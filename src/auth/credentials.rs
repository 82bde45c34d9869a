//! What a key stands for, kept in memory and never trusted beyond its revocation.
//!
//! Two caches, so that guessed keys cannot push out used ones: what was found (60 s), what was not (10 s). Forgetting an
//! entry is not enough to revoke it, because a load that began before the change may put the old row back afterwards;
//! hence each change leaves a *tombstone*, the lowest version that may still be used, in a cache that evicts by age.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::{future::Cache, policy::EvictionPolicy};
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

/// The credentials of one kind, in memory.
pub struct Credentials<C> {
    db: DatabaseConnection,
    found: Cache<KeyHash, Arc<C>>,
    missed: Cache<KeyHash, ()>,
    tombstones: Cache<KeyHash, i64>,
    /// Lapses while the change log cannot be read: memory may be behind, so the database is asked each time.
    trust: Arc<Trust>,
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
            changes: AtomicU64::new(0),
        }
    }

    /// What memory says, without asking the database: `None` when it cannot tell.
    pub async fn remembered(&self, hash: &KeyHash) -> Option<Lookup<C>> {
        if !self.trust.holds() {
            return None;
        }
        if let Some(credential) = self.found.get(hash).await {
            if self.is_alive(hash, credential.version()).await {
                return Some(Lookup::Known(credential));
            }
            self.found.invalidate(hash).await;
        }
        self.missed.contains_key(hash).then_some(Lookup::Unknown { cold: false })
    }

    /// The credential of a key's hash.
    pub async fn lookup(&self, hash: &KeyHash) -> Result<Lookup<C>, ApiError> {
        if let Some(known) = self.remembered(hash).await {
            return Ok(known);
        }
        if !self.trust.holds() {
            return Ok(self.load(hash).await?.map_or(Lookup::Unknown { cold: true }, |c| Lookup::Known(Arc::new(c))));
        }
        for _ in 0..3 {
            let before = self.changes.load(Ordering::Acquire);
            let Some(credential) = self.load_shared(hash).await? else {
                if before == self.changes.load(Ordering::Acquire) {
                    self.missed.insert(*hash, ()).await;
                }
                return Ok(Lookup::Unknown { cold: true });
            };
            if self.is_alive(hash, credential.version()).await {
                return Ok(Lookup::Known(credential));
            }
            self.found.invalidate(hash).await;
        }
        // A key that changes faster than we read it: ask once more and remember nothing.
        Ok(self.load(hash).await?.map_or(Lookup::Unknown { cold: true }, |c| Lookup::Known(Arc::new(c))))
    }

    /// Applies a change: nothing older than `version` is used from here on.
    pub async fn apply(&self, hash: KeyHash, version: i64) {
        // The tombstone comes first: a load that ends between the two lines must find it.
        self.tombstones.insert(hash, version).await;
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.found.invalidate(&hash).await;
        self.missed.invalidate(&hash).await;
    }

    /// How many credentials are in memory, roughly.
    pub fn cached(&self) -> u64 {
        self.found.entry_count()
    }

    async fn is_alive(&self, hash: &KeyHash, version: i64) -> bool {
        version >= self.tombstones.get(hash).await.unwrap_or(0)
    }

    /// One load for all who ask at once, on a task of its own: a client that leaves must not cancel it for the others.
    async fn load_shared(&self, hash: &KeyHash) -> Result<Option<Arc<C>>, ApiError> {
        let loader = async {
            let (db, key) = (self.db.clone(), *hash);
            let loaded = tokio::spawn(async move { load_in_time::<C>(&db, &key).await }).await;
            match loaded {
                Ok(Ok(Some(credential))) => Ok(Arc::new(credential)),
                Ok(Ok(None)) => Err(None),
                Ok(Err(error)) => Err(Some(error)),
                Err(_) => Err(Some(ApiError::internal())),
            }
        };
        match self.found.try_get_with(*hash, loader).await {
            Ok(credential) => Ok(Some(credential)),
            Err(outcome) => match Option::as_ref(&outcome) {
                None => Ok(None),
                Some(error) => Err(error.clone()),
            },
        }
    }

    async fn load(&self, hash: &KeyHash) -> Result<Option<C>, ApiError> {
        load_in_time::<C>(&self.db, hash).await
    }
}

async fn load_in_time<C: Credential>(db: &DatabaseConnection, hash: &KeyHash) -> Result<Option<C>, ApiError> {
    tokio::time::timeout(LOAD_TIMEOUT, C::load(db, hash))
        .await
        .unwrap_or_else(|_| Err(ApiError::unavailable("The database does not answer in time, try again")))
}
