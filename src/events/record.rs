//! Events that are no change of a row: who knows of one tells it here, in the transaction of what it tells of.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde_json::Value;
use uuid::Uuid;

use super::types::EventType;

/// Writes an event of the property that the transaction speaks for, and a delivery to every webhook that hears of it.
/// Says its id; none where the property keeps no log and nobody listens.
///
/// # Errors
///
/// When the database does not do it.
pub async fn record(db: &impl ConnectionTrait, event: &EventType, data: &Value) -> Result<Option<Uuid>, DbErr> {
    const SQL: &str = "select record_event($1, $2, $3::json) as id";
    one(db, SQL, [event.table.into(), event.name.into(), data.to_string().into()]).await
}

/// Writes an event of the property that the transaction speaks for, whether or not it keeps a log, and sends it to
/// nobody: for what is meant for one webhook. Says its id.
///
/// # Errors
///
/// When the database does not do it.
pub async fn write(db: &impl ConnectionTrait, event: &EventType, data: &Value) -> Result<Uuid, DbErr> {
    const SQL: &str = "select write_event($1, $2::json) as id";
    let id = one(db, SQL, [event.name.into(), data.to_string().into()]).await?;
    id.ok_or_else(|| DbErr::RecordNotFound("the id of an event".to_owned()))
}

async fn one<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [sea_orm::Value; N],
) -> Result<Option<Uuid>, DbErr> {
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    row.map_or(Ok(None), |row| row.try_get("", "id"))
}
