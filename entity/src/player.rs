//! A person that the property knows.

use sea_orm::entity::prelude::*;

/// A person that the property knows.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "players")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7 unless the caller chose it.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// The operator's own id of the player, unique in the property.
    pub external_id: String,
    /// The address of mails.
    pub email: Option<String>,
    /// The number of calls and messages, in E.164 where it was checked.
    pub phone: Option<String>,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// active, inactive, suspended, closed or self_excluded.
    #[sea_orm(default_value = "active")]
    pub status: String,
    /// The level in the operator's club.
    pub tier: Option<String>,
    /// Average daily theoretical: what the house expects to win in a day of play.
    pub adt: Option<Decimal>,
    /// What was staked in all.
    pub coin_in: Option<Decimal>,
    /// How often the player came.
    #[sea_orm(default_value = 0)]
    pub visits: Option<i32>,
    /// The day of birth.
    pub birth_date: Option<Date>,
    /// Where the player lives, as the operator writes it.
    pub state: Option<String>,
    /// The postal code.
    pub zip: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// The language, as BCP 47 writes it.
    pub locale: Option<String>,
    /// Free words of the operator.
    #[sea_orm(default_expr = "Expr::cust(\"'{}'\")")]
    pub tags: Option<Vec<String>>,
    /// Free data of the operator.
    #[sea_orm(column_type = "JsonBinary", nullable, default_expr = "Expr::cust(\"'{}'\")")]
    pub attributes: Option<Json>,
    /// When the player was last seen.
    pub last_visit_at: Option<DateTimeUtc>,
    /// When the row was made.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// When it last changed.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
}

/// None: players end with their property, but name it by no foreign key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
