//! How far the telling of expired sessions came: one row.

use sea_orm::entity::prelude::*;

/// How far the telling of expired sessions came: one row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_expiry")]
pub struct Model {
    /// Always true, so that there is one row.
    #[sea_orm(primary_key, auto_increment = false, default_value = true)]
    pub only_row: bool,
    /// When the last session that was told of ended.
    pub expires_at: DateTimeUtc,
    /// Its id.
    pub session_id: i64,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
