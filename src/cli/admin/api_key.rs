//! `playhouse admin api-key`.

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use uuid::Uuid;

use super::{instant, out, show};
use crate::{
    auth::{changes, property_key::Right},
    clock::Clock,
    property_keys::{self, DEFAULT_RATE_LIMIT, NewPropertyKey},
    tenant::{self, OrgId, PropertyId},
    trail::{Actor, Entry},
};

/// What a key may do.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The property.
    #[arg(long)]
    property: Uuid,
    /// For people.
    #[arg(long)]
    name: String,
    /// Let it read only.
    #[arg(long)]
    read_only: bool,
    /// The tables it may use, comma-separated; without, all but members, api_keys and audit_log.
    #[arg(long, value_delimiter = ',')]
    tables: Option<Vec<String>>,
    /// Calls per minute.
    #[arg(long, default_value_t = DEFAULT_RATE_LIMIT, value_parser = clap::value_parser!(i32).range(0..))]
    per_minute: i32,
    /// Calls per day; without, days are not counted.
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..))]
    per_day: Option<i32>,
    /// When it ends, such as 2027-01-01T00:00:00Z.
    #[arg(long, value_parser = instant)]
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ApiKey {
    /// Make a key of a property and show it for the only time.
    Create(New),
    /// Show a property's.
    List {
        /// The property.
        #[arg(long)]
        property: Uuid,
    },
    /// Revoke a key on every server, for good.
    Revoke {
        /// The property.
        #[arg(long)]
        property: Uuid,
        /// The key.
        id: Uuid,
    },
}

impl ApiKey {
    pub(super) async fn run(self, db: &DatabaseConnection) -> anyhow::Result<()> {
        match self {
            Self::Create(new) => create(db, new).await,
            Self::List { property } => {
                let sql = "select * from api_keys where property_id = $1 order by id";
                show(db, sql, vec![property.into()], None).await
            }
            Self::Revoke { property, id } => {
                let (property, now) = (PropertyId(property), Clock::default().now());
                let audit = audit(organization_of(db, property).await?, property, "revokePropertyApiKey");
                let txn = tenant::begin(db, property).await?;
                let row = property_keys::revoke(&txn, property, id, audit, now).await?;
                txn.commit().await?;
                changes::applied_everywhere(db).await?;
                out(serde_json::json!({ "id": id, "revoked_at": row.revoked_at }))
            }
        }
    }
}

async fn create(db: &DatabaseConnection, new: New) -> anyhow::Result<()> {
    let property = PropertyId(new.property);
    let organization = organization_of(db, property).await?;
    property_keys::require_tables(new.tables.as_deref().unwrap_or_default())?;
    let scopes = if new.read_only { vec![Right::Read] } else { vec![Right::Read, Right::Write] };
    let new = NewPropertyKey {
        name: new.name,
        scopes,
        allowed_tables: new.tables,
        rate_limit: new.per_minute,
        rate_limit_per_day: new.per_day,
        expires_at: new.expires_at,
        created_by: "shell".to_owned(),
    };
    let audit = audit(organization, property, "createPropertyApiKey");
    let txn = tenant::begin(db, property).await?;
    let (row, key) = property_keys::create(&txn, organization, property, new, audit, Clock::default().now()).await?;
    txn.commit().await?;
    // The key's text is in this line and nowhere else.
    let sql = "select *, $3::text as key from api_keys where property_id = $1 and id = $2";
    show(db, sql, vec![property.0.into(), row.id.into(), key.expose().into()], None).await
}

async fn organization_of(db: &DatabaseConnection, property: PropertyId) -> anyhow::Result<OrgId> {
    let sql = "select organization_id from properties where id = $1";
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [property.0.into()])).await?;
    Ok(OrgId(row.context("there is no such property")?.try_get("", "organization_id")?))
}

fn audit(organization: OrgId, property: PropertyId, action: &'static str) -> Entry {
    Entry::new(organization, &Actor::System, action, 200, Clock::default().now()).in_property(property)
}
