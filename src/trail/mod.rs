//! The audit trail and the usage of keys, written in batches.
//!
//! A call costs its caller no write: it is remembered here and written with all others every two seconds, when two
//! thousand wait, and at the end. While the database is away entries wait, up to a bound; a server that is killed loses
//! what it has not written.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{call::UsedKey, error::ApiError};

mod entry;
mod usage;

pub use entry::{Actor, Entry, write_entries};
use usage::Usage;

const FLUSH_EVERY: Duration = Duration::from_secs(2);
const BATCH: usize = 2000;
/// Entries kept while the database is away, about 100 MB; then the oldest go.
const BOUND: usize = 200_000;

/// What is written together, in one transaction.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Entry>,
    usage: Usage,
    /// Its first try failed, perhaps only after the commit.
    again: bool,
}

#[derive(Debug, Default)]
struct Pending {
    entries: VecDeque<Entry>,
    usage: Usage,
    unsettled: Option<Batch>,
    dropped: u64,
}

/// What waits to be written.
#[derive(Debug, Default)]
pub struct Trail {
    pending: Mutex<Pending>,
    /// Rung when a batch is full, so that a busy server does not keep what it did for seconds in memory.
    full: Notify,
    /// Held while something is written, so that whoever flushes waits for what is on its way already.
    writing: tokio::sync::Mutex<()>,
}

impl Trail {
    /// Remembers an entry.
    pub fn record(&self, entry: Entry) {
        let mut pending = self.held();
        if pending.entries.len() >= BOUND {
            pending.entries.pop_front();
            pending.dropped += 1;
        }
        pending.entries.push_back(entry);
        // Once: while the database is away it is asked every two seconds.
        if pending.entries.len() == BATCH {
            self.full.notify_one();
        }
    }

    /// How many entries are not yet written.
    pub fn waiting(&self) -> usize {
        self.held().entries.len()
    }

    /// Counts a call of a key; `refused` when its quota said no, which is no use of the key.
    pub fn count(&self, key: &UsedKey, at: DateTime<Utc>, refused: bool) {
        self.held().usage.count(key, at, refused);
    }

    /// Writes every two seconds, and when a batch is full, until stopped; then once more.
    pub async fn keep_writing(&self, db: &DatabaseConnection, stop: CancellationToken) {
        loop {
            let stopping = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(FLUSH_EVERY) => false,
                () = self.full.notified() => false,
            };
            if let Err(error) = self.flush(db).await {
                tracing::warn!(%error, "the audit trail cannot be written now; it waits");
            }
            if stopping {
                return;
            }
        }
    }

    /// Writes everything that waits; what cannot be written waits on. When this ends well, everything that was recorded
    /// before it began is in the database.
    pub async fn flush(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        let _writing = self.writing.lock().await;
        loop {
            let batch = self.next_batch();
            let is_last = batch.entries.len() < BATCH && !batch.again;
            if let Err(error) = write(db, &batch).await {
                self.held().unsettled = Some(Batch { again: true, ..batch });
                return Err(error);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn next_batch(&self) -> Batch {
        let mut pending = self.held();
        if pending.dropped > 0 {
            let dropped = std::mem::take(&mut pending.dropped);
            tracing::error!(dropped, "entries of the audit trail were lost while the database was away");
        }
        if let Some(batch) = pending.unsettled.take() {
            return batch;
        }
        let size = pending.entries.len().min(BATCH);
        let entries = pending.entries.drain(..size).collect();
        Batch { entries, usage: std::mem::take(&mut pending.usage), again: false }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().expect("no panic while the trail is held")
    }
}

async fn write(db: &DatabaseConnection, batch: &Batch) -> Result<(), DbErr> {
    let txn = db.begin().await?;
    let written = write_entries(&txn, &batch.entries).await?;
    // A batch that comes again and is there already was committed, and only the answer was lost.
    if !(batch.again && written == 0 && !batch.entries.is_empty()) {
        batch.usage.write(&txn).await?;
    }
    txn.commit().await
}

/// Deletes the entries and the daily usage from before an instant, a portion at a time until none is left.
pub async fn prune(db: &DatabaseConnection, before: DateTime<Utc>, stop: &CancellationToken) -> Result<(), ApiError> {
    const ENTRIES: &str = "select audit_prune($1, $2) as pruned";
    const USAGE: [&str; 2] = ["delete from org_api_key_usage where day < $1", "select api_key_usage_prune($1)"];
    const PORTION: i32 = 10_000;
    for usage in USAGE {
        let usage = Statement::from_sql_and_values(DbBackend::Postgres, usage, [before.date_naive().into()]);
        db.execute_raw(usage).await?;
    }
    while !stop.is_cancelled() {
        let portion = Statement::from_sql_and_values(DbBackend::Postgres, ENTRIES, [before.into(), PORTION.into()]);
        let row = db.query_one_raw(portion).await?.ok_or_else(ApiError::internal)?;
        if row.try_get::<i32>("", "pruned")? < PORTION {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::tenant::OrgId;

    #[test]
    fn a_full_batch_rings_and_a_bound_keeps_the_latest() {
        let trail = Trail::default();
        let entry = Entry::new(OrgId(1), &Actor::System, "createSession", 200, DateTime::UNIX_EPOCH);
        let record = |count: usize| (0..count).for_each(|_| trail.record(entry.clone()));
        record(BATCH - 1);
        assert_eq!(trail.full.notified().now_or_never(), None);
        record(1);
        assert_eq!(trail.full.notified().now_or_never(), Some(()));
        record(BOUND);
        assert_eq!((trail.waiting(), trail.held().dropped), (BOUND, BATCH as u64));
    }
}
