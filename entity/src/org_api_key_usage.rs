//! Calls of a key on a day of UTC; outlives the key.

use sea_orm::entity::prelude::*;

/// Calls of a key on a day of UTC; outlives the key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "org_api_key_usage")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i32,
    /// The org api key id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_api_key_id: i32,
    /// The day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// The accepted.
    pub accepted: i64,
    /// Refused by a quota.
    pub refused: i64,
}

/// Nothing is reached from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
