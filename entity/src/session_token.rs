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

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The session that it opens.
    #[sea_orm(
        belongs_to = "super::game_session::Entity",
        from = "(Column::PropertyId, Column::SessionId)",
        to = "(super::game_session::Column::PropertyId, super::game_session::Column::Id)",
        fk_name = "session_tokens_session_id_fkey"
    )]
    Session,
}

impl ActiveModelBehavior for ActiveModel {}
