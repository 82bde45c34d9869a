//! One play of a game or stream, given away once by token.

use sea_orm::entity::prelude::*;

/// One play of a game or stream, given away once by token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "game_sessions")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// Unique per installation.
    #[sea_orm(primary_key, default_expr = "Expr::cust(\"nextval('game_sessions_id_seq')\")")]
    pub id: i64,
    /// Whose it is.
    pub organization_id: i32,
    /// The game id.
    pub game_id: Option<i32>,
    /// The stream id.
    pub stream_id: Option<i32>,
    /// active, consumed or revoked; expired is computed at read.
    #[sea_orm(default_value = "active")]
    pub status: String,
    /// The external ref.
    pub external_ref: Option<String>,
    /// Free data of the integrator.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub metadata: Option<Json>,
    /// Who consumed it, as the game named the player.
    pub player_uuid: Option<String>,
    /// The key that created it, which may be gone.
    pub org_api_key_id: Option<i32>,
    /// From this instant on it holds no more.
    pub expires_at: DateTimeUtc,
    /// The consumed at.
    pub consumed_at: Option<DateTimeUtc>,
    /// The revoked at.
    pub revoked_at: Option<DateTimeUtc>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its property.
    #[sea_orm(
        belongs_to = "super::property::Entity",
        from = "(Column::OrganizationId, Column::PropertyId)",
        to = "(super::property::Column::OrganizationId, super::property::Column::Id)",
        fk_name = "game_sessions_organization_id_fkey"
    )]
    Property,
    /// What is played.
    #[sea_orm(
        belongs_to = "super::game::Entity",
        from = "(Column::PropertyId, Column::GameId)",
        to = "(super::game::Column::PropertyId, super::game::Column::Id)",
        fk_name = "game_sessions_game_id_fkey"
    )]
    Game,
    /// The show it belongs to.
    #[sea_orm(
        belongs_to = "super::stream::Entity",
        from = "(Column::PropertyId, Column::StreamId)",
        to = "(super::stream::Column::PropertyId, super::stream::Column::Id)",
        fk_name = "game_sessions_stream_id_fkey"
    )]
    Stream,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl Related<super::game::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Game.def()
    }
}

impl Related<super::stream::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Stream.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
