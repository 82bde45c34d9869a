//! `playhouse doctor`.

use chrono::{DateTime, Utc};
use clap::Args;
use sea_orm::{DbBackend, FromQueryResult, Statement};

use super::{Database, out};
use crate::{app::App, clock::Clock, config::Config, database, outside::Outside, sealing};

/// Check settings, encryption key, database, migrations, clock and token issuers.
#[derive(Debug, Args)]
pub(super) struct Doctor {}

const MAX_CLOCK_SKEW_MS: i64 = 2000;

impl Doctor {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<()> {
        let mut healthy = true;
        let mut tell = |what: &str, outcome: anyhow::Result<String>| {
            healthy &= outcome.is_ok();
            match outcome {
                Ok(found) => out(format_args!("ok    {what}: {found}")),
                Err(error) => out(format_args!("FAIL  {what}: {error:#}")),
            }
        };
        tell("settings", config.refuse_unsafe().map(|()| format!("environment {}", config.environment)))?;
        tell("encryption", sealing::installation_key(&config).map(|_| sealing::source(&config)))?;
        let database = Database::open(&config).await;
        match &database {
            Err(error) => tell("database", Err(anyhow::anyhow!("{error:#}")))?,
            Ok(database) => {
                let url = database.url.expose();
                let clock = database_clock(url).await;
                tell("database", clock.as_ref().map(|_| "answers".to_owned()).map_err(|e| anyhow::anyhow!("{e:#}")))?;
                tell("migrations", pending(database.migrate_url.expose()).await)?;
                tell("clock", clock.and_then(|there| skew(there, Clock::default().now())))?;
                let app = App::build(config.clone(), url, Outside::default());
                let role = match &app {
                    Ok(app) => app.require_role().await.map(|()| database::RUNTIME_ROLE.to_owned()),
                    Err(error) => Err(anyhow::anyhow!("{error:#}")),
                };
                tell("role", role)?;
                if let Ok(app) = &app {
                    tell("issuers", issuers(app).await)?;
                }
            }
        }
        let mail = match &config.mail.smtp_url {
            Some(_) => "an SMTP server is set; nothing sends mail yet",
            None => "not set; nothing sends mail yet",
        };
        tell("mail", Ok(mail.to_owned()))?;
        if let Ok(database) = database {
            database.close().await?;
        }
        anyhow::ensure!(healthy, "something needs attention");
        Ok(())
    }
}

async fn pending(url: &str) -> anyhow::Result<String> {
    let pending = database::pending_migrations(&database::connect_as_owner(url).await?).await?;
    anyhow::ensure!(pending.is_empty(), "{} step(s) missing; run `playhouse migrate`", pending.len());
    Ok("up to date".to_owned())
}

async fn database_clock(url: &str) -> anyhow::Result<DateTime<Utc>> {
    #[derive(FromQueryResult)]
    struct Row {
        now: DateTime<Utc>,
    }
    let db = database::connect_as_owner(url).await?;
    let statement = Statement::from_string(DbBackend::Postgres, "select clock_timestamp() as now");
    let row = Row::find_by_statement(statement).one(&db).await?;
    row.map(|row| row.now).ok_or_else(|| anyhow::anyhow!("the database tells no time"))
}

async fn issuers(app: &App) -> anyhow::Result<String> {
    anyhow::ensure!(app.issuers.refresh().await, "the keys of an issuer cannot be loaded");
    Ok("all keys loaded".to_owned())
}

fn skew(there: DateTime<Utc>, here: DateTime<Utc>) -> anyhow::Result<String> {
    let skew = (here - there).num_milliseconds();
    anyhow::ensure!(
        skew.abs() <= MAX_CLOCK_SKEW_MS,
        "{skew} ms apart from the database's; sessions expire by this clock"
    );
    Ok(format!("within {} ms of the database's", skew.abs().max(1)))
}
