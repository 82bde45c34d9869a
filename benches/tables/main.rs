//! What calls on tables cost: `cargo bench --bench tables`, about six minutes and one table. With a word behind `--`,
//! only the questions whose names contain it are asked.
//!
//! Each question is asked of the server, of pgbench, which runs the server's own statements ([`floor`]), and of two
//! endpoints written by hand for it ([`rivals`]); then what it costs that requests speak for many tenants, a page far
//! down a list, and the memory of large answers. Goals are printed and not enforced: a benchmark is no test, and the
//! machine may be busy.

#[path = "../support/mod.rs"]
mod support;

mod depth;
mod floor;
mod hall;
mod memory;
mod question;
mod rivals;

use std::env;

use anyhow::{Context, ensure};
use playhouse::tables::rows::CHUNK_BYTES;
use support::{
    CLIENTS, http,
    pgbench::Pgbench,
    server::Server,
    stage::Stage,
    table,
    window::{Measured, median},
};

use depth::Pages;
use hall::Hall;
use question::{Face, Question, Tenants};

/// The endpoints to compare with get the server's allocator too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds of everybody in turn.
const ROUNDS: usize = 3;
/// The part of a run that counts.
const SECONDS: u64 = 2;
const KILOBYTE: f64 = 1_000.0;
/// The command by which the program starts itself as the endpoints to compare with.
const RIVALS: &str = "rivals";

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if env::args().nth(1).is_some_and(|command| command == RIVALS) {
        return runtime.enable_all().build()?.block_on(rivals::serve());
    }
    // Cargo puts in an option of its own.
    let word = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    runtime.worker_threads(1).enable_all().build()?.block_on(bench(&word))
}

/// What a question gave, round by round.
struct Asked {
    question: Question,
    floor: Vec<Measured>,
    tables: Vec<Measured>,
    json_agg: Vec<Measured>,
    models: Vec<Measured>,
}

/// Everything that a measurement stands on.
struct Bench {
    stage: Stage,
    hall: Hall,
    pgbench: Pgbench,
    server: Server,
    rivals: Server,
}

async fn bench(word: &str) -> anyhow::Result<()> {
    let program = env!("CARGO_BIN_EXE_playhouse");
    let stage = Stage::set("tables").await?;
    let hall = Hall::fill(&stage).await?;
    let pgbench = Pgbench::find(&stage).await?;
    let server = Server::start(program, &stage).await?;
    let rivals = Server::start_as(&env::current_exe()?, &[RIVALS], &stage.variables).await?;
    let bench = Bench { stage, hall, pgbench, server, rivals };

    table::line(format_args!(
        "\n200,000 players in 20 properties; {CLIENTS} clients, requests for all properties in turn; {ROUNDS} rounds in \
         turn; medians, the ratios' lowest and highest in parentheses\n"
    ));
    table::head();
    let mut asked = Vec::new();
    for question in Question::ALL.into_iter().filter(|question| question.name().contains(word)) {
        let answers = bench.ask(question).await?;
        print(&answers);
        asked.push(answers);
    }
    let (mut by_list, mut by_id, mut by_depth) = (Vec::new(), Vec::new(), Vec::new());
    if word.is_empty() {
        let pages = Pages::walk(&bench.server, &bench.hall).await?;
        for _ in 0..ROUNDS {
            by_list.push(bench.tenants(Question::Active).await?);
            by_id.push(bench.tenants(Question::One).await?);
            by_depth.push(pages.round(&bench.server, &bench.stage, SECONDS).await?);
        }
    }
    let Bench { stage, hall, server, rivals, .. } = bench;
    server.stop().await?;
    rivals.stop().await?;

    if word.is_empty() {
        table::line("\nagainst itself");
        table::ratio("list, all tenants : one tenant", &by_list, 0.85);
        table::ratio("by id, all tenants : one tenant", &by_id, 0.85);
        let times = median(by_depth.iter().map(|(first, far)| first.rate / far.rate));
        table::figure("time of page 1,000 : page 1", Some(times), "", 1.2);
        let memory = memory::measure(program, &stage, &hall).await?;
        let beyond = memory.each().map(|bytes| (bytes - memory.answer as f64) / CHUNK_BYTES as f64);
        table::figure("buffers that 1,000 rows take beyond their answer", beyond, "", 4.0);
        let bytes = memory.answer as f64 / KILOBYTE;
        table::note("  of 64 KiB, each of 16 answers at once of", format_args!("{bytes:.0} kB"));
    }
    table::line("\nCPU microseconds per call");
    for Asked { question, floor, tables, json_agg, models } in &asked {
        let name = |who: &str| format!("{}, {who}", question.name());
        table::cost_of(&name("pgbench"), floor.iter());
        table::cost_of(&name("server"), tables.iter());
        table::cost_of(&name("json_agg"), json_agg.iter());
        table::cost_of(&name("models"), models.iter());
    }
    stage.strike().await
}

