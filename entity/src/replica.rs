//! A running server and how far it has read the log of credential changes.

use sea_orm::entity::prelude::*;

/// A running server and how far it has read the log of credential changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "replicas")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The applied seq.
    pub applied_seq: i64,
    /// The started at.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub started_at: DateTimeUtc,
    /// The seen at.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub seen_at: DateTimeUtc,
}

/// Nothing is reached from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
