//! Calls of a `pk_` key on a day of UTC; outlives the key.

use sea_orm::entity::prelude::*;

/// Calls of a `pk_` key on a day of UTC; outlives the key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key_usage")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub api_key_id: Uuid,
    /// The day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// Calls that its quota let pass.
    #[sea_orm(default_value = 0)]
    pub accepted: i64,
    /// Refused by a quota.
    #[sea_orm(default_value = 0)]
    pub refused: i64,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its property.
    #[sea_orm(
        belongs_to = "super::property::Entity",
        from = "Column::PropertyId",
        to = "super::property::Column::Id",
        fk_name = "api_key_usage_property_id_fkey"
    )]
    Property,
}

impl ActiveModelBehavior for ActiveModel {}
