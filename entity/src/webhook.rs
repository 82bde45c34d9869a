//! An endpoint that is told of events.

use sea_orm::entity::prelude::*;

/// An endpoint that is told of events.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7: sorts by time.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// Where events are sent.
    pub url: String,
    /// For people.
    pub description: Option<String>,
    /// Exact types, groups such as `player.*`, or `*`.
    #[sea_orm(default_expr = "Expr::cust(\"'{*}'\")")]
    pub event_types: Vec<String>,
    /// Whether events are sent to it.
    #[sea_orm(default_value = true)]
    pub enabled: bool,
    /// Headers that are sent along; their values are never shown.
    #[sea_orm(column_type = "JsonBinary", default_expr = "Expr::cust(\"'{}'\")")]
    pub headers: Json,
    /// Deliveries per second; none: no limit.
    pub rate_limit: Option<i32>,
    /// Why it is disabled.
    pub disabled_reason: Option<String>,
    /// Since when it is disabled.
    pub disabled_at: Option<DateTimeUtc>,
    /// The tables that whoever saved it may read; None: all.
    pub allowed_tables: Option<Vec<String>>,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// When it last changed.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its property.
    #[sea_orm(
        belongs_to = "super::property::Entity",
        from = "Column::PropertyId",
        to = "super::property::Column::Id",
        fk_name = "webhooks_property_id_fkey"
    )]
    Property,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
