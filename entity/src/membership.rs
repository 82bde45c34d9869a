//! What a person, known by issuer and subject, may do in an organisation or one of its properties.

use sea_orm::entity::prelude::*;

/// What a person, known by issuer and subject, may do in an organisation or one of its properties.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "memberships")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, default_expr = "Expr::cust(\"nextval('memberships_id_seq')\")")]
    pub id: i32,
    /// clerk, cognito or builtin.
    pub issuer: String,
    /// The token's `sub`.
    pub subject: String,
    /// Whose it is.
    pub organization_id: i32,
    /// None: the whole organisation.
    pub property_id: Option<Uuid>,
    /// owner, admin, editor, analyst or viewer.
    pub role: String,
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
    /// Its organization.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id",
        fk_name = "memberships_organization_id_fkey"
    )]
    Organization,
    /// Its property, unless it spans all of them.
    #[sea_orm(
        belongs_to = "super::property::Entity",
        from = "(Column::OrganizationId, Column::PropertyId)",
        to = "(super::property::Column::OrganizationId, super::property::Column::Id)",
        fk_name = "memberships_property_id_fkey"
    )]
    Property,
}

impl Related<super::organization::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
