//! `playhouse admin property`, `game`, `stream`: where a session can play.

use clap::{ArgAction, Args, Subcommand};
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use super::show;

#[derive(Debug, Subcommand)]
pub(super) enum Property {
    /// Make a property.
    Create {
        /// Whose it is.
        #[arg(long)]
        org: i32,
        /// For people.
        #[arg(long)]
        name: String,
        /// An IANA time zone.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
    },
    /// Show an organization's.
    List {
        /// Whose.
        #[arg(long)]
        org: i32,
    },
    /// Change a property.
    Update {
        /// Which one.
        #[arg(long)]
        id: Uuid,
        /// Whether every event is kept; else only those that a webhook hears of.
        #[arg(long, action = ArgAction::Set)]
        event_log: bool,
    },
}

/// What makes a game or a stream.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The property it belongs to.
    #[arg(long)]
    property: Uuid,
    /// For people.
    #[arg(long)]
    name: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum Game {
    /// Make a game.
    Create(New),
    /// Show a property's.
    List {
        /// Which property's.
        #[arg(long)]
        property: Uuid,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Stream {
    /// Make a stream.
    Create(New),
    /// Show a property's.
    List {
        /// Which property's.
        #[arg(long)]
        property: Uuid,
    },
}

impl Property {
    pub(super) async fn run(self, db: &DatabaseConnection) -> anyhow::Result<()> {
        match self {
            Self::Create { org, name, time_zone } => {
                let sql = "insert into properties (id, organization_id, name, time_zone) values ($1, $2, $3, $4) \
                           returning *";
                show(db, sql, vec![Uuid::now_v7().into(), org.into(), name.into(), time_zone.into()], None).await
            }
            Self::List { org } => {
                show(db, "select * from properties where organization_id = $1 order by id", vec![org.into()], None)
                    .await
            }
            Self::Update { id, event_log } => {
                let sql = "update properties set settings = settings || jsonb_build_object('event_log', $2::boolean), \
                           updated_at = now() where id = $1 returning *";
                show(db, sql, vec![id.into(), event_log.into()], Some("there is no such property")).await
            }
        }
    }
}

impl Game {
    pub(super) async fn run(self, db: &DatabaseConnection) -> anyhow::Result<()> {
        match self {
            Self::Create(new) => create(db, "games", new).await,
            Self::List { property } => list(db, "games", property).await,
        }
    }
}

impl Stream {
    pub(super) async fn run(self, db: &DatabaseConnection) -> anyhow::Result<()> {
        match self {
            Self::Create(new) => create(db, "streams", new).await,
            Self::List { property } => list(db, "streams", property).await,
        }
    }
}

async fn create(db: &DatabaseConnection, table: &str, new: New) -> anyhow::Result<()> {
    let sql = format!(
        "insert into {table} (property_id, organization_id, name, status) \
         select id, organization_id, $2, 'active' from properties where id = $1 returning *"
    );
    show(db, &sql, vec![new.property.into(), new.name.into()], Some("there is no such property")).await
}

async fn list(db: &DatabaseConnection, table: &str, property: Uuid) -> anyhow::Result<()> {
    let sql = format!("select * from {table} where property_id = $1 order by id");
    show(db, &sql, vec![property.into()], None).await
}
