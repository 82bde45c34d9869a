//! The counters in Postgres: take, give back, prune.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, FromQueryResult, Statement, TransactionTrait};

use crate::{
    error::ApiError,
    limits::{Quota, Subject},
};

/// What a take gave, and how the counter stands after it.
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub(super) struct Taken {
    /// Units given, 0 … wanted.
    pub granted: i32,
    /// Units left in the minute for all replicas.
    pub minute_left: i32,
    /// Units left in the day; without meaning when days are not counted.
    pub day_left: i64,
    /// The minute they belong to, counted from 1970 by the database's clock.
    pub minute_window: i64,
    /// The day they belong to.
    pub day_window: i32,
    /// Milliseconds until the next minute, by the database's clock.
    pub minute_reset_ms: i32,
    /// Milliseconds until the next day.
    pub day_reset_ms: i32,
}

impl Taken {
    /// Whether two takes were from the same minute of the same day.
    pub(super) fn is_of_the_windows_of(&self, other: &Self) -> bool {
        (self.minute_window, self.day_window) == (other.minute_window, other.day_window)
    }
}

/// Units that go back to the windows they were taken from.
#[derive(Debug)]
pub struct Return {
    pub(super) subject: Subject,
    pub(super) units: i32,
    pub(super) minute_window: i64,
    pub(super) day_window: i32,
}

/// Takes up to `wanted` units, or none when there are fewer than `needed`.
pub(super) async fn take(
    db: &DatabaseConnection,
    subject: Subject,
    needed: i32,
    wanted: i32,
    quota: Quota,
) -> Result<Taken, ApiError> {
    if needed <= 1 {
        return take_some(db, subject, wanted, quota).await;
    }
    // Whoever else takes waits for the row until the end of the transaction, so nobody sees what was taken in vain.
    let txn = db.begin().await?;
    let taken = take_some(&txn, subject, wanted.max(needed), quota).await?;
    if taken.granted >= needed {
        txn.commit().await?;
        return Ok(taken);
    }
    txn.rollback().await?;
    Ok(Taken {
        granted: 0,
        minute_left: taken.minute_left + taken.granted,
        day_left: taken.day_left + i64::from(taken.granted),
        ..taken
    })
}

async fn take_some(db: &impl ConnectionTrait, subject: Subject, wanted: i32, quota: Quota) -> Result<Taken, ApiError> {
    const SQL: &str = "select * from quota_take($1, $2, $3, $4)";
    let values = [subject.key().into(), wanted.into(), quota.per_minute.into(), quota.per_day.into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, SQL, values);
    Taken::find_by_statement(statement).one(db).await?.ok_or_else(ApiError::internal)
}

/// Gives units back, of all subjects in one statement.
pub(super) async fn give(db: &DatabaseConnection, returns: &[Return]) -> Result<(), ApiError> {
    const SQL: &str = "select quota_give($1)";
    if returns.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = returns
        .iter()
        .map(|back| {
            let subject: String = back.subject.key().iter().map(|byte| format!("{byte:02x}")).collect();
            serde_json::json!({
                "subject": subject, "units": back.units, "minute_window": back.minute_window,
                "day_window": back.day_window,
            })
        })
        .collect();
    let rows = serde_json::Value::from(rows);
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, SQL, [rows.into()])).await?;
    Ok(())
}

/// Deletes the counters whose last day is past: a new one would begin at zero as they would.
pub(super) async fn prune(db: &DatabaseConnection) -> Result<(), ApiError> {
    const SQL: &str =
        "delete from rate_counters where day_window < floor(extract(epoch from clock_timestamp()) / 86400) - 1";
    db.execute_unprepared(SQL).await?;
    Ok(())
}
