//! `playhouse serve`.

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Database, out};
use crate::{
    config::{Config, Environment},
    demo::{self, DemoKeys},
    outside::Outside,
    server::{Duties, Server},
};

/// Serve the API.
#[derive(Debug, Default, Args)]
pub(super) struct Serve {
    /// Leave the periodic work to other replicas.
    #[arg(long, conflicts_with = "workers_only")]
    no_workers: bool,
    /// Do the periodic work and answer health checks only.
    #[arg(long)]
    workers_only: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<()> {
        config.refuse_unsafe()?;
        let stop = stop_on_signals()?;
        let embedded = config.database.url.is_none();
        let database = Database::open_migrated(&config).await?;
        let keys = match embedded && config.environment == Environment::Development {
            true => Some(demo::remembered_or_new(database.migrate_url.expose(), &config.data.directory).await?),
            false => None,
        };
        let server = Server::bind(config, database.url.expose(), Outside::default()).await?;
        let app = server.app().clone();
        app.require_role().await?;
        tracing::info!(address = %app.config.server.listen, "serving");
        if let Some(keys) = keys {
            out(quickstart(&app.base_url, &keys))?;
        }
        let duties = Duties { api: !self.workers_only, workers: !self.no_workers };
        let outcome = server.run(stop, duties).await;
        database.close().await?;
        outcome
    }
}

/// Cancelled by the first SIGINT or SIGTERM; a second one ends the process at once.
fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let cancelled = stop.clone();
    tokio::spawn(async move {
        for again in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if again {
                tracing::warn!("stopped at once, on a second signal");
                std::process::exit(130);
            }
            cancelled.cancel();
        }
    });
    Ok(stop)
}

/// What a newcomer can paste.
fn quickstart(base: &str, keys: &DemoKeys) -> String {
    let tenant = &keys.tenants[0];
    let (key, game, org) = (&tenant.dpk_key, tenant.game_id, tenant.organization_id);
    let (subject, read) = (&tenant.owner.clerk_subject, &tenant.pk_read_key);
    format!(
        "
Playhouse is ready at {base}  (reference: {base}/docs)

# 1. create a one-time session
curl -s -X POST {base}/api/org-api-keys/sessions -H 'x-api-key: {key}' \\
  -H 'Content-Type: application/json' -d '{{\"game_id\": {game}, \"external_ref\": \"user-12345\"}}'

# 2. look at it, consume it, consume it again (410); put the token of step 1 in place
TOKEN=<token>
curl -s {base}/api/org-api-keys/sessions/$TOKEN
curl -s -X POST {base}/api/org-api-keys/sessions/$TOKEN/consume
curl -s -X POST {base}/api/org-api-keys/sessions/$TOKEN/consume

# 3. manage keys as the organization's owner
BEARER=$(cargo run -q -- token --issuer clerk --subject {subject})
curl -s '{base}/api/org-api-keys?org_id={org}' -H \"Authorization: Bearer $BEARER\"

# 4. list players with a read-only key of the property, as an agent would
curl -s '{base}/api/players?status.eq=active&order=created_at.desc&limit=25' -H 'X-Api-Key: {read}'
"
    )
}
