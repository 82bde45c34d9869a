//! A `pk_` key of a property; its secrets are elsewhere.

use sea_orm::entity::prelude::*;

/// A `pk_` key of a property; its secrets are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7: sorts by time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose the property is.
    pub organization_id: i32,
    /// For people.
    pub name: String,
    /// The first 11 characters of the present secret, in clear.
    pub key_prefix: String,
    /// read, write or both.
    #[sea_orm(default_expr = "Expr::cust(\"'{read,write}'\")")]
    pub scopes: Vec<String>,
    /// None: every table that is not guarded; empty: none.
    pub allowed_tables: Option<Vec<String>>,
    /// Calls per minute.
    #[sea_orm(default_value = 100)]
    pub rate_limit: i32,
    /// Calls per day; none: days are not counted.
    pub rate_limit_per_day: Option<i32>,
    /// From this instant on it holds no more.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was revoked, for good.
    pub revoked_at: Option<DateTimeUtc>,
    /// Whether it was not revoked; the database says so.
    pub is_active: bool,
    /// Until when the secret before the present one works too.
    pub previous_expires_at: Option<DateTimeUtc>,
    /// Who made it, as the audit trail names actors.
    pub created_by: String,
    /// Up to a few seconds behind.
    pub last_used_at: Option<DateTimeUtc>,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// When it last changed.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
    /// Raised by trigger with every change of what the key may do.
    #[sea_orm(default_value = 1)]
    pub version: i64,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its property.
    #[sea_orm(
        belongs_to = "super::property::Entity",
        from = "(Column::OrganizationId, Column::PropertyId)",
        to = "(super::property::Column::OrganizationId, super::property::Column::Id)",
        fk_name = "api_keys_organization_id_fkey"
    )]
    Property,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
