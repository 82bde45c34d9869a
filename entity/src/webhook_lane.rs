//! The way to one endpoint, which one worker holds at a time.

use sea_orm::entity::prelude::*;

/// The way to one endpoint, which one worker holds at a time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_lanes")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// Whose way it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub webhook_id: Uuid,
    /// Which claim holds it.
    pub claim_id: Option<Uuid>,
    /// Until when it is held.
    pub lease_until: Option<DateTimeUtc>,
    /// Nothing is sent before.
    pub blocked_until: Option<DateTimeUtc>,
    /// How many attempts failed in a row.
    #[sea_orm(default_value = 0)]
    pub consecutive_failures: i32,
    /// Since when every attempt failed.
    pub failing_since: Option<DateTimeUtc>,
    /// When an attempt last succeeded.
    pub last_success_at: Option<DateTimeUtc>,
    /// When it was last held.
    pub last_served_at: Option<DateTimeUtc>,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its endpoint.
    #[sea_orm(
        belongs_to = "super::webhook::Entity",
        from = "(Column::PropertyId, Column::WebhookId)",
        to = "(super::webhook::Column::PropertyId, super::webhook::Column::Id)",
        fk_name = "webhook_lanes_webhook_id_fkey"
    )]
    Webhook,
}

impl Related<super::webhook::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Webhook.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
