//! One message to many players.

use sea_orm::entity::prelude::*;

/// One message to many players.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaigns")]
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
    /// marketing or transactional.
    #[sea_orm(default_value = "marketing")]
    pub purpose: String,
    /// draft, scheduled, sending, sent, cancelled or failed.
    #[sea_orm(default_value = "draft")]
    pub status: String,
    /// The subject line; None: the template's.
    pub subject: Option<String>,
    /// What is sent.
    pub template_id: Option<Uuid>,
    /// To whom.
    pub segment_id: Option<Uuid>,
    /// When it is to be sent.
    pub scheduled_at: Option<DateTimeUtc>,
    /// When it was sent.
    pub sent_at: Option<DateTimeUtc>,
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
        fk_name = "campaigns_property_id_fkey"
    )]
    Property,
    /// What it sends.
    #[sea_orm(
        belongs_to = "super::template::Entity",
        from = "(Column::PropertyId, Column::TemplateId)",
        to = "(super::template::Column::PropertyId, super::template::Column::Id)",
        fk_name = "campaigns_template_id_fkey"
    )]
    Template,
    /// To whom it goes.
    #[sea_orm(
        belongs_to = "super::segment::Entity",
        from = "(Column::PropertyId, Column::SegmentId)",
        to = "(super::segment::Column::PropertyId, super::segment::Column::Id)",
        fk_name = "campaigns_segment_id_fkey"
    )]
    Segment,
}

impl Related<super::property::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Property.def()
    }
}

impl Related<super::template::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Template.def()
    }
}

impl Related<super::segment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Segment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
