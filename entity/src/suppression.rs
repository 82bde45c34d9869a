//! An address that nothing is sent to.

use sea_orm::entity::prelude::*;

/// An address that nothing is sent to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "suppressions")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7 unless the caller chose it.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// email, sms or voice.
    pub channel: String,
    /// The mail address or number.
    pub address: String,
    /// Why.
    pub reason: Option<String>,
    /// Who said so.
    pub source: Option<String>,
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
        fk_name = "suppressions_property_id_fkey"
    )]
    Property,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
