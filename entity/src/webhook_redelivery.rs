//! The task of sending again all that failed since a time.

use sea_orm::entity::prelude::*;

/// The task of sending again all that failed since a time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_redeliveries")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7: sorts by time.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// The endpoint that missed them.
    pub webhook_id: Uuid,
    /// From when on.
    pub since: DateTimeUtc,
    /// Until when: what fails later is not meant.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub until: DateTimeUtc,
    /// The delivery that was reached; None: none yet.
    pub after_id: Option<Uuid>,
    /// pending, running or done.
    #[sea_orm(default_value = "pending")]
    pub state: String,
    /// How many deliveries were made.
    #[sea_orm(default_value = 0)]
    pub redelivered: i32,
    /// Which claim works on it.
    pub claim_id: Option<Uuid>,
    /// Until when that claim holds.
    pub lease_until: Option<DateTimeUtc>,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// When it was done.
    pub finished_at: Option<DateTimeUtc>,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its endpoint.
    #[sea_orm(
        belongs_to = "super::webhook::Entity",
        from = "(Column::PropertyId, Column::WebhookId)",
        to = "(super::webhook::Column::PropertyId, super::webhook::Column::Id)",
        fk_name = "webhook_redeliveries_webhook_id_fkey"
    )]
    Webhook,
}

impl Related<super::webhook::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Webhook.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
