//! What deliveries cost and how soon they arrive: `cargo bench --bench webhooks`, about five minutes. With a word behind
//! `--`, only the questions whose names contain it are asked.
//!
//! Everything happens on one machine: the server, Postgres, a receiver that answers at once, and the clients that write.
//! Goals are printed and not enforced: a benchmark is no test, and the machine may be busy.

#[path = "../support/mod.rs"]
mod support;

mod hall;
mod lag;
mod receiver;

use std::{
    env,
    ops::Range,
    time::{Duration, Instant},
};

use anyhow::Context;
use support::{
    http::{self, Requests},
    process,
    server::Server,
    stage::Stage,
    table,
    window::median,
};

use hall::{Hall, PROPERTIES, UNHEARD};
use receiver::Receiver;

/// Rounds of everything.
const ROUNDS: usize = 5;
/// Clients that write as fast as they can.
const CLIENTS: usize = 16;
const SECONDS: u64 = 5;
/// Each writes three times a thousand events, five seconds long.
const ISOLATED_ROUNDS: usize = 5;
/// Deliveries that wait when only delivering is measured, and that are delivered while the cost is measured.
const WAITING: u64 = 20_000;
const COUNTED: u64 = 10_000;
const MEGABYTE: f64 = 1_000_000.0;

fn main() -> anyhow::Result<()> {
    // Cargo puts in an option of its own.
    let word = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(bench(&word))
}

/// Everything that a measurement stands on.
struct Bench {
    stage: Stage,
    hall: Hall,
    receiver: Receiver,
    /// Players that were made, so that each has a name of its own.
    made: u64,
}

/// What a round gave.
#[derive(Debug, Clone, Copy)]
struct Round {
    per_second: f64,
    server: f64,
    postgres: f64,
    resident: Option<u64>,
}

async fn bench(word: &str) -> anyhow::Result<()> {
    let mut stage = Stage::set("webhooks").await?;
    for (name, value) in [
        ("PLAYHOUSE_WEBHOOKS__ALLOW_HTTP", "true"),
        ("PLAYHOUSE_WEBHOOKS__ALLOW_SUBNETS", "127.0.0.0/8"),
        ("PLAYHOUSE_SECRETS__ENCRYPTION_KEY", hall::SEALED_WITH),
    ] {
        stage.variables.push((name.to_owned(), value.to_owned()));
    }
    let receiver = Receiver::start()?;
    let hall = Hall::fill(&stage, receiver.address).await?;
    let mut bench = Bench { stage, hall, receiver, made: 0 };
    let asked = |name: &str| name.contains(word);
    table::line(format_args!("\n{CLIENTS} clients, {ROUNDS} rounds; medians, lowest and highest in parentheses\n"));

    let mut memory = None;
    if asked("end to end") {
        memory = bench.compare_ends().await?;
    }
    for endpoints in [1, PROPERTIES] {
        if asked("backlog") {
            let mut rounds = Vec::new();
            for _ in 0..ROUNDS {
                rounds.push(bench.backlog(endpoints, WAITING, WAITING).await?);
            }
            rate(&format!("backlog, {endpoints} endpoint(s)"), &rounds, 4_000.0);
            memory = memory.max(most_resident(&rounds));
        }
    }
    if asked("memory")
        && let Some(memory) = memory
    {
        table::figure("memory under load", Some(memory as f64 / MEGABYTE), "MB", 100.0);
    }
    if asked("lag") {
        let server = Server::start(env!("CARGO_BIN_EXE_playhouse"), &bench.stage).await?;
        let lags = lag::measure(&mut bench, &server, 1).await?;
        table::figure("lag at 200 events/s, p95", Some(lags.at(0.95)), "ms", 15.0);
        table::note("  p50, p99", format_args!("{:.1} ms, {:.1} ms", lags.at(0.5), lags.at(0.99)));
        server.stop().await?;
    }
    if asked("isolation") {
        let (alone, beside) = bench.isolation().await?;
        table::figure("p95 beside a dead endpoint : without", Some(beside / alone), "", 2.0);
        table::note("  p95 without, beside", format_args!("{alone:.1} ms, {beside:.1} ms"));
    }
    if asked("cost") {
        let mut first = None;
        for waiting in [1_000, 10_000, 100_000, 1_000_000] {
            let round = bench.cost(waiting).await?;
            let cost = round.server + round.postgres;
            let base = *first.get_or_insert(cost);
            table::figure(&format!("cost with {waiting} waiting : 1,000"), Some(cost / base), "", 1.25);
            table::note("  per 1,000", format_args!("{:.2} s server, {:.2} s Postgres", round.server, round.postgres));
        }
    }
    bench.stage.strike().await
}

