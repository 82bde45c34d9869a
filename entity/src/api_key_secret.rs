//! The hash of a `pk_` key's secret: the present one, or the one before it while its grace lasts.

use sea_orm::entity::prelude::*;

/// The hash of a `pk_` key's secret: the present one, or the one before it while its grace lasts.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key_secrets")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// Whose secret it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub api_key_id: Uuid,
    /// False for the one before the present one.
    #[sea_orm(primary_key, auto_increment = false, default_value = true)]
    pub is_current: bool,
    /// SHA-256 of the secret.
    #[sea_orm(column_type = "Blob")]
    pub key_hash: Vec<u8>,
    /// Raised with every change of the key.
    #[sea_orm(default_value = 1)]
    pub version: i64,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its key.
    #[sea_orm(
        belongs_to = "super::api_key::Entity",
        from = "(Column::PropertyId, Column::ApiKeyId)",
        to = "(super::api_key::Column::PropertyId, super::api_key::Column::Id)",
        fk_name = "api_key_secrets_api_key_id_fkey"
    )]
    ApiKey,
}

impl Related<super::api_key::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ApiKey.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
