//! How soon an event arrives after its write.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::time::interval;

use super::Bench;
use crate::support::server::Server;

const EVENTS: u64 = 1_000;
/// 200 a second.
const EVERY: Duration = Duration::from_millis(5);

/// Milliseconds, in order.
#[derive(Debug)]
pub(crate) struct Lags(Vec<f64>);

impl Lags {
    /// The lag that so large a part of all has at most.
    pub(crate) fn at(&self, part: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * part) as usize]
    }
}

/// Writes at a steady pace to so many properties in turn.
///
/// Nobody outside Postgres knows when a write was committed, so a lag counts from when its request was sent: it is the
/// time from commit to arrival and most of the write's own.
pub(crate) async fn measure(bench: &mut Bench, server: &Server, endpoints: usize) -> anyhow::Result<Lags> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let names = bench.names(EVENTS);
    bench.receiver.record();
    let (mut ticks, mut writes) = (interval(EVERY), tokio::task::JoinSet::new());
    for (number, name) in names.into_iter().enumerate() {
        ticks.tick().await;
        let request = client
            .post(format!("http://{}/api/players", server.address))
            .header("x-api-key", bench.hall.key(number % endpoints))
            .header("content-type", "application/json")
            .body(format!("{{\"external_id\":\"{name}\"}}"));
        writes.spawn(async move {
            let began = Instant::now();
            let status = request.send().await.map(|answer| answer.status().as_u16());
            (name, began, status)
        });
    }
    let written = writes.join_all().await;
    let arrivals = bench.receiver.recorded(EVENTS).await?;
    let mut lags = Vec::new();
    // The first writes open connections.
    for (name, began, status) in written.into_iter().skip(50) {
        ensure!(status? == 201, "a write failed");
        let arrived = arrivals.get(&name).with_context(|| format!("the event of {name} did not arrive"))?;
        lags.push(arrived.saturating_duration_since(began).as_secs_f64() * 1_000.0);
    }
    lags.sort_by(f64::total_cmp);
    Ok(Lags(lags))
}
