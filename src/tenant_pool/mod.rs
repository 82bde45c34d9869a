//! Connections that carry a tenant: row-level security at no cost.
//!
//! Every table of a property is behind a policy that compares its rows with the setting `app.property_id` of the
//! session (DESIGN: the second wall). Making that setting before each statement costs a fifth of the throughput. So a
//! connection here remembers the tenant that it was told last, a request gets the one that carries its tenant if there
//! is one, and nothing needs to be said; else the setting travels with the statement, in the same round trip. That no
//! answer is ever given under a tenant that is not the caller's is shown where it is kept, in `link.rs`.
//!
//! The cast: the *pool* has places for `database.max_connections` *links*, each one session at Postgres. A request
//! stands in line for a place (first come, first served) and holds a [`TenantConnection`] over one link. Links that
//! nobody holds wait in `idle.rs`. `connector.rs` and `tls.rs` make new ones, `exchange.rs` speaks to Postgres.
//!
//! A link that breaks is replaced where that is harmless: before anything was sent, or where statements only read. A
//! call that its caller gives up (the client left, a deadline passed) is broken off at the server, and its link ends
//! with it.
//!
//! A pooler in transaction mode hands the session to somebody else after each transaction, and the setting with it.
//! Behind one, the setting would have to be made within each transaction (`set_config(…, true)` after `begin`), and
//! `Link::carries` stay empty: that is one more kind of step in `exchange.rs`. So far there is no such mode.

mod begin;
mod connection;
pub(crate) mod connector;
mod error;
mod exchange;
mod figures;
mod idle;
mod link;
mod param;
mod rows;
mod statements;
mod tls;
mod transaction;

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use prometheus::core::Collector;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

pub use self::{
    begin::{Begin, Isolation},
    connection::TenantConnection,
    connector::SESSION_OPTIONS,
    error::{DatabaseError, QueryError},
    link::Query,
    param::Param,
    rows::{Column, OwnedRow, Row, Rows, Sink},
    transaction::Transaction,
};
use self::{
    connector::Connector,
    figures::{Counts, Figures},
    idle::Idle,
    link::{Condition, Link},
};
use crate::{config::Database, error::ApiError, tenant::PropertyId};

/// Links that are not used for this long are closed,
const IDLE_TIME: Duration = Duration::from_secs(600);
/// except so many, for the next morning's first requests.
const KEPT: usize = 2;
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Postgres may have no room for more connections; the pool does without for so long.
const GROW_AGAIN: Duration = Duration::from_secs(10);

/// Connections for statements on the data of tenants; clones are the same pool.
#[derive(Clone)]
pub struct TenantPool(Arc<Shared>);

/// What the clones share.
struct Shared {
    connector: Connector,
    places: Arc<Semaphore>,
    size: u32,
    patience: Duration,
    idle: Mutex<Idle<Link>>,
    counts: Counts,
    closed: AtomicBool,
    swept: AtomicBool,
    growing: AtomicBool,
}

