//! The secret that names a session before its tenant is known.

use sea_orm::entity::prelude::*;

/// The secret that names a session before its tenant is known.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_tokens")]
pub struct Model {
    /// The token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token: Uuid,
    /// The tenant.
    pub property_id: Uuid,
    /// The session id.
    pub session_id: i64,
}

/// Nothing is reached from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
