//! What a campaign or a journey sends, with gaps for the player's data.

use sea_orm::entity::prelude::*;

/// What a campaign or a journey sends, with gaps for the player's data.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "templates")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: Uuid,
    /// A version 7 unless the caller chose it.
    #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// email or sms.
    #[sea_orm(default_value = "email")]
    pub channel: String,
    /// The subject line of a mail.
    pub subject: Option<String>,
    /// The mail as a page.
    pub body_html: Option<String>,
    /// The mail as plain text, or the message.
    pub body_text: Option<String>,
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
        fk_name = "templates_property_id_fkey"
    )]
    Property,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
