//! What a player agreed to or took back; evidence that nobody changes.

use sea_orm::entity::prelude::*;

/// What a player agreed to or took back; evidence that nobody changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7 unless the caller chose it.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// Who agreed; None once the player was deleted.
    pub player_id: Option<Uuid>,
    /// email, sms or voice.
    pub channel: String,
    /// granted or revoked.
    pub status: String,
    /// express_written, express or implied.
    pub r#type: Option<String>,
    /// What the player was told.
    pub disclosure: Option<String>,
    /// Which wording it was.
    pub disclosure_version: Option<String>,
    /// Where the consent was given.
    pub source: Option<String>,
    /// The player's address.
    #[sea_orm(column_type = "Inet", nullable)]
    pub ip: Option<String>,
    /// The player's browser.
    pub user_agent: Option<String>,
    /// When the player did it.
    pub occurred_at: Option<DateTimeUtc>,
    /// When it was written down.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub recorded_at: DateTimeUtc,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its property.
    #[sea_orm(
        belongs_to = "super::property::Entity",
        from = "Column::PropertyId",
        to = "super::property::Column::Id",
        fk_name = "consents_property_id_fkey"
    )]
    Property,
    /// Who agreed.
    #[sea_orm(
        belongs_to = "super::player::Entity",
        from = "(Column::PropertyId, Column::PlayerId)",
        to = "(super::player::Column::PropertyId, super::player::Column::Id)",
        fk_name = "consents_player_id_fkey"
    )]
    Player,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl Related<super::player::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Player.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
