//! What workers do for events now and then: tell that sessions expired, make the weeks ahead and drop the old ones.
//!
//! Both span tenants, so they run under the workers' role, which the login of a process with workers must be allowed to
//! take. Any number of replicas may try at the same time; one does it.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait, Value};
use tokio_util::sync::CancellationToken;

/// Sessions that are told of in one transaction.
const PORTION: i32 = 1_000;
/// A session is told of this long after its end, so that one that was made or consumed just before it is seen as it is.
const GRACE: TimeDelta = TimeDelta::seconds(15);

/// Tells, once for each, that sessions expired.
///
/// # Errors
///
/// When the database does not do it; what was told until then stays told.
pub async fn tell_expired(db: &DatabaseConnection, now: DateTime<Utc>, stop: &CancellationToken) -> Result<(), DbErr> {
    while !stop.is_cancelled() {
        let told = as_workers(db, "select tell_expired_sessions($1, $2) as n", [(now - GRACE).into(), PORTION.into()]);
        if told.await? < PORTION {
            break;
        }
    }
    Ok(())
}

/// Makes the weeks of the logs ahead of time and drops those whose rows are all older than this many days.
///
/// # Errors
///
/// When the database does not do it.
pub async fn keep_partitions(db: &DatabaseConnection, days: u32) -> Result<(), DbErr> {
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    let dropped = as_workers(db, "select maintain_partitions(make_interval(days => $1)) as n", [days.into()]).await?;
    if dropped > 0 {
        tracing::info!("{dropped} week(s) of events and attempts were older than what is kept, and are gone");
    }
    Ok(())
}

async fn as_workers<const N: usize>(db: &DatabaseConnection, sql: &str, values: [Value; N]) -> Result<i32, DbErr> {
    let txn = db.begin().await?;
    txn.execute_unprepared("set local role playhouse_workers").await?;
    let row = txn.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    let number = row.map_or(Ok(0), |row| row.try_get("", "n"))?;
    txn.commit().await?;
    Ok(number)
}
