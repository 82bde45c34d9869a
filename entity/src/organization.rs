//! An operator: the customer that holds properties, members and keys.

use sea_orm::entity::prelude::*;

/// An operator: the customer that holds properties, members and keys.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: String,
    /// free, pro or business; the DailyPlay calls need business.
    pub tier: String,
    /// The clerk org id.
    pub clerk_org_id: Option<String>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Nothing is reached from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
