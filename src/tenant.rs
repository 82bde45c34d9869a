//! Whose data a query may touch: no query on tenant data can be written without one of these.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait,
};
use uuid::Uuid;

/// An organisation, the customer that owns properties and `dpk_` keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrgId(pub i32);

/// A property, the tenant of everything that is not the organisation's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PropertyId(pub Uuid);

impl std::fmt::Display for OrgId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for PropertyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A transaction that speaks for a property: the second wall shows it that tenant's rows and no others. What it was told
/// ends with it, so the connection forgets its tenant whatever happens.
pub async fn begin(db: &DatabaseConnection, property: PropertyId) -> Result<DatabaseTransaction, DbErr> {
    const SQL: &str = "select set_config('app.property_id', $1, true)";
    let txn = db.begin().await?;
    txn.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, SQL, [property.to_string().into()])).await?;
    Ok(txn)
}
