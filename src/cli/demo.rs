//! `playhouse demo`.

use clap::Args;

use super::{Database, out};
use crate::{config::Config, demo};

/// Make the demo tenants and show their keys.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<()> {
        config.refuse_demo()?;
        let database = Database::open_migrated(&config).await?;
        let keys = demo::renew(database.migrate_url.expose(), &config.data.directory).await?;
        if let Some(embedded) = &database.embedded {
            // Asked for by tools that look into the database; the password opens a server on this machine alone.
            use std::io::Write;
            writeln!(std::io::stderr(), "{}", embedded.url("playhouse"))?;
        }
        if self.json {
            out(serde_json::to_string(&keys)?)?;
        } else {
            for tenant in &keys.tenants {
                out(format_args!(
                    "organization {} (game {}, stream {}): {}",
                    tenant.organization_id, tenant.game_id, tenant.stream_id, tenant.dpk_key
                ))?;
            }
        }
        database.close().await
    }
}
