//! The audit trail and the usage of keys, written in batches.
//!
//! A call costs its caller no write: it is remembered here and written with all others every two seconds and at the
//! end. While the database is away entries wait, up to a bound; a server that is killed loses what it has not written.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::Mutex,
    time::Duration,
};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    error::ApiError,
    http::{ClientAddress, RequestId},
    tenant::OrgId,
};

const FLUSH_EVERY: Duration = Duration::from_secs(2);
const BATCH: usize = 2000;
/// Entries kept while the database is away, about 100 MB; then the oldest go.
const BOUND: usize = 200_000;

/// Who acted.
#[derive(Debug, Clone)]
pub enum Actor {
    /// An organisation key, by its number.
    OrgKey(i32),
    /// An operator at the shell.
    System,
    /// A user, as [`crate::auth::member::User::actor`] writes it.
    User(String),
}

/// One line of the audit trail; never a secret.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    id: Uuid,
    organization_id: i32,
    actor_kind: &'static str,
    actor_id: String,
    action: &'static str,
    status: u16,
    client_address: Option<IpAddr>,
    request_id: Option<String>,
    details: Option<serde_json::Value>,
    at: DateTime<Utc>,
}

impl Entry {
    /// What an actor did in an organisation, and how it was answered.
    pub fn new(organization: OrgId, actor: &Actor, action: &'static str, status: u16, at: DateTime<Utc>) -> Self {
        let (actor_kind, actor_id) = match actor {
            Actor::OrgKey(id) => ("org_api_key", id.to_string()),
            Actor::System => ("system", "shell".to_owned()),
            Actor::User(user) => ("user", user.clone()),
        };
        Self {
            id: Uuid::now_v7(),
            organization_id: organization.0,
            actor_kind,
            actor_id,
            action,
            status,
            client_address: None,
            request_id: None,
            details: None,
            at,
        }
    }

    /// Adds where the call came from.
    #[must_use]
    pub fn from_client(mut self, address: Option<ClientAddress>, request_id: Option<&RequestId>) -> Self {
        self.client_address = address.map(ClientAddress::ip);
        self.request_id = request_id.map(|id| id.as_str().to_owned());
        self
    }

    /// Adds what more there is to know.
    #[must_use]
    pub fn with_details(mut self, details: serde_json::Value) -> Self {
        self.details = Some(details);
        self
    }
}

#[derive(Debug, Default, Serialize, Clone, Copy)]
struct Usage {
    accepted: i64,
    refused: i64,
    last_used_at: Option<DateTime<Utc>>,
}

/// Calls of one key on one day.
type UsageKey = (i32, i32, NaiveDate);

/// What is written together, in one transaction.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Entry>,
    usage: BTreeMap<UsageKey, Usage>,
    /// Its first try failed, perhaps only after the commit.
    again: bool,
}

#[derive(Debug, Default)]
struct Pending {
    entries: VecDeque<Entry>,
    usage: BTreeMap<UsageKey, Usage>,
    unsettled: Option<Batch>,
    dropped: u64,
}

/// What waits to be written.
#[derive(Debug, Default)]
pub struct Trail {
    pending: Mutex<Pending>,
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
    }

    /// How many entries are not yet written.
    pub fn waiting(&self) -> usize {
        self.held().entries.len()
    }

    /// Counts a call of a key; `refused` when its quota said no, which is no use of the key.
    pub fn count(&self, organization: OrgId, key: i32, at: DateTime<Utc>, refused: bool) {
        let mut pending = self.held();
        let usage = pending.usage.entry((organization.0, key, at.date_naive())).or_default();
        if refused {
            usage.refused += 1;
        } else {
            usage.accepted += 1;
            usage.last_used_at = usage.last_used_at.max(Some(at));
        }
    }

    /// Writes every two seconds until stopped, then once more.
    pub async fn keep_writing(&self, db: &DatabaseConnection, stop: CancellationToken) {
        loop {
            let stopping = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(FLUSH_EVERY) => false,
            };
            if let Err(error) = self.flush(db).await {
                tracing::warn!(%error, "the audit trail cannot be written now; it waits");
            }
            if stopping {
                return;
            }
        }
    }

    /// Writes everything that waits; what cannot be written waits on.
    pub async fn flush(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
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
        write_usage(&txn, &batch.usage).await?;
    }
    txn.commit().await
}

