//! How much a caller may do: exact over all replicas and restarts, without asking the database on each request.
//!
//! The cast:
//! - a **subject** is what is counted: a key, or a client address ([`Subject`]).
//! - its **counter** is one row in Postgres with the units used in this minute and this day of UTC (`counter`).
//! - a **lease** is a handful of units that this replica has taken from the counter and not yet used (`lease`). While
//!   it lasts, no request waits for the database; what is left of it when demand pauses is given back. A killed replica
//!   loses its lease, so fewer calls pass than allowed, never more.
//! - a **standing** is what the caller is told about its quota in the headers of each answer ([`standing`]).
//! - the **public throttle** guards the calls without credential, by address ([`public`]).
//!
//! A refusal is remembered for a moment and takes no lock in the database, so a storm of refused calls costs nothing.

use std::{net::IpAddr, sync::Arc, time::Duration};

use moka::sync::Cache;
use prometheus::IntCounter;
use sea_orm::DatabaseConnection;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::ApiError;

mod counter;
mod lease;
pub mod public;
pub mod standing;

use counter::Return;
use lease::Lease;
use standing::Standing;

/// Units allowed per minute and per day of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls per minute; 0 refuses all.
    pub per_minute: i32,
    /// Calls per day; `None` counts no days.
    pub per_day: Option<i64>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// All calls with an organisation key, by its number.
    OrgKey(i32),
    /// All calls with a property's key, by its id.
    PropertyKey(Uuid),
    /// All public calls from an address (IPv4) or a /64 (IPv6).
    Address(IpAddr),
    /// The calls from there that named an unknown or malformed token or an unknown key.
    Guesses(IpAddr),
}

impl Subject {
    /// The primary key of its counter.
    fn key(self) -> Vec<u8> {
        let (tag, rest) = match self {
            Self::OrgKey(id) => (b'k', id.to_be_bytes().to_vec()),
            Self::PropertyKey(id) => (b'p', id.as_bytes().to_vec()),
            Self::Address(IpAddr::V4(ip)) => (b'a', ip.octets().to_vec()),
            Self::Address(IpAddr::V6(ip)) => (b'a', ip.octets().to_vec()),
            Self::Guesses(IpAddr::V4(ip)) => (b'u', ip.octets().to_vec()),
            Self::Guesses(IpAddr::V6(ip)) => (b'u', ip.octets().to_vec()),
        };
        [vec![tag], rest].concat()
    }
}

/// Why a unit was not given.
#[derive(Debug)]
pub enum Refusal {
    /// The quota is used up; nothing was spent.
    Exhausted(Standing),
    /// The counter cannot be asked.
    Unavailable(ApiError),
}

/// The leases of this replica.
#[derive(Debug)]
pub struct Quotas {
    leases: Cache<Subject, Arc<Lease>>,
    stock: Stock,
    refusals: IntCounter,
}

/// Where leases get their units from and bring them back to.
#[derive(Debug, Clone)]
struct Stock {
    db: DatabaseConnection,
    returns: mpsc::UnboundedSender<Return>,
    /// Leases with units in hand.
    held: Arc<std::sync::Mutex<Vec<Arc<Lease>>>>,
    takes: IntCounter,
}

/// The other end of the units that were not used, for [`Quotas::give_back`].
pub type Returns = mpsc::UnboundedReceiver<Return>;

const SWEEP_EVERY: Duration = Duration::from_millis(100);
const IDLE_SUBJECTS: Duration = Duration::from_secs(120);

impl Quotas {
    /// No leases yet, over the counters of a database.
    pub fn new(db: DatabaseConnection) -> (Self, Returns) {
        let (returns, receiver) = mpsc::unbounded_channel();
        let leases = Cache::builder().max_capacity(200_000).time_to_idle(IDLE_SUBJECTS).build();
        let counter = |name, help| IntCounter::new(name, help).expect("the names here are valid");
        let takes = counter("playhouse_quota_takes_total", "Leases taken from the counters in Postgres");
        let refusals = counter("playhouse_quota_refusals_total", "Calls refused because a quota was used up");
        (Self { leases, stock: Stock { db, returns, held: Arc::default(), takes }, refusals }, receiver)
    }

    /// Spends one unit of a subject, or says how it stands.
    pub async fn spend(&self, subject: Subject, quota: Quota) -> Result<Standing, Refusal> {
        self.spend_units(subject, quota, 1).await
    }

    /// Spends so many units of a subject, at least 1: all of them or none.
    pub async fn spend_units(&self, subject: Subject, quota: Quota, units: i32) -> Result<Standing, Refusal> {
        let lease = self.leases.get_with(subject, || Arc::new(Lease::new(subject)));
        let outcome = lease.spend(quota, units.max(1), &self.stock).await;
        if matches!(outcome, Err(Refusal::Exhausted(_))) {
            self.refusals.inc();
        }
        outcome
    }

    /// What is counted of the quotas themselves: leases taken, calls refused.
    pub fn figures(&self) -> [IntCounter; 2] {
        [self.stock.takes.clone(), self.refusals.clone()]
    }

    /// How a subject stands when this replica knows it to be exhausted, without asking anybody.
    pub fn exhausted(&self, subject: Subject) -> Option<Standing> {
        self.leases.get(&subject)?.known_exhausted()
    }

    /// Returns unused units until stopped, then returns everything.
    pub async fn give_back(&self, mut returns: Returns, stop: CancellationToken) {
        let mut waiting = Vec::new();
        loop {
            let stopping = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(SWEEP_EVERY) => false,
            };
            let held = std::mem::take(&mut *self.held());
            let (idle, busy): (Vec<_>, Vec<_>) = held.into_iter().partition(|lease| stopping || lease.is_idle());
            self.held().extend(busy);
            idle.iter().for_each(|lease| lease.surrender(&self.stock.returns));
            while let Ok(units) = returns.try_recv() {
                waiting.push(units);
            }
            if let Err(error) = counter::give(&self.stock.db, &waiting).await {
                tracing::warn!(%error, subjects = waiting.len(), "units of quotas could not be given back; they count as used");
            }
            waiting.clear();
            if stopping {
                return;
            }
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Lease>>> {
        self.stock.held.lock().expect("no panic while the list is held")
    }

    /// How many subjects this replica follows, roughly.
    pub fn followed(&self) -> u64 {
        self.leases.entry_count()
    }

    /// Deletes the counters of subjects that have not called for two days.
    pub async fn prune(&self) -> Result<(), ApiError> {
        counter::prune(&self.stock.db).await
    }
}
