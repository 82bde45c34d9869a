//! A tenant: one casino, site or brand of an organisation; the wall that no query crosses.

use sea_orm::entity::prelude::*;

/// A tenant: one casino, site or brand of an organisation; the wall that no query crosses.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "properties")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub organization_id: i32,
    /// The name.
    pub name: String,
    /// IANA name.
    #[sea_orm(default_value = "UTC")]
    pub time_zone: String,
    /// The postal address.
    pub postal_address: Option<String>,
    /// Free settings of the operator.
    #[sea_orm(column_type = "JsonBinary", default_expr = "Expr::cust(\"'{}'\")")]
    pub settings: Json,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// When it last changed.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
    /// Whether every event of it is kept, as its settings say.
    pub keeps_log: bool,
    /// Whether some webhook of it is enabled; the database says so.
    #[sea_orm(default_value = false)]
    pub has_listeners: bool,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its organization.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id",
        fk_name = "properties_organization_id_fkey"
    )]
    Organization,
}

impl Related<super::organization::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
