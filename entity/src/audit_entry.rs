//! Who did what, without secrets.

use sea_orm::entity::prelude::*;

/// Who did what, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i32,
    /// A version 7: sorts by time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub property_id: Option<Uuid>,
    /// org_api_key, user or system.
    pub actor_kind: String,
    /// The actor id.
    pub actor_id: String,
    /// The operation id.
    pub action: String,
    /// HTTP status.
    pub status: i16,
    /// The caller's address.
    #[sea_orm(column_type = "Inet", nullable)]
    pub client_address: Option<String>,
    /// The request id.
    pub request_id: Option<String>,
    /// What more there is to know.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub details: Option<Json>,
    /// When.
    pub at: DateTimeUtc,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its organization.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id",
        fk_name = "audit_log_organization_id_fkey"
    )]
    Organization,
}

impl ActiveModelBehavior for ActiveModel {}
