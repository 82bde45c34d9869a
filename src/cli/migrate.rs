//! `playhouse migrate`.

use clap::{Args, Subcommand};

use super::{Database, out};
use crate::{config::Config, database};

/// Bring the schema up to date, take it back, or show where it is.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(subcommand)]
    direction: Option<Direction>,
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Take all steps that are missing (the default).
    Up,
    /// Take steps back; their data goes with them.
    Down {
        /// How many steps.
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List the steps that are missing.
    Status,
}

impl Migrate {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<()> {
        let database = Database::open(&config).await?;
        let url = database.migrate_url.expose();
        match self.direction.unwrap_or(Direction::Up) {
            Direction::Up => {
                database::migrate(url).await?;
                out("the schema is up to date")?;
            }
            Direction::Down { steps } => {
                database::migrate_down(url, Some(steps)).await?;
                out(format_args!("{steps} step(s) taken back"))?;
            }
            Direction::Status => {
                let pending = database::pending_migrations(&database::connect_as_owner(url).await?).await?;
                for step in &pending {
                    out(format_args!("missing: {step}"))?;
                }
                out(if pending.is_empty() { "the schema is up to date" } else { "run `playhouse migrate`" })?;
            }
        }
        database.close().await
    }
}
