//! What a session costs: `cargo bench --bench sessions`, about two minutes and one table.
//!
//! Create and consume are measured against pgbench, which runs the server's own statements over as many connections;
//! then key lookup with quota by itself, and the memory of the server. Goals are printed and not enforced: a benchmark
//! is no test, and the machine may be busy.

#[path = "../support/mod.rs"]
mod support;

mod admission;
mod calls;

use std::time::Duration;

use support::{CLIENTS, process, server::Server, stage::Stage, table, window::median};

use calls::Calls;

/// Rounds of floor and server in turn.
const ROUNDS: usize = 5;
const MEGABYTE: f64 = 1_000_000.0;

#[tokio::main(worker_threads = 1)]
async fn main() -> anyhow::Result<()> {
    let stage = Stage::set("sessions").await?;
    let calls = Calls::prepare(&stage).await?;
    let server = Server::start(env!("CARGO_BIN_EXE_playhouse"), &stage).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = process::resident(server.pid);

    let (mut create, mut consume) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Whoever goes first finds the smaller tables, so they take turns in that too.
        let server_first = round % 2 == 1;
        create.push(calls.create_round(&server, server_first).await?);
        consume.push(calls.consume_round(&server, server_first).await?);
    }
    let hello = calls.hello(&server).await?;
    let loaded = create.iter().chain(&consume).filter_map(|(_, server)| server.resident).max();
    server.stop().await?;
    let transactions = calls.transactions_per_call().await?;
    let admission = admission::measure(&stage).await?;

    table::line(format_args!(
        "\n{CLIENTS} clients, {ROUNDS} rounds in turn; medians, the ratios' lowest and highest in parentheses\n"
    ));
    table::head();
    table::ratio("create", &create, 0.45);
    table::ratio("consume", &consume, 0.45);
    table::figure("key lookup and quota, CPU", admission.microseconds, "µs", 5.0);
    table::figure("  transactions for 1,000 of them", Some(admission.transactions_per_thousand), "", 1.0);
    table::figure("memory, idle", idle.map(|bytes| bytes as f64 / MEGABYTE), "MB", 64.0);
    table::figure("memory, under load", loaded.map(|bytes| bytes as f64 / MEGABYTE), "MB", 128.0);

    table::line("\nCPU microseconds per call");
    table::cost("create", &create);
    table::cost("consume", &consume);
    table::cost_of("GET /livez", [hello].iter());

    table::line("\nfor orientation");
    table::note("transactions per call of the server", format_args!("{transactions:.3}"));
    let created = median(create.iter().map(|(_, server)| server.rate));
    table::note("GET /livez", format_args!("{:.0} /s; create is {:.2} of it", hello.rate, created / hello.rate));
    stage.strike().await
}
