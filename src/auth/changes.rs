//! Following the log of credential changes, and knowing when everybody has.
//!
//! The log (`credential_changes`) is the truth: it is polled every second, and its numbers become visible in their order
//! because the trigger that writes it holds a lock until commit. `NOTIFY` only rings the bell, so a lost listener costs
//! a second, not a revocation. Each poll tells in `replicas` how far this replica has come.
//!
//! A replica trusts its memory for [`TRUST`] after the *start* of its last good poll. Whoever revokes waits until each
//! row of `replicas` has applied the change or has not been seen for longer than that: then no replica anywhere may
//! still let the key pass, also one that was cut off or killed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, FromQueryResult, Statement};
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    auth::{
        credentials::{Credential, Credentials},
        org_key::OrgKey,
        property_key::PropertyKey,
    },
    error::ApiError,
};

/// How long memory is trusted after the start of the last good poll.
pub const TRUST: Duration = Duration::from_secs(2);
const POLL_EVERY: Duration = Duration::from_secs(1);
/// After an outage each connection of the pool fails once, so a second for each would be long.
const RETRY_AFTER: Duration = Duration::from_millis(200);
const POLL_TIMEOUT: Duration = Duration::from_millis(1900);
const POLL_ROWS: usize = 1000;
/// How long a change may take to reach everybody: the trust of one that died, and some time to notice.
const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(6);
const LOG_KEPT: &str = "1 hour";

/// Until when memory may be trusted; read on each request.
#[derive(Debug)]
pub struct Trust {
    base: Instant,
    until_ms: AtomicU64,
}

impl Default for Trust {
    fn default() -> Self {
        Self { base: Instant::now(), until_ms: AtomicU64::new(0) }
    }
}

impl Trust {
    /// Whether the log was read recently enough.
    pub fn holds(&self) -> bool {
        self.millis(Instant::now()) < self.until_ms.load(Ordering::Acquire)
    }

    /// Trust from a poll that began at this instant.
    pub fn extend(&self, poll_began: Instant) {
        self.until_ms.fetch_max(self.millis(poll_began + TRUST), Ordering::AcqRel);
    }

    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.base).as_millis()).unwrap_or(u64::MAX)
    }
}

#[derive(Debug, FromQueryResult)]
struct Change {
    seq: i64,
    kind: String,
    key_hash: Vec<u8>,
    version: i64,
}

/// This replica's place in the log.
#[derive(Debug)]
pub struct ChangeLog {
    db: DatabaseConnection,
    replica: Uuid,
    applied: AtomicI64,
    trust: Arc<Trust>,
    bell: Notify,
    org_keys: Arc<Credentials<OrgKey>>,
    property_keys: Arc<Credentials<PropertyKey>>,
}

impl ChangeLog {
    /// A replica that has applied nothing; `db` should not be the pool that requests wait for.
    pub fn new(
        db: DatabaseConnection,
        trust: Arc<Trust>,
        org_keys: Arc<Credentials<OrgKey>>,
        property_keys: Arc<Credentials<PropertyKey>>,
    ) -> Self {
        let (replica, applied, bell) = (Uuid::now_v7(), AtomicI64::new(0), Notify::new());
        Self { db, replica, applied, trust, bell, org_keys, property_keys }
    }

    /// Whether the log was read within the last seconds; part of readiness.
    pub fn is_current(&self) -> bool {
        self.trust.holds()
    }

