//! One line of the log by which replicas learn that a key changed.

use sea_orm::entity::prelude::*;

/// One line of the log by which replicas learn that a key changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credential_changes")]
pub struct Model {
    /// In the order of commits.
    #[sea_orm(primary_key, default_expr = "Expr::cust(\"nextval('credential_changes_seq_seq')\")")]
    pub seq: i64,
    /// The table of the key.
    pub kind: String,
    /// The key hash.
    #[sea_orm(column_type = "Blob")]
    pub key_hash: Vec<u8>,
    /// The largest number means gone.
    pub version: i64,
    /// When.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub at: DateTimeUtc,
}

/// Nothing is reached from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