/// Writes entries in the caller's transaction; how many were not there yet.
pub async fn write_entries(db: &impl ConnectionTrait, entries: &[Entry]) -> Result<u64, DbErr> {
    // The join leaves out entries of an organisation that was deleted meanwhile, which would fail all others.
    const SQL: &str = "insert into audit_log (organization_id, id, actor_kind, actor_id, action, status, \
         client_address, request_id, details, at) \
         select e.organization_id, e.id, e.actor_kind, e.actor_id, e.action, e.status, e.client_address, \
         e.request_id, e.details, e.at from jsonb_to_recordset($1) as e(organization_id integer, id uuid, \
         actor_kind text, actor_id text, action text, status smallint, client_address inet, \
         request_id text, details jsonb, at timestamptz) join organizations o on o.id = e.organization_id \
         on conflict do nothing";
    if entries.is_empty() {
        return Ok(0);
    }
    let rows = serde_json::to_value(entries).expect("an entry is made of plain values");
    let outcome = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, SQL, [rows.into()])).await?;
    Ok(outcome.rows_affected())
}

async fn write_usage(db: &impl ConnectionTrait, usage: &BTreeMap<UsageKey, Usage>) -> Result<(), DbErr> {
    // Sorted by key, as the map is: replicas that write at the same time cannot wait for each other in a circle.
    const SQL: &str = "with called as (select * from jsonb_to_recordset($1) as u(organization_id integer, \
         org_api_key_id integer, day date, accepted bigint, refused bigint, last_used_at timestamptz)), \
         used as (update org_api_keys k set last_used_at = c.last_used_at from called c \
         where k.organization_id = c.organization_id and k.id = c.org_api_key_id \
         and (k.last_used_at is null or k.last_used_at < c.last_used_at)) \
         insert into org_api_key_usage as known (organization_id, org_api_key_id, day, accepted, refused) \
         select c.organization_id, c.org_api_key_id, c.day, c.accepted, c.refused \
         from called c join organizations o on o.id = c.organization_id \
         order by c.organization_id, c.org_api_key_id, c.day \
         on conflict (organization_id, org_api_key_id, day) \
         do update set accepted = known.accepted + excluded.accepted, refused = known.refused + excluded.refused";
    if usage.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = usage
        .iter()
        .map(|((organization, key, day), usage)| {
            serde_json::json!({
                "organization_id": organization, "org_api_key_id": key, "day": day, "accepted": usage.accepted,
                "refused": usage.refused, "last_used_at": usage.last_used_at,
            })
        })
        .collect();
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, SQL, [serde_json::Value::from(rows).into()]))
        .await?;
    Ok(())
}

/// Deletes the entries and the daily usage from before an instant, a portion at a time until none is left.
pub async fn prune(db: &DatabaseConnection, before: DateTime<Utc>, stop: &CancellationToken) -> Result<(), ApiError> {
    const ENTRIES: &str = "select audit_prune($1, $2) as pruned";
    const USAGE: &str = "delete from org_api_key_usage where day < $1";
    const PORTION: i32 = 10_000;
    let usage = Statement::from_sql_and_values(DbBackend::Postgres, USAGE, [before.date_naive().into()]);
    db.execute_raw(usage).await?;
    while !stop.is_cancelled() {
        let portion = Statement::from_sql_and_values(DbBackend::Postgres, ENTRIES, [before.into(), PORTION.into()]);
        let row = db.query_one_raw(portion).await?.ok_or_else(ApiError::internal)?;
        if row.try_get::<i32>("", "pruned")? < PORTION {
            break;
        }
    }
    Ok(())
}
