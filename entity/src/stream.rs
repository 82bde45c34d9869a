//! A live stream that a session may open.

use sea_orm::entity::prelude::*;

/// A live stream that a session may open.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "streams")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// Unique per installation.
    #[sea_orm(primary_key, default_expr = "Expr::cust(\"nextval('streams_id_seq')\")")]
    pub id: i32,
    /// Whose it is.
    pub organization_id: i32,
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: Option<String>,
    /// draft, scheduled, active, paused, completed or archived.
    #[sea_orm(default_value = "draft")]
    pub status: String,
    /// Free settings of the operator.
    #[sea_orm(column_type = "JsonBinary", default_expr = "Expr::cust(\"'{}'\")")]
    pub settings: Json,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// When it last changed.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
    /// The starts at.
    pub starts_at: Option<DateTimeUtc>,
    /// The ends at.
    pub ends_at: Option<DateTimeUtc>,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its property.
    #[sea_orm(
        belongs_to = "super::property::Entity",
        from = "(Column::OrganizationId, Column::PropertyId)",
        to = "(super::property::Column::OrganizationId, super::property::Column::Id)",
        fk_name = "streams_organization_id_fkey"
    )]
    Property,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
