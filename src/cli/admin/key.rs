//! `playhouse admin key`.

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};

use super::{instant, out, show};
use crate::{
    auth::{
        changes,
        key_text::{self, KeyHash},
    },
    clock::Clock,
    keys::{self, KeyUpdate, NewKey},
    secret::Secret,
    tenant::OrgId,
    trail::{self, Actor, Entry},
};

/// What is shown of a key: everything but its hash.
const SHOWN: &str = "id, organization_id, name, description, key_prefix, is_active, allowed_game_ids, \
                     allowed_stream_ids, rate_limit_per_minute, rate_limit_per_day, expires_at, created_at, last_used_at";

/// What a key may do.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The organization.
    #[arg(long)]
    org: i32,
    /// For people.
    #[arg(long)]
    name: String,
    /// Calls per minute.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(i32).range(0..))]
    per_minute: i32,
    /// Calls per day.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(i32).range(0..))]
    per_day: i32,
    /// When it ends, such as 2027-01-01T00:00:00Z.
    #[arg(long, value_parser = instant)]
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key and show it for the only time.
    Create(New),
    /// Take over a key of another installation by its hash, so that its holder need not change it.
    Import {
        #[command(flatten)]
        new: New,
        /// SHA-256 of the key, 64 hex characters.
        #[arg(long)]
        sha256: String,
        /// Its first 8 characters, to recognize it by.
        #[arg(long)]
        prefix: String,
    },
    /// Show an organization's.
    List {
        /// The organization.
        #[arg(long)]
        org: i32,
    },
    /// Revoke a key on every server.
    Revoke {
        /// The key's number.
        id: i32,
    },
    /// Let a revoked key work again.
    Reactivate {
        /// The key's number.
        id: i32,
    },
    /// Delete a key.
    Delete {
        /// The key's number.
        id: i32,
    },
}

impl Key {
    pub(super) async fn run(self, db: &DatabaseConnection) -> anyhow::Result<()> {
        match self {
            Self::Create(new) => {
                let key = key_text::generate_org_key();
                let prefix = key_text::display_prefix(key.expose()).to_owned();
                store(db, new, key_text::hash(key.expose()), &prefix, Some(&key)).await
            }
            Self::Import { new, sha256, prefix } => {
                ensure!(prefix.chars().count() == 8, "a prefix has 8 characters");
                store(db, new, parse_hash(&sha256)?, &prefix, None).await
            }
            Self::List { org } => {
                let sql = format!("select {SHOWN} from org_api_keys where organization_id = $1 order by id");
                show(db, &sql, vec![org.into()], None).await
            }
            Self::Revoke { id } => set_active(db, id, false).await,
            Self::Reactivate { id } => set_active(db, id, true).await,
            Self::Delete { id } => {
                let organization = organization_of(db, id).await?;
                keys::delete(db, organization, id, audit(organization, "deleteApiKey")).await?;
                changes::applied_everywhere(db).await?;
                out(serde_json::json!({ "id": id, "deleted": true }))
            }
        }
    }
}

async fn store(
    db: &DatabaseConnection,
    new: New,
    hash: KeyHash,
    prefix: &str,
    clear: Option<&Secret>,
) -> anyhow::Result<()> {
    let organization = OrgId(new.org);
    let new = NewKey {
        name: new.name,
        description: None,
        allowed_game_ids: None,
        allowed_stream_ids: None,
        rate_limit_per_minute: new.per_minute,
        rate_limit_per_day: new.per_day,
        expires_at: new.expires_at,
    };
    let txn = db.begin().await?;
    let row = keys::insert(&txn, organization, new, hash, prefix).await;
    let row = row.context("refused: is there such an organization, and is the key not stored yet?")?;
    let details = serde_json::json!({ "id": row.id, "name": row.name });
    trail::write_entries(&txn, &[audit(organization, "createApiKey").with_details(details)]).await?;
    txn.commit().await?;
    // The key's text is in this line and nowhere else.
    let sql = format!("select {SHOWN}, $2::text as key from org_api_keys where id = $1");
    show(db, &sql, vec![row.id.into(), clear.map(|key| key.expose().to_owned()).into()], None).await
}

async fn set_active(db: &DatabaseConnection, id: i32, active: bool) -> anyhow::Result<()> {
    let organization = organization_of(db, id).await?;
    let change = KeyUpdate { is_active: Some(active), ..KeyUpdate::default() };
    keys::update(db, organization, id, change, audit(organization, "updateApiKey"), Clock::default().now()).await?;
    changes::applied_everywhere(db).await?;
    show(db, &format!("select {SHOWN} from org_api_keys where id = $1"), vec![id.into()], None).await
}

/// An operator names a key by its number alone.
async fn organization_of(db: &DatabaseConnection, id: i32) -> anyhow::Result<OrgId> {
    let sql = "select organization_id from org_api_keys where id = $1";
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [id.into()])).await?;
    Ok(OrgId(row.context("there is no such key")?.try_get("", "organization_id")?))
}

fn audit(organization: OrgId, action: &'static str) -> Entry {
    Entry::new(organization, &Actor::System, action, 200, Clock::default().now())
}

fn parse_hash(text: &str) -> anyhow::Result<KeyHash> {
    let wrong = || anyhow::anyhow!("a SHA-256 has 64 hex characters");
    ensure!(text.len() == 64 && text.is_ascii(), wrong());
    let mut hash = [0; 32];
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).map_err(|_| wrong())?;
    }
    Ok(hash)
}
