//! What large answers take of the server's memory, many at once.

use anyhow::Context;

use super::hall::Hall;
use crate::support::{
    CLIENTS,
    http::{self, Requests},
    process,
    server::Server,
    stage::Stage,
};

/// How long each size is asked for.
const SECONDS: u64 = 2;

/// Bytes.
#[derive(Debug)]
pub(crate) struct Memory {
    /// Of the body of a thousand rows.
    pub(crate) answer: u64,
    /// Resident after pages of 25 rows.
    pub(crate) before: Option<u64>,
    /// Resident at most while pages of a thousand rows were answered.
    pub(crate) peak: Option<u64>,
}

impl Memory {
    /// What each of the answers at once took beyond pages.
    pub(crate) fn each(&self) -> Option<f64> {
        Some(self.peak?.saturating_sub(self.before?) as f64 / CLIENTS as f64)
    }
}

/// Measures on a server of its own, whose memory nothing else has stretched.
pub(crate) async fn measure(program: &str, stage: &Stage, hall: &Hall) -> anyhow::Result<Memory> {
    let server = Server::start(program, stage).await?;
    let path = |limit: u32| format!("/api/players?order=created_at.desc&limit={limit}");
    let url = format!("http://{}{}", server.address, path(1000));
    let small = load(&server, hall, &path(25)).await;
    small.context("pages of 25 rows")?;
    let before = process::resident(server.pid);
    let forgot = process::forget_peak(server.pid);
    load(&server, hall, &path(1000)).await.context("pages of a thousand rows")?;
    let peak = forgot.and_then(|()| process::peak(server.pid));
    let answer = reqwest::Client::new().get(url).header("x-api-key", hall.key(1)).send().await?.bytes().await?;
    server.stop().await?;
    Ok(Memory { answer: answer.len() as u64, before, peak })
}

async fn load(server: &Server, hall: &Hall, path: &str) -> anyhow::Result<()> {
    let client = |client: usize| Requests::same("GET", path, &[("x-api-key", hall.key(client))], "");
    let clients = (0..CLIENTS).map(client).collect();
    http::load(server.address, clients, (Some(server.pid), None), SECONDS).await.map(drop)
}