    /// Polls until stopped, then signs this replica off.
    pub async fn follow(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let began = Instant::now();
            let pause = match self.catch_up().await {
                // From begin to begin: trust counts from there too, so a slow poll must not put the next one off.
                Ok(()) => POLL_EVERY.saturating_sub(began.elapsed()),
                Err(error) => {
                    tracing::warn!(%error, "the log of credential changes cannot be read");
                    RETRY_AFTER
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
                () = self.bell.notified() => {}
            }
        }
        let leave = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "delete from replicas where id = $1",
            [self.replica.into()],
        );
        if let Err(error) = self.db.execute_raw(leave).await {
            tracing::debug!(%error, "this replica could not sign off; its row goes stale by itself");
        }
    }

    /// Reads and applies what is new, until nothing is.
    pub async fn catch_up(&self) -> Result<(), ApiError> {
        loop {
            let began = Instant::now();
            let changes = tokio::time::timeout(POLL_TIMEOUT, self.poll())
                .await
                .map_err(|_| ApiError::unavailable("The log of credential changes does not answer"))??;
            let (read, more) = (changes.len(), changes.len() == POLL_ROWS);
            for change in changes {
                match (change.kind.as_str(), change.key_hash.as_slice().try_into()) {
                    (OrgKey::KIND, Ok(hash)) => self.org_keys.apply(hash, change.version),
                    (PropertyKey::KIND, Ok(hash)) => self.property_keys.apply(hash, change.version),
                    // A kind that only a newer server knows, which this one keeps nothing of.
                    _ => {}
                }
                self.applied.fetch_max(change.seq, Ordering::AcqRel);
            }
            if !more {
                self.trust.extend(began);
            }
            // What was applied is reported by the next poll, at once, since somebody may wait for it.
            if read == 0 {
                return Ok(());
            }
        }
    }

    /// Signs in first and reads then, in two statements: whoever revokes meanwhile either sees this replica alive and
    /// waits for it, or has committed before the reading begins.
    async fn poll(&self) -> Result<Vec<Change>, ApiError> {
        const BEAT: &str = "insert into replicas (id, applied_seq) values ($1, $2) on conflict (id) do update \
             set applied_seq = excluded.applied_seq, seen_at = clock_timestamp()";
        const READ: &str =
            "select seq, kind, key_hash, version from credential_changes where seq > $1 order by seq limit 1000";
        let applied = self.applied.load(Ordering::Acquire);
        let values = [self.replica.into(), applied.into()];
        self.db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, BEAT, values)).await?;
        let read = Statement::from_sql_and_values(DbBackend::Postgres, READ, [applied.into()]);
        Ok(Change::find_by_statement(read).all(&self.db).await?)
    }

    /// Waits until every change committed so far is applied by every live replica; see [`applied_everywhere`].
    pub async fn acknowledged(&self) -> Result<(), ApiError> {
        self.bell.notify_one();
        applied_everywhere(&self.db).await
    }

    /// Listens for the bell until stopped; whatever happens to the connection only costs speed.
    pub async fn listen(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.listen_once() => {
                    if let Err(error) = outcome {
                        tracing::debug!(%error, "listening for credential changes was interrupted");
                    }
                    // What was rung while nobody listened is found by a poll.
                    self.bell.notify_one();
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(POLL_EVERY) => {}
            }
        }
    }

    async fn listen_once(&self) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(self.db.get_postgres_connection_pool()).await?;
        listener.listen("credential_changes").await?;
        self.bell.notify_one();
        while listener.try_recv().await?.is_some() {
            self.bell.notify_one();
        }
        Ok(())
    }

    /// Deletes what every replica has long read, and the rows of replicas that are gone.
    pub async fn prune(&self) -> Result<(), ApiError> {
        let sql = format!(
            "with old as (delete from credential_changes where at < clock_timestamp() - interval '{LOG_KEPT}') \
             delete from replicas where seen_at < clock_timestamp() - interval '{LOG_KEPT}'"
        );
        self.db.execute_unprepared(&sql).await?;
        Ok(())
    }
}

/// Waits until every change committed so far is applied by every live replica.
///
/// Fails with 503 when that takes longer than a dead replica keeps its trust; the change itself stands.
pub async fn applied_everywhere(db: &DatabaseConnection) -> Result<(), ApiError> {
    const BEHIND: &str = "select count(*) as n from replicas \
         where applied_seq < $1 and seen_at > clock_timestamp() - make_interval(secs => $2)";
    let last = number(db, Statement::from_string(DbBackend::Postgres, LAST_SEQ)).await?;
    // A little more than the trust itself, for clocks that count differently fast.
    let window = TRUST.as_secs_f64() + 0.1;
    let deadline = Instant::now() + ACKNOWLEDGE_TIMEOUT;
    let mut pause = Duration::from_millis(5);
    loop {
        let behind = Statement::from_sql_and_values(DbBackend::Postgres, BEHIND, [last.into(), window.into()]);
        if number(db, behind).await? == 0 {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(ApiError::unavailable("The change is stored, but not every server has confirmed it yet"));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

const LAST_SEQ: &str = "select coalesce(max(seq), 0) as n from credential_changes";

async fn number(db: &DatabaseConnection, statement: Statement) -> Result<i64, ApiError> {
    #[derive(FromQueryResult)]
    struct Row {
        n: i64,
    }
    Ok(Row::find_by_statement(statement).one(db).await?.map_or(0, |row| row.n))
}
