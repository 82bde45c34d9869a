//! Something that happened in a property, kept for some weeks.

use sea_orm::entity::prelude::*;

/// Something that happened in a property, kept for some weeks.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7: sorts by time. It is the `webhook-id` of every delivery.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// What happened, such as player.updated.
    pub r#type: String,
    /// What was told of it, in the bytes that are signed.
    #[sea_orm(column_type = "Json")]
    pub payload: Json,
    /// When it happened.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
