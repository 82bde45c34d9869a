//! What it costs that every change is told: `cargo bench --bench events`, about six minutes and one table.
//!
//! New players are made in four situations that take turns: by sessions that fire no triggers, which is the floor; in a
//! property that keeps no log and has no subscriber; in one that keeps its log; and in one with a log and a webhook, so
//! that each player is an event and a delivery. First by the server's statement straight to Postgres and no server, which is
//! what the writers alone pay; then through the API of servers, one of which also hands the events out, so that the
//! deliveries' rows count. Nothing is sent: the webhook's lane is held up. Goals are printed and not enforced.

#[path = "../support/mod.rs"]
mod support;

mod line;
mod situation;
mod turns;

use std::path::Path;

use playhouse::{
    database::{RUNTIME_ROLE, session_settings},
    tenant_pool::SESSION_OPTIONS,
};
use support::{
    CLIENTS,
    server::Server,
    stage::Stage,
    table,
    window::{Measured, median},
};

use line::Plan;
use situation::{Scene, Situation};
use turns::Rounds;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(bench())
}

/// Whom the clients call.
enum Side {
    /// A server whose sessions fire no triggers, and one as it is, which also hands out.
    Servers {
        free: Server,
        told: Server,
    },
    Postgres {
        config: tokio_postgres::Config,
        settings: String,
    },
}

async fn bench() -> anyhow::Result<()> {
    let stage = Stage::set("events").await?;
    let scene = Scene::lay(&stage).await?;
    table::line(format_args!(
        "\nnew players, {CLIENTS} clients; turns of half a second, the mean of four is a value; medians, the ratios' lowest \
         and highest in parentheses; the floor is the same without triggers\n"
    ));
    table::head();
    // Nobody hands out what comes now.
    let by_sql = turns::take(&stage, &scene, &Side::postgres(&stage)?).await?;
    print(&by_sql, "Postgres");
    let servers = Side::servers(&stage).await?;
    let by_api = turns::take(&stage, &scene, &servers).await?;
    servers.stop().await?;
    print(&by_api, "API");
    table::line("\nCPU microseconds per call");
    costs(&by_sql, "Postgres");
    costs(&by_api, "API");
    stage.strike().await
}

impl Side {
    async fn servers(stage: &Stage) -> anyhow::Result<Self> {
        let program = Path::new(env!("CARGO_BIN_EXE_playhouse"));
        let told = Server::start_as(program, &["serve"], &stage.variables).await?;
        let mut variables = stage.variables.clone();
        for (_, url) in variables.iter_mut().filter(|(name, _)| name == "DATABASE_URL") {
            let role = Situation::Free.session_replication_role();
            url.push_str(if url.contains('?') { "&" } else { "?" });
            url.push_str(&format!("options=-c%20session_replication_role%3D{role}"));
        }
        let free = Server::start_as(program, &["serve", "--no-workers"], &variables).await?;
        Ok(Self::Servers { free, told })
    }

    fn postgres(stage: &Stage) -> anyhow::Result<Self> {
        let settings = session_settings(&stage.config.database, RUNTIME_ROLE);
        let settings = settings.map(|(name, value)| format!("-c {name}={value} ")).concat() + SESSION_OPTIONS;
        Ok(Self::Postgres { config: stage.url.parse()?, settings })
    }

    fn plan(&self, scene: &Scene, situation: Situation, client: usize) -> anyhow::Result<Plan> {
        match self {
            Self::Servers { free, told } => {
                let server = if situation == Situation::Free { free } else { told };
                Ok(Plan::Http { address: server.address, requests: scene.requests(situation, client)? })
            }
            Self::Postgres { config, settings } => {
                let mut config = config.clone();
                let role = situation.session_replication_role();
                config.options(format!("-c session_replication_role={role} {settings}"));
                let setting = format!("set app.property_id = '{}'", situation.property());
                let statement = Scene::statement(situation)?;
                Ok(Plan::Postgres { config: Box::new(config), setting, statement, client })
            }
        }
    }

    fn server(&self, situation: Situation) -> Option<u32> {
        match self {
            Self::Servers { free, .. } if situation == Situation::Free => Some(free.pid),
            Self::Servers { told, .. } => Some(told.pid),
            Self::Postgres { .. } => None,
        }
    }

    fn hands_out(&self) -> bool {
        matches!(self, Self::Servers { .. })
    }

    async fn stop(self) -> anyhow::Result<()> {
        if let Self::Servers { free, told } = self {
            free.stop().await?;
            told.stop().await?;
        }
        Ok(())
    }
}

fn print(rounds: &Rounds, side: &str) {
    let pairs = |of: Situation| -> Vec<(Measured, Measured)> {
        rounds.of(Situation::Free).iter().copied().zip(rounds.of(of).iter().copied()).collect()
    };
    table::ratio(&format!("{side}, no log, nobody listens"), &pairs(Situation::Silent), 0.95);
    table::compare(&format!("{side}, an event"), &pairs(Situation::Kept), None);
    table::ratio(&format!("{side}, an event and a delivery"), &pairs(Situation::Heard), 0.7);
}

fn costs(rounds: &Rounds, side: &str) {
    for (name, situation) in ["without triggers", "no log", "event", "delivery"].into_iter().zip(Situation::ALL) {
        table::cost_of(&format!("{side}, {name}"), rounds.of(situation).iter());
    }
    let postgres = |of: Situation| median(rounds.of(of).iter().filter_map(|one| one.postgres));
    let (free, heard) = (postgres(Situation::Free), postgres(Situation::Heard));
    table::note(&format!("{side}, Postgres with delivery : without"), format_args!("{:.2}", heard / free));
}
