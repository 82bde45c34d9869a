//! Units used of a subject in its current minute and day.

use sea_orm::entity::prelude::*;

/// Units used of a subject in its current minute and day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_counters")]
pub struct Model {
    /// The subject.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Blob")]
    pub subject: Vec<u8>,
    /// Minutes since 1970.
    pub minute_window: i64,
    /// The minute used.
    pub minute_used: i32,
    /// Days since 1970.
    pub day_window: i32,
    /// The day used.
    pub day_used: i64,
}

/// Nothing is reached from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
