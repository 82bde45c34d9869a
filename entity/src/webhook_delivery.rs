//! One event on its way to one endpoint.

use sea_orm::entity::prelude::*;

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7: sorts by time.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// Where it goes.
    pub webhook_id: Uuid,
    /// What it tells of; the event may be forgotten before.
    pub event_id: Uuid,
    /// The event's type.
    pub event_type: String,
    /// pending, sending, delivered, failed or cancelled.
    #[sea_orm(default_value = "pending")]
    pub state: String,
    /// scheduled, manual or test.
    #[sea_orm(default_value = "scheduled")]
    pub trigger: String,
    /// How many attempts began.
    #[sea_orm(default_value = 0)]
    pub attempts: i32,
    /// When it is sent next, at the earliest.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub due_at: DateTimeUtc,
    /// Which claim sends it.
    pub claim_id: Option<Uuid>,
    /// Until when that claim holds.
    pub lease_until: Option<DateTimeUtc>,
    /// When the last attempt began.
    pub attempted_at: Option<DateTimeUtc>,
    /// When it was over, one way or another.
    pub finished_at: Option<DateTimeUtc>,
    /// The HTTP status of the last attempt; none when there was no answer.
    pub last_status: Option<i32>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
