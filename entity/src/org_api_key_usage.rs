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
    #[sea_orm(default_value = 0)]
    pub accepted: i64,
    /// Refused by a quota.
    #[sea_orm(default_value = 0)]
    pub refused: i64,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its organization.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id",
        fk_name = "org_api_key_usage_organization_id_fkey"
    )]
    Organization,
}

impl ActiveModelBehavior for ActiveModel {}