impl TenantPool {
    /// Reads the URL and the files that it names; Postgres may still be away, connections are made when needed.
    pub fn new(url: &str, settings: &Database) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Shared {
            connector: Connector::new(url, settings, connector::TABLES)?,
            places: Arc::new(Semaphore::new(settings.max_connections as usize)),
            size: settings.max_connections,
            patience: Duration::from_secs(settings.acquire_timeout_seconds),
            idle: Mutex::default(),
            counts: Counts::new(),
            closed: AtomicBool::new(false),
            swept: AtomicBool::new(false),
            growing: AtomicBool::new(false),
        })))
    }

    /// A connection that speaks for a tenant, after at most `database.acquire_timeout_seconds` of waiting for a place
    /// and as many for connecting; 503 after that.
    pub async fn acquire(&self, property: PropertyId) -> Result<TenantConnection, ApiError> {
        let pool = &self.0;
        let place = pool.place().await?;
        let link = match pool.waiting_link(property) {
            Some(link) => link,
            None => pool.connect().await?,
        };
        pool.counts.checkout(link.carries() == Some(property));
        if link.carries().is_some_and(|carried| carried != property) {
            pool.grow();
        }
        Ok(TenantConnection::new(property, link, place, pool.clone()))
    }

    /// The figures, to be registered once: connections by state, uses by whether the tenant had to be set.
    pub fn figures(&self) -> impl Collector + 'static {
        Figures::new(Arc::downgrade(&self.0), self.0.counts.clone())
    }

    /// Refuses further requests and waits until all connections came back and are closed; the caller limits the time.
    pub async fn close(&self) {
        let pool = &self.0;
        let waiting = {
            let mut idle = pool.idle();
            pool.closed.store(true, Ordering::Release);
            idle.drain()
        };
        for link in waiting {
            link.close().await;
        }
        // All places are free when everybody has gone. An error says that the pool was closed before.
        if pool.places.acquire_many(pool.size).await.is_ok() {
            pool.places.close();
        }
    }
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Idle<Link>> {
        self.idle.lock().expect("no panic while the waiting links are held")
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let stopping = || ApiError::unavailable("This server is stopping");
        // Asked first, since `close` stands in line for all places: who came behind it would wait for everybody to end.
        if self.closed.load(Ordering::Acquire) {
            return Err(stopping());
        }
        let place = match self.places.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                let place = timeout(self.patience, self.places.clone().acquire_owned()).await;
                place
                    .map_err(|_| ApiError::unavailable("Too many requests wait for the database, try again"))?
                    .map_err(|_| stopping())?
            }
        };
        if self.closed.load(Ordering::Acquire) { Err(stopping()) } else { Ok(place) }
    }

    /// The best of the waiting links that still live.
    fn waiting_link(&self, property: PropertyId) -> Option<Link> {
        loop {
            let link = self.idle().take(property)?;
            if link.condition() == Condition::Clean {
                return Some(link);
            }
        }
    }

    async fn connect(self: &Arc<Self>) -> Result<Link, QueryError> {
        let opening = timeout(self.patience, Link::open(&self.connector, self.counts.open())).await;
        let opened = match opening {
            Ok(opened) => opened.map_err(QueryError::from),
            Err(_) => Err(QueryError::Connection(format!("no connection within {} s", self.patience.as_secs()))),
        };
        self.counts.connected(opened.is_ok());
        if opened.is_ok() && !self.swept.swap(true, Ordering::Relaxed) {
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
        // Why Postgres takes no connection (a wrong password, too many of them) is the operator's affair.
        opened.map_err(|error| QueryError::Connection(error.to_string()))
    }

    fn put_back(&self, link: Link) {
        let (carries, now) = (link.carries(), Instant::now());
        // Asked while the waiting links are held, so that none comes to them after they were taken out to be closed.
        let mut idle = self.idle();
        if !self.closed.load(Ordering::Acquire) && !link.is_old(now) {
            idle.put(link, carries, now);
        }
    }

    /// Makes one more link in the background, if there is a place for it: somebody just took a link from a tenant that
    /// may come back.
    fn grow(self: &Arc<Self>) {
        if self.counts.open_now() >= i64::from(self.size) || self.growing.swap(true, Ordering::Acquire) {
            return;
        }
        let pool = self.clone();
        tokio::spawn(async move {
            // With a place of its own the pool never has more links than places.
            if let Ok(place) = pool.places.clone().try_acquire_owned()
                && pool.counts.open_now() < i64::from(pool.size)
            {
                match pool.connect().await {
                    Ok(link) => pool.put_back(link),
                    Err(error) => {
                        tracing::debug!(%error, "the pool cannot grow");
                        drop(place);
                        tokio::time::sleep(GROW_AGAIN).await;
                    }
                }
            }
            pool.growing.store(false, Ordering::Release);
        });
    }
}

/// Closes links that are not used, for as long as there is a pool.
async fn sweep(pool: Weak<Shared>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let Some(pool) = pool.upgrade() else { return };
        if let Some(before) = Instant::now().checked_sub(IDLE_TIME) {
            let unused = pool.idle().expired(before, KEPT);
            drop(unused);
        }
    }
}

impl fmt::Debug for TenantPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantPool").field("size", &self.0.size).finish_non_exhaustive()
    }
}