fn rate(name: &str, rounds: &[Round], goal: f64) {
    let rates = || rounds.iter().map(|round| round.per_second);
    let (low, high) = (rates().fold(f64::MAX, f64::min), rates().fold(0.0, f64::max));
    let (middle, met) = (median(rates()), if median(rates()) >= goal { "met" } else { "NOT MET" });
    table::line(format_args!("{name:<40}{middle:>11.0} /s   ({low:.0} … {high:.0})   ≥ {goal} /s   {met}"));
}

/// The most memory that the server had in any of the rounds, which it prints.
fn most_resident(rounds: &[Round]) -> Option<u64> {
    let most = rounds.iter().filter_map(|round| round.resident).max();
    table::note("  memory at most", format_args!("{:.1} MB", most.unwrap_or(0) as f64 / MEGABYTE));
    most
}

impl Bench {
    /// Writes that nobody hears of, and that one or many endpoints hear of, in turn.
    async fn compare_ends(&mut self) -> anyhow::Result<Option<u64>> {
        let kinds = [UNHEARD..UNHEARD + 1, 0..1, 0..PROPERTIES];
        let mut all = kinds.clone().map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for (properties, rounds) in kinds.iter().zip(&mut all) {
                rounds.push(self.end_to_end(properties.clone()).await?);
            }
        }
        for (properties, rounds) in kinds.iter().zip(&all) {
            let part = |of: fn(&Round) -> f64| median(rounds.iter().map(of));
            let cost = part(|r| r.server + r.postgres);
            if properties.start == UNHEARD {
                let per_second = part(|r| r.per_second);
                table::note("writes that nobody hears of", format_args!("{per_second:.0} /s, {cost:.2} s for 1,000"));
                most_resident(rounds);
                continue;
            }
            rate(&format!("end to end, {} endpoint(s)", properties.len()), rounds, 2_000.0);
            table::figure("  CPU of server and Postgres, 1,000", Some(cost), "s", 0.9);
            let (server, postgres) = (part(|r| r.server), part(|r| r.postgres));
            table::note("  server, Postgres", format_args!("{server:.2} s, {postgres:.2} s"));
            most_resident(rounds);
        }
        Ok(all.iter().flatten().filter_map(|round| round.resident).max())
    }

    /// CPU time of the server and of Postgres.
    fn spent(&self, server: &Server) -> anyhow::Result<(Duration, Duration)> {
        let server = process::cpu(server.pid).context("the server runs")?;
        let postgres = self.stage.postmaster.and_then(process::cpu_of_family).context("Postgres runs")?;
        Ok((server, postgres))
    }

    /// A name for each player, of eleven characters.
    fn names(&mut self, count: u64) -> Vec<String> {
        self.made += count;
        (self.made - count..self.made).map(|number| format!("W-{number:09}")).collect()
    }

    /// Writes that each cause a delivery, from the first write until the last delivery has arrived; in these properties.
    ///
    /// A server that has just started opens connections, each of which makes its plans, so it is warmed up before.
    async fn end_to_end(&mut self, properties: Range<usize>) -> anyhow::Result<Round> {
        let heard = properties.start != UNHEARD;
        self.tidy().await?;
        let server = Server::start(env!("CARGO_BIN_EXE_playhouse"), &self.stage).await?;
        let processes = (Some(server.pid), self.stage.postmaster);
        let before = self.receiver.count();
        let (_, writes) = http::load(server.address, self.writers(properties.clone())?, processes, 1).await?;
        if heard {
            self.receiver.wait_for(before + writes).await?;
        }
        self.settled().await?;
        let clients = self.writers(properties)?;
        let (before, began, spent) = (self.receiver.count(), Instant::now(), self.spent(&server)?);
        let (measured, writes) = http::load(server.address, clients, processes, SECONDS).await?;
        let end = if heard { self.receiver.wait_for(before + writes).await? } else { Instant::now() };
        // Until the outcomes are written, too.
        self.settled().await?;
        let round = self.round(&server, writes, end - began, spent, measured.resident)?;
        server.stop().await?;
        Ok(round)
    }

    /// Clients that make players in these properties.
    fn writers(&mut self, properties: Range<usize>) -> anyhow::Result<Vec<Requests>> {
        let (first, count) = (properties.start, properties.len());
        let mut clients = Vec::new();
        for client in 0..CLIENTS {
            let mut turns = Vec::new();
            for turn in 0..count.div_ceil(CLIENTS) {
                let key = self.hall.key(first + (client + turn * CLIENTS) % count);
                let body = "{\"external_id\":\"W-#########\"}";
                turns.push(Requests::same("POST", "/api/players", &[("x-api-key", key)], body));
            }
            let names = self.names(SECONDS * 600);
            clients.push(Requests::in_turn(turns).each("W-#########", names)?.answered(201));
        }
        Ok(clients)
    }

    /// Deliveries that have waited, from the first arrival until `counted` have arrived.
    async fn backlog(&mut self, endpoints: usize, waiting: u64, counted: u64) -> anyhow::Result<Round> {
        self.tidy().await?;
        self.hall.backlog(&self.stage, endpoints, waiting).await?;
        self.vacuum().await?;
        let before = self.receiver.count();
        let server = Server::start(env!("CARGO_BIN_EXE_playhouse"), &self.stage).await?;
        let early = counted / 10;
        let began = self.receiver.wait_for(before + early).await?;
        let spent = self.spent(&server)?;
        let end = self.receiver.wait_for(before + counted).await?;
        if waiting == counted {
            self.settled().await?;
        }
        let resident = process::resident(server.pid);
        let round = self.round(&server, counted - early, end - began, spent, resident)?;
        server.stop().await?;
        Ok(round)
    }

    /// The cost of a delivery while so many wait; of few, several rounds.
    async fn cost(&mut self, waiting: u64) -> anyhow::Result<Round> {
        let rounds = (COUNTED / waiting).max(1);
        let mut all = Vec::new();
        for _ in 0..rounds {
            all.push(self.backlog(PROPERTIES, waiting, waiting.min(COUNTED)).await?);
        }
        let part = |of: fn(&Round) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        let resident = all.iter().filter_map(|round| round.resident).max();
        Ok(Round {
            per_second: part(|r| r.per_second),
            server: part(|r| r.server),
            postgres: part(|r| r.postgres),
            resident,
        })
    }

    /// The healthy endpoints' lag alone, and beside one that never answers and has 10,000 due deliveries; of a server that
    /// is warm, the medians of several rounds.
    async fn isolation(&mut self) -> anyhow::Result<(f64, f64)> {
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for _ in 0..ISOLATED_ROUNDS {
            self.tidy().await?;
            let server = Server::start(env!("CARGO_BIN_EXE_playhouse"), &self.stage).await?;
            // The first deliveries of all lanes make plans and connections.
            lag::measure(self, &server, PROPERTIES).await?;
            alone.push(lag::measure(self, &server, PROPERTIES).await?.at(0.95));
            self.hall.flood(&self.stage, 10_000).await?;
            self.vacuum().await?;
            self.stage.execute("notify webhooks").await?;
            beside.push(lag::measure(self, &server, PROPERTIES).await?.at(0.95));
            // What hangs would keep the server from stopping.
            drop(server);
            self.stage.execute("truncate webhook_deliveries").await?;
        }
        table::note("  p95 without", format_args!("{alone:.1?} ms"));
        table::note("  p95 beside", format_args!("{beside:.1?} ms"));
        Ok((median(alone), median(beside)))
    }

    fn round(
        &self,
        server: &Server,
        deliveries: u64,
        took: Duration,
        before: (Duration, Duration),
        resident: Option<u64>,
    ) -> anyhow::Result<Round> {
        let (thousands, after) = (deliveries as f64 / 1_000.0, self.spent(server)?);
        Ok(Round {
            per_second: deliveries as f64 / took.as_secs_f64(),
            server: (after.0 - before.0).as_secs_f64() / thousands,
            postgres: (after.1 - before.1).as_secs_f64() / thousands,
            resident,
        })
    }

    /// Waits until nothing is due or under way.
    async fn settled(&self) -> anyhow::Result<()> {
        let open = "select (select count(*) from event_outbox) \
             + (select count(*) from webhook_deliveries where state in ('pending', 'sending'))";
        while self.stage.number(open).await? > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Everybody begins with the same tables.
    async fn tidy(&self) -> anyhow::Result<()> {
        // What is deleted is an event too.
        self.stage.execute("delete from players").await?;
        self.stage.execute("truncate event_outbox, webhook_deliveries, webhook_attempts, events").await?;
        self.stage
            .execute("update webhook_lanes set claim_id = null, lease_until = null, blocked_until = null, consecutive_failures = 0")
            .await?;
        self.vacuum().await
    }

    /// Housekeeping that would else hit one round or the other by chance.
    async fn vacuum(&self) -> anyhow::Result<()> {
        for table in ["players", "events", "event_outbox", "webhook_lanes", "webhook_deliveries"] {
            self.stage.execute(&format!("vacuum analyze {table}")).await?;
        }
        self.stage.execute("checkpoint").await
    }
}
