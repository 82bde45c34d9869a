//! What signs the deliveries to an endpoint, and the values of its headers, sealed.

use sea_orm::entity::prelude::*;

/// What signs the deliveries to an endpoint, and the values of its headers, sealed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_secrets")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// Whose secrets they are.
    #[sea_orm(primary_key, auto_increment = false)]
    pub webhook_id: Uuid,
    /// The secret that signs.
    #[sea_orm(column_type = "Blob")]
    pub current: Vec<u8>,
    /// The one before it, which signs too for a while.
    #[sea_orm(column_type = "Blob", nullable)]
    pub previous: Option<Vec<u8>>,
    /// Until when the one before signs.
    pub previous_expires_at: Option<DateTimeUtc>,
    /// The values of the headers that are sent along.
    #[sea_orm(column_type = "Blob", nullable)]
    pub headers: Option<Vec<u8>>,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its endpoint.
    #[sea_orm(
        belongs_to = "super::webhook::Entity",
        from = "(Column::PropertyId, Column::WebhookId)",
        to = "(super::webhook::Column::PropertyId, super::webhook::Column::Id)",
        fk_name = "webhook_secrets_webhook_id_fkey"
    )]
    Webhook,
}

impl Related<super::webhook::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Webhook.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
