//! Connections: how the server speaks to Postgres.
//!
//! Every connection of the running server works as the role `playhouse_app` and says so when it connects, so that no
//! statement can run with more rights. Plans are generic, because planning a statement anew costs more than running it.

use std::time::Duration;

use anyhow::Context;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, SqlxPostgresConnector};
use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};

use crate::config::Database;

/// The role of every connection of the running server.
pub const RUNTIME_ROLE: &str = "playhouse_app";
/// Connections for the work behind the requests: change log, its listener, counters, audit trail.
const BACKGROUND_CONNECTIONS: u32 = 4;
/// Any number, as long as all versions of this program use the same.
const MIGRATION_LOCK: i64 = 0x504c_4159;

/// The connections of a running server.
#[derive(Debug, Clone)]
pub struct Pools {
    /// For requests; they wait `database.acquire_timeout_seconds` for one.
    pub requests: DatabaseConnection,
    /// For the work behind them, which must not wait for requests.
    pub background: DatabaseConnection,
}

/// What every connection of the running server says of itself when it connects.
pub fn session_settings(settings: &Database) -> [(&'static str, String); 4] {
    [
        ("role", RUNTIME_ROLE.to_owned()),
        ("plan_cache_mode", "force_generic_plan".to_owned()),
        ("statement_timeout", format!("{}s", settings.statement_timeout_seconds)),
        ("timezone", "UTC".to_owned()),
    ]
}

/// Opens the pools of a server; connections are made when needed, so Postgres may still be away.
pub fn connect(url: &str, settings: &Database) -> anyhow::Result<Pools> {
    let options = parse(url)?.application_name("playhouse").options(session_settings(settings));
    let pool = |connections: u32| {
        PgPoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(settings.acquire_timeout_seconds))
            // A ping before each use costs a round trip; a connection that died fails one statement with 503 instead.
            .test_before_acquire(false)
            .idle_timeout(Duration::from_secs(600))
            .connect_lazy_with(options.clone())
    };
    Ok(Pools { requests: wrap(pool(settings.max_connections)), background: wrap(pool(BACKGROUND_CONNECTIONS)) })
}

/// Opens connections with the rights of the URL's own user, for migrations and administration.
pub async fn connect_as_owner(url: &str) -> anyhow::Result<DatabaseConnection> {
    owner_pool(url, 2).await
}

async fn owner_pool(url: &str, connections: u32) -> anyhow::Result<DatabaseConnection> {
    let options = parse(url)?.application_name("playhouse admin");
    let place = format!("{}:{}", options.get_host(), options.get_port());
    // A pool would try again until it times out, and then not say why.
    let first = PgConnection::connect_with(&options).await;
    first.with_context(|| format!("cannot connect to the database at {place}"))?.close().await?;
    Ok(wrap(PgPoolOptions::new().max_connections(connections).connect_lazy_with(options)))
}

fn wrap(pool: PgPool) -> DatabaseConnection {
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
}

fn parse(url: &str) -> anyhow::Result<PgConnectOptions> {
    // The parser's own error may quote the URL, and with it the password.
    url.parse().map_err(|_| {
        anyhow::anyhow!("the database URL cannot be read; postgres://user:password@host:port/name is expected")
    })
}

/// Brings the schema up to date; of several processes one does, the others wait.
pub async fn migrate(url: &str) -> anyhow::Result<()> {
    under_lock(url, async |db| {
        let pending = pending_migrations(db).await?;
        if !pending.is_empty() {
            tracing::info!("bringing the schema up to date: {} step(s)", pending.len());
            Migrator::up(db, None).await?;
        }
        Ok(())
    })
    .await
}

/// Takes the given number of steps back, or all.
pub async fn migrate_down(url: &str, steps: Option<u32>) -> anyhow::Result<()> {
    under_lock(url, async |db| Ok(Migrator::down(db, steps).await?)).await
}

/// The steps that the database has not taken.
pub async fn pending_migrations(db: &DatabaseConnection) -> anyhow::Result<Vec<String>> {
    let pending = Migrator::get_pending_migrations(db).await?;
    Ok(pending.iter().map(|step| step.name().to_owned()).collect())
}

/// Runs work while this process alone holds the migration lock.
pub async fn under_lock<T>(
    url: &str,
    work: impl AsyncFnOnce(&DatabaseConnection) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let lock = owner_pool(url, 1).await?;
    lock.execute_unprepared(&format!("select pg_advisory_lock({MIGRATION_LOCK})")).await?;
    let db = connect_as_owner(url).await?;
    let outcome = work(&db).await;
    db.close().await?;
    // The lock goes with its connection.
    lock.close().await?;
    outcome
}