/// The rates of a question.
fn print(asked: &Asked) {
    let (of_floor, of_json_agg) = asked.question.goals();
    let pairs = |low: &[Measured], high: &[Measured]| low.iter().copied().zip(high.iter().copied()).collect::<Vec<_>>();
    let name = asked.question.name();
    table::compare(&format!("{name} : pgbench"), &pairs(&asked.floor, &asked.tables), of_floor);
    table::compare("  : json_agg by Postgres", &pairs(&asked.json_agg, &asked.tables), of_json_agg);
    table::compare("  : SeaORM models and serde", &pairs(&asked.models, &asked.tables), None);
}

impl Bench {
    /// Asks everybody in turn.
    async fn ask(&self, question: Question) -> anyhow::Result<Asked> {
        let mut asked = Asked { question, floor: vec![], tables: vec![], json_agg: vec![], models: vec![] };
        for round in 0..ROUNDS {
            // Whoever goes first finds the smaller tables, so they take turns in that too.
            for turn in 0..4 {
                match (round + turn) % 4 {
                    0 => asked.floor.push(floor::measure(question, &self.stage, &self.pgbench, SECONDS).await?),
                    1 => {
                        asked.tables.push(self.load(question, Face::Tables, Tenants::Mixed).await?);
                        self.check(question).await?;
                    }
                    2 => asked.json_agg.push(self.load(question, Face::JsonAgg, Tenants::Mixed).await?),
                    _ => asked.models.push(self.load(question, Face::Models, Tenants::Mixed).await?),
                }
                if question == Question::Create {
                    // So that everybody inserts the same rows into the same table.
                    self.stage.execute("delete from players where external_id ~ '^[FS]-'").await?;
                    self.stage.execute("vacuum analyze players").await?;
                    self.stage.execute("checkpoint").await?;
                }
            }
        }
        Ok(asked)
    }

    async fn load(&self, question: Question, face: Face, tenants: Tenants) -> anyhow::Result<Measured> {
        let server = if face == Face::Tables { &self.server } else { &self.rivals };
        let clients = (0..CLIENTS).map(|client| question.requests(&self.hall, face, tenants, client));
        let clients = clients.collect::<Result<_, _>>()?;
        Ok(http::load(server.address, clients, (Some(server.pid), self.stage.postmaster), SECONDS).await?.0)
    }

    /// One tenant, and all of them.
    async fn tenants(&self, question: Question) -> anyhow::Result<(Measured, Measured)> {
        let one = self.load(question, Face::Tables, Tenants::One).await?;
        Ok((one, self.load(question, Face::Tables, Tenants::Mixed).await?))
    }

    /// Fails unless the last thing that the server ran is the last statement of the floor.
    async fn check(&self, question: Question) -> anyhow::Result<()> {
        let sql = "select distinct query as text from pg_stat_activity where application_name = 'playhouse tables'";
        let ran = self.stage.texts(sql).await?;
        let statement = question.statements()?.pop().context("a question has a statement")?;
        // Postgres shows the beginning of long ones.
        let known = ran.iter().any(|text| !text.is_empty() && statement.text.starts_with(text.as_str()));
        ensure!(known, "the server did not run the floor's statement {}, but {ran:?}", statement.text);
        Ok(())
    }
}
