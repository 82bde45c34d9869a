//! A game that a session may open.

use sea_orm::entity::prelude::*;

/// A game that a session may open.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "games")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// Unique per installation.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Whose it is.
    pub organization_id: i32,
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: Option<String>,
    /// draft, active or archived.
    pub status: String,
    /// Free settings of the operator.
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Json,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its property.
    #[sea_orm(belongs_to = "super::property::Entity", from = "Column::PropertyId", to = "super::property::Column::Id")]
    Property,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
