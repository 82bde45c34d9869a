//! A server as a process of its own: the release binary, or one to compare it with.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::stage::Stage;

/// A server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its process.
    pub(crate) pid: u32,
    child: Child,
}

impl Server {
    /// Starts a `playhouse serve` over the stage's database and waits until it is ready.
    pub(crate) async fn start(program: &str, stage: &Stage) -> anyhow::Result<Self> {
        Self::start_as(Path::new(program), &["serve"], &stage.variables).await
    }

    /// Starts a program that says and answers the same when it is ready.
    pub(crate) async fn start_as(
        program: &Path,
        arguments: &[&str],
        variables: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let pid = child.id().context("the server ended at once")?;
        let mut lines = BufReader::new(child.stderr.take().context("it was piped")?).lines();
        let mut said = String::new();
        let mut address = None;
        while address.is_none()
            && let Some(line) = lines.next_line().await?
        {
            address = line.split_once("serving address=").and_then(|(_, rest)| rest.trim().parse().ok());
            said.push_str(&line);
            said.push('\n');
        }
        let address = address.with_context(|| format!("the server did not start:\n{said}"))?;
        // Somebody must read on, or the log fills its pipe and the server waits for it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let ready = async {
            while !matches!(reqwest::get(format!("http://{address}/readyz")).await, Ok(answer) if answer.status() == 200)
            {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(20), ready).await.context("the server does not get ready")?;
        Ok(Self { address, pid, child })
    }

    /// Stops it as a supervisor would and waits until it has finished.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let status = Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().await?;
        ensure!(status.success() && self.child.wait().await?.success(), "the server did not stop cleanly");
        Ok(())
    }
}
