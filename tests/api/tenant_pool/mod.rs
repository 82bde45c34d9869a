//! Connections that carry a tenant: nobody reads or writes under another one, whatever fails in between.
//!
//! The statements here leave out the tenant on purpose: what keeps the tenants apart is the second wall alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod outage;
mod places;
mod plans;
mod storm;
mod tls;
mod transactions;
mod values;
mod walls;

use std::time::{Duration, Instant};

use playhouse::{
    tenant::PropertyId,
    tenant_pool::{QueryError, Rows, TenantConnection, TenantPool},
};
use uuid::Uuid;

use crate::support::{app::config, database};

/// Reads everything that the tenant of the connection may see.
const ALL: &str = "select property_id, body from notes";
/// Notes that each tenant has at the beginning.
const NOTES: u64 = 3;

/// Two tenants with notes in a database of their own, and a pool over it.
struct Notes {
    pool: TenantPool,
    url: String,
    a: PropertyId,
    b: PropertyId,
}

impl Notes {
    /// A pool of so many connections.
    async fn with(connections: u32) -> Self {
        Self::over(database::fresh().await, connections).await
    }

    /// A pool with a single connection, so that the tenants always meet on it.
    async fn on_one_connection() -> Self {
        Self::with(1).await
    }

    async fn over(url: String, connections: u32) -> Self {
        let (a, b) = (PropertyId(Uuid::now_v7()), PropertyId(Uuid::now_v7()));
        let sql = format!(
            "create table notes (property_id uuid not null, id uuid not null default gen_random_uuid(), body text, \
             amount numeric, primary key (property_id, id)); \
             alter table notes enable row level security; alter table notes force row level security; \
             create policy tenant on notes using (property_id = current_property()); \
             grant select, insert, update, delete on notes to playhouse_app; \
             insert into notes (property_id, body) \
             select tenant, 'a note' from unnest('{{{a},{b}}}'::uuid[]) as tenant, generate_series(1, {NOTES})"
        );
        database::execute(&url, &sql).await;
        let pool = pool(&url, connections);
        Self { pool, url, a, b }
    }

    /// What a tenant sees, which must be its own.
    async fn read(&self, tenant: PropertyId) -> Result<u64, QueryError> {
        let rows = self.acquire(tenant).await.query(ALL, &[]).await?;
        assert_own(&rows, tenant);
        Ok(rows.affected())
    }

    async fn acquire(&self, tenant: PropertyId) -> TenantConnection {
        self.pool.acquire(tenant).await.unwrap()
    }

    /// A number that the owner of the database reads.
    async fn number(&self, sql: &str) -> i64 {
        database::number(&self.url, sql).await
    }

    /// How many of the pool's connections the server knows, among those that a condition holds for.
    async fn sessions(&self, condition: &str) -> i64 {
        self.number(&format!("select count(*) from ({SESSIONS}) s where {condition}")).await
    }

    /// Ends the pool's connections at the server.
    async fn kill(&self) {
        self.number(&format!("select count(pg_terminate_backend(pid)) from ({SESSIONS}) s")).await;
    }

    /// Waits until the server has as many of the pool's connections with a condition.
    async fn until_sessions(&self, condition: &str, count: i64) {
        let began = Instant::now();
        while self.sessions(condition).await != count {
            assert!(began.elapsed() < Duration::from_secs(20), "never {count} connections with {condition}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

const SESSIONS: &str =
    "select * from pg_stat_activity where datname = current_database() and application_name = 'playhouse tables'";

/// Nobody is refused for waiting unless a test waits for that.
fn pool(url: &str, connections: u32) -> TenantPool {
    let mut settings = config(&[]).database;
    (settings.max_connections, settings.acquire_timeout_seconds) = (connections, 60);
    TenantPool::new(url, &settings).unwrap()
}

/// Every row that was handed out says whose it is.
fn assert_own(rows: &Rows, tenant: PropertyId) {
    for row in rows.iter() {
        assert_eq!(row.bytes(0).unwrap(), tenant.0.as_bytes(), "a row of another tenant");
    }
}

/// The SQLSTATE of a statement that Postgres refused.
fn state(outcome: Result<Rows, QueryError>) -> String {
    outcome.unwrap_err().database().expect("Postgres refused it").state.clone()
}
