//! What it costs that every change is told: `cargo bench --bench events`, about five minutes and one table.
//!
//! New players are made in four situations that take turns: with the triggers taken off, which is the floor; in a property
//! that keeps no log and has no subscriber; in one that keeps its log; and in one with a log and a webhook, so that each
//! player is an event and a delivery. First through the API of a server that also hands the events out, so that the
//! deliveries' rows count; then by pgbench with the same statement and no server, which is what the writers alone pay.
//! Nothing is sent: the webhook's lane is held up. Goals are printed and not enforced.

#[path = "../support/mod.rs"]
mod support;

mod situation;

use support::{
    CLIENTS, http,
    pgbench::Pgbench,
    server::Server,
    stage::Stage,
    table,
    window::{Measured, median},
};

use situation::{Scene, Situation};

/// Rounds of all situations in turn.
const ROUNDS: usize = 5;
/// The part of a run that counts.
const SECONDS: u64 = 3;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(bench())
}

/// What one side gave, round by round.
#[derive(Default)]
struct Rounds {
    free: Vec<Measured>,
    silent: Vec<Measured>,
    kept: Vec<Measured>,
    heard: Vec<Measured>,
}

async fn bench() -> anyhow::Result<()> {
    let stage = Stage::set("events").await?;
    let scene = Scene::lay(&stage).await?;
    let pgbench = Pgbench::find(&stage).await?;
    let server = Server::start(env!("CARGO_BIN_EXE_playhouse"), &stage).await?;
    let (mut by_api, mut by_pgbench) = (Rounds::default(), Rounds::default());
    // Whoever goes first finds the machine as it was left, so they take turns in that too.
    let turns = || (0..ROUNDS).flat_map(|round| (0..4).map(move |turn| Situation::ALL[(round + turn) % 4]));
    for situation in turns() {
        scene.prepare(&stage, situation).await?;
        let clients = (0..CLIENTS).map(|client| scene.requests(situation, client)).collect::<Result<_, _>>()?;
        let (measured, _) = http::load(server.address, clients, (Some(server.pid), stage.postmaster), SECONDS).await?;
        by_api.of(situation).push(measured);
    }
    // Nobody hands out what pgbench writes.
    server.stop().await?;
    for situation in turns() {
        scene.prepare(&stage, situation).await?;
        let script = scene.script(situation)?;
        let (measured, _) = pgbench.run_script(&stage.folder, &script, &[("told", "0"), ("i", "0")], SECONDS).await?;
        by_pgbench.of(situation).push(measured);
    }

    table::line(format_args!(
        "\nnew players, {CLIENTS} clients; {ROUNDS} rounds in turn; medians, the ratios' lowest and highest in parentheses; \
         the floor is the same without triggers\n"
    ));
    table::head();
    by_api.print("API");
    by_pgbench.print("pgbench");
    table::line("\nCPU microseconds per call");
    by_api.costs("API");
    by_pgbench.costs("pgbench");
    stage.strike().await
}

impl Rounds {
    fn of(&mut self, situation: Situation) -> &mut Vec<Measured> {
        match situation {
            Situation::Free => &mut self.free,
            Situation::Silent => &mut self.silent,
            Situation::Kept => &mut self.kept,
            Situation::Heard => &mut self.heard,
        }
    }

    fn print(&self, side: &str) {
        let pairs = |of: &[Measured]| self.free.iter().copied().zip(of.iter().copied()).collect::<Vec<_>>();
        table::ratio(&format!("{side}, no log, nobody listens"), &pairs(&self.silent), 0.95);
        table::compare(&format!("{side}, an event"), &pairs(&self.kept), None);
        table::ratio(&format!("{side}, an event and a delivery"), &pairs(&self.heard), 0.7);
    }

    fn costs(&self, side: &str) {
        let sides = [
            ("without triggers", &self.free),
            ("no log", &self.silent),
            ("event", &self.kept),
            ("delivery", &self.heard),
        ];
        for (name, rounds) in sides {
            table::cost_of(&format!("{side}, {name}"), rounds.iter());
        }
        let postgres = |rounds: &[Measured]| median(rounds.iter().filter_map(|one| one.postgres));
        let (free, heard) = (postgres(&self.free), postgres(&self.heard));
        table::note(&format!("{side}, Postgres with delivery : without"), format_args!("{:.2}", heard / free));
    }
}
