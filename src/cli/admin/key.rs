//! `playhouse admin key`.

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use sea_orm::DatabaseConnection;

use super::{instant, out, show};
use crate::{
    auth::key_text::{self, KeyHash},
    keys::{self, NewKey},
    tenant::OrgId,
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
        /// Its first 8 characters, to recognise it by.
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
                store(db, new, key_text::hash(key.expose()), &prefix).await?;
                out(key.expose())
            }
            Self::Import { new, sha256, prefix } => {
                ensure!(prefix.chars().count() == 8, "a prefix has 8 characters");
                store(db, new, parse_hash(&sha256)?, &prefix).await
            }
            Self::List { org } => {
                let sql = format!("select {SHOWN} from org_api_keys where organization_id = $1 order by id");
                show(db, &sql, vec![org.into()], None).await
            }
            Self::Revoke { id } => set_active(db, id, false).await,
            Self::Reactivate { id } => set_active(db, id, true).await,
            Self::Delete { id } => {
                let sql = format!("delete from org_api_keys where id = $1 returning {SHOWN}");
                show(db, &sql, vec![id.into()], Some("there is no such key")).await
            }
        }
    }
}

async fn store(db: &DatabaseConnection, new: New, hash: KeyHash, prefix: &str) -> anyhow::Result<()> {
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
    let row = keys::insert(db, organization, new, hash, prefix).await;
    let row = row.context("refused: is there such an organization, and is the key not stored yet?")?;
    let sql = format!("select {SHOWN} from org_api_keys where id = $1");
    show(db, &sql, vec![row.id.into()], None).await
}

async fn set_active(db: &DatabaseConnection, id: i32, active: bool) -> anyhow::Result<()> {
    let sql = format!("update org_api_keys set is_active = $2, updated_at = now() where id = $1 returning {SHOWN}");
    show(db, &sql, vec![id.into(), active.into()], Some("there is no such key")).await
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
