//! Connections: how the server speaks to Postgres.
//!
//! Every connection of the running server works as the role `playhouse_app` from its first statement on. That guards
//! against mistakes; against somebody who can run statements of their own it holds only where the server's login has no
//! further rights, so give it one that is a member of that role alone (`database.migrate_url` names the other). Plans are generic, because planning a statement anew costs more than running it.

use std::time::Duration;

use anyhow::Context;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqlxPostgresConnector, Statement};
use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};

use crate::config::Database;

/// The role of every connection of the running server but those of the queues.
pub const RUNTIME_ROLE: &str = "playhouse_app";
/// The role of the connections that work off queues, for all tenants.
pub const WORKER_ROLE: &str = "playhouse_workers";
/// Connections for the quotas' counters; their statements are short.
const COUNTER_CONNECTIONS: u32 = 6;
/// Connections for the work behind the requests: change log, its listener, audit trail, acknowledgements.
const BACKGROUND_CONNECTIONS: u32 = 4;
/// Any number, as long as all versions of this program use the same.
const MIGRATION_LOCK: i64 = 0x504c_4159;

/// The connections of a running server.
#[derive(Debug, Clone)]
pub struct Pools {
    /// For requests; they wait `database.acquire_timeout_seconds` for one.
    pub requests: DatabaseConnection,
    /// For the counters of quotas.
    pub counters: DatabaseConnection,
    /// For the work behind them, which must not wait for requests: a replica that cannot read the log of key changes in
    /// time stops trusting its memory.
    pub background: DatabaseConnection,
}

/// What every connection of the running server says of itself when it connects.
pub fn session_settings(settings: &Database, role: &str) -> [(&'static str, String); 4] {
    [
        ("role", role.to_owned()),
        ("plan_cache_mode", "force_generic_plan".to_owned()),
        ("statement_timeout", format!("{}s", settings.statement_timeout_seconds)),
        ("timezone", "UTC".to_owned()),
    ]
}

/// Opens the pools of a server; connections are made when needed, so Postgres may still be away.
pub fn connect(url: &str, settings: &Database) -> anyhow::Result<Pools> {
    let options = server_options(url, settings, RUNTIME_ROLE)?;
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
    Ok(Pools {
        requests: wrap(pool(settings.max_connections)),
        counters: wrap(pool(COUNTER_CONNECTIONS)),
        background: wrap(pool(BACKGROUND_CONNECTIONS)),
    })
}

/// How the running server connects: as the URL says, and with what every connection of it says of itself.
pub(crate) fn server_options(url: &str, settings: &Database, role: &str) -> anyhow::Result<PgConnectOptions> {
    Ok(parse(url)?.application_name("playhouse").options(session_settings(settings, role)))
}

/// Opens connections with the rights of the URL's own user, for migrations and administration.
pub async fn connect_as_owner(url: &str) -> anyhow::Result<DatabaseConnection> {
    // A pool would try again until it times out, and then not say why.
    connect_once(url).await?.close().await?;
    Ok(wrap(PgPoolOptions::new().max_connections(2).connect_lazy_with(owner_options(url)?)))
}

async fn connect_once(url: &str) -> anyhow::Result<PgConnection> {
    let options = owner_options(url)?;
    let place = format!("{}:{}", options.get_host(), options.get_port());
    PgConnection::connect_with(&options).await.with_context(|| format!("cannot connect to the database at {place}"))
}

fn owner_options(url: &str) -> anyhow::Result<PgConnectOptions> {
    Ok(parse(url)?.application_name("playhouse admin"))
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

/// Brings the schema up to date; of several processes one does, the others wait. Where nothing is missing, a user that
/// may only read will do.
pub async fn migrate(url: &str) -> anyhow::Result<()> {
    let db = connect_as_owner(url).await?;
    // An error says that there is no schema at all yet.
    let current = schema_is_current(&db).await.unwrap_or(false);
    db.close().await?;
    if current {
        return Ok(());
    }
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

/// Whether the database has taken every step that this program knows; asks, and changes nothing.
pub async fn schema_is_current(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let rows =
        db.query_all_raw(Statement::from_string(DbBackend::Postgres, "select version from seaql_migrations")).await?;
    let taken: Vec<String> = rows.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?;
    Ok(Migrator::migrations().iter().all(|step| taken.iter().any(|name| name == step.name())))
}

/// Runs work while this process alone holds the migration lock.
pub async fn under_lock<T>(
    url: &str,
    work: impl AsyncFnOnce(&DatabaseConnection) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    // One plain connection, which no pool closes for its age while a step takes long; the lock goes with it.
    let mut lock = connect_once(url).await?;
    sqlx::query("select pg_advisory_lock($1)").bind(MIGRATION_LOCK).execute(&mut lock).await?;
    let db = connect_as_owner(url).await?;
    let outcome = work(&db).await;
    db.close().await?;
    lock.close().await?;
    outcome
}
