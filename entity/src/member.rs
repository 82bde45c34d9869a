//! Who may work on a property: the view over memberships that its table `members` shows.

use sea_orm::entity::prelude::*;

/// Who may work on a property: one of its own members, or one of its whole organisation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub struct Model {
    /// The tenant that asks.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// The number of the membership.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// clerk, cognito or builtin.
    pub issuer: String,
    /// The token's `sub`.
    pub subject: String,
    /// owner, admin, editor, analyst or viewer.
    pub role: String,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Nothing is reached from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
