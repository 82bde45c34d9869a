//! The outcome of a write under its `Idempotency-Key`.

use sea_orm::entity::prelude::*;

/// The outcome of a write under its `Idempotency-Key`, kept so that a repeated request is answered and not carried out.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// The credential: its kind and id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: String,
    /// Method and path.
    #[sea_orm(primary_key, auto_increment = false)]
    pub route: String,
    /// The key as the caller chose it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of what was asked.
    #[sea_orm(column_type = "Blob")]
    pub request_hash: Vec<u8>,
    /// The status that was answered.
    pub status: i16,
    /// The headers that were answered.
    #[sea_orm(column_type = "JsonBinary")]
    pub headers: Json,
    /// The body that was answered, without secrets.
    #[sea_orm(column_type = "Blob")]
    pub body: Vec<u8>,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// From this instant on it is forgotten.
    pub expires_at: DateTimeUtc,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its property.
    #[sea_orm(
        belongs_to = "super::property::Entity",
        from = "Column::PropertyId",
        to = "super::property::Column::Id",
        fk_name = "idempotency_keys_property_id_fkey"
    )]
    Property,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
