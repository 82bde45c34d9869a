//! One attempt at a delivery, kept for some weeks.

use sea_orm::entity::prelude::*;

/// One attempt at a delivery, kept for some weeks.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_attempts")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7: sorts by time.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// What was attempted.
    pub delivery_id: Uuid,
    /// Where it was sent.
    pub webhook_id: Uuid,
    /// 1 for the first.
    pub number: i32,
    /// scheduled, manual or test.
    pub trigger: String,
    /// When it began.
    pub started_at: DateTimeUtc,
    /// How long it took, in milliseconds.
    pub duration_ms: i32,
    /// The endpoint's HTTP status; none when it gave none.
    pub status: Option<i32>,
    /// Why it failed.
    pub error: Option<String>,
    /// The begin of what the endpoint answered, at most 4 KiB.
    pub response_excerpt: Option<String>,
    /// When the next one follows; none when it was the last.
    pub next_attempt_at: Option<DateTimeUtc>,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
