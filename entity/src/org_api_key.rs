//! A `dpk_` key of an organisation, known by its hash alone.

use sea_orm::entity::prelude::*;

/// A `dpk_` key of an organisation, known by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "org_api_keys")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i32,
    /// Unique per installation.
    #[sea_orm(primary_key, default_expr = "Expr::cust(\"nextval('org_api_keys_id_seq')\")")]
    pub id: i32,
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// The first 8 characters, in clear.
    pub key_prefix: String,
    /// SHA-256 of the key.
    #[sea_orm(column_type = "Blob")]
    pub key_hash: Vec<u8>,
    /// The is active.
    #[sea_orm(default_value = true)]
    pub is_active: bool,
    /// None: all of the organisation; empty: none.
    pub allowed_game_ids: Option<Vec<i32>>,
    /// None: all of the organisation; empty: none.
    pub allowed_stream_ids: Option<Vec<i32>>,
    /// The rate limit per minute.
    #[sea_orm(default_value = 60)]
    pub rate_limit_per_minute: i32,
    /// The rate limit per day.
    #[sea_orm(default_value = 10000)]
    pub rate_limit_per_day: i32,
    /// From this instant on it holds no more.
    pub expires_at: Option<DateTimeUtc>,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// When it last changed.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
    /// Up to a few seconds behind.
    pub last_used_at: Option<DateTimeUtc>,
    /// Raised by trigger with every change of what the key may do.
    #[sea_orm(default_value = 1)]
    pub version: i64,
}

/// What the row belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its organization.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id",
        fk_name = "org_api_keys_organization_id_fkey"
    )]
    Organization,
}

impl Related<super::organization::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
