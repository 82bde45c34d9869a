//! Real server processes, for what only separate memories and signals can show.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A `playhouse serve` of its own; killed when dropped.
pub(crate) struct Process {
    pub(crate) url: String,
    child: Child,
}

impl Process {
    /// Starts one over a database and waits until it is ready.
    pub(crate) async fn start(database_url: &str, variables: &[(&str, &str)]) -> Self {
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/.data/test");
        let mut child = Command::new(env!("CARGO_BIN_EXE_playhouse"))
            .arg("serve")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PLAYHOUSE_ENV", "development")
            .env("PLAYHOUSE_SERVER__LISTEN", "127.0.0.1:0")
            .env("PLAYHOUSE_DATA__DIRECTORY", data)
            .env("PLAYHOUSE_DATABASE__MAX_CONNECTIONS", "8")
            .env("PLAYHOUSE_LOG__FILTER", "warn,playhouse::cli=info")
            .env("DATABASE_URL", database_url)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut address = None;
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((_, rest)) = line.split_once("serving address=") {
                address = Some(rest.trim().to_owned());
                break;
            }
        }
        // Somebody must read on, or the log fills its pipe and the server waits for it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = format!("http://{}", address.expect("the server says where it listens"));
        let this = Self { url, child };
        while !matches!(reqwest::get(format!("{}/readyz", this.url)).await, Ok(ready) if ready.status() == 200) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        this
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it has not been waited for")
    }

    /// Sends SIGTERM.
    pub(crate) async fn terminate(&self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for its end: whether it was a clean one.
    pub(crate) async fn wait(&mut self) -> bool {
        self.child.wait().await.unwrap().success()
    }
}
