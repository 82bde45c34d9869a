//! An operator: the customer that holds properties, members and keys.

use sea_orm::entity::prelude::*;

/// An operator: the customer that holds properties, members and keys.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, default_expr = "Expr::cust(\"nextval('organizations_id_seq')\")")]
    pub id: i32,
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: String,
    /// free, pro or business; the DailyPlay calls need business.
    #[sea_orm(default_value = "free")]
    pub tier: String,
    /// The clerk org id.
    pub clerk_org_id: Option<String>,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// When it last changed.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
}

/// Nothing is reached from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
