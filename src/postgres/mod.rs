//! The Postgres that comes with the program, so that `cargo run` and `cargo test` need no service to be set up.
//!
//! The people of the play: the *home* is a folder with everything that belongs to one server (`data`, `log`,
//! `password`, `port`, `lock`, `users`). A *user* is a handle in a living process; it stands in `users` as a file
//! named after the process. The *watchdog* is a few lines of shell beside the server: when no user lives any more,
//! be it that all were killed, it stops the server, so none stays behind. Several processes share one server:
//! whoever comes first starts it, the others adopt it, and the last to leave stops it.
//!
//! The binaries are taken from `PG_BIN_DIR`, `PATH` or the usual places, version 15 or newer, else from a pinned and
//! verified package; `find.rs` has the order. An existing cluster is only ever opened by its own major version.
//!
//! The server listens on 127.0.0.1 alone, without a socket in the file system (a deep checkout would exceed the
//! 107 bytes of a socket's path), and asks for a password. Nothing is traded for speed that could lose data: fsync is
//! on. Postgres refuses to run as root, so root hands it to the user `postgres` or `nobody`; where that user cannot
//! reach the checkout, the home moves to `/var/lib/playhouse` and a line in the log says so.

mod cluster;
mod fetch;
mod find;
mod process;
mod users;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};

use self::{cluster::Home, find::Source, users::User};
use crate::secret::Secret;

/// The database that exists in every embedded server.
const DATABASE: &str = "playhouse";

/// A handle to an embedded server; the server lives at least as long as one handle.
///
/// Dropping a handle lets go of the server, which stops a few seconds after its last user is gone;
/// [`Embedded::stop`] does not wait for that.
#[derive(Debug)]
pub struct Embedded {
    home: Home,
    bin_dir: PathBuf,
    port: u16,
    password: Secret,
    started_here: bool,
    user: User,
}

impl Embedded {
    /// Starts the server under `dir` or adopts the one that already runs there; the first use creates the cluster.
    pub async fn start(dir: &Path) -> Result<Self> {
        Self::start_from(dir, Source::ALL).await
    }

    async fn start_from(dir: &Path, sources: &[Source]) -> Result<Self> {
        let began = Instant::now();
        let home = Home::settle(dir).await?;
        let _lock = home.lock().await?;
        if let Some(running) = Self::adopt(&home).await? {
            tracing::info!("Postgres already runs on port {}", running.port);
            return Ok(running);
        }
        let binaries = find::binaries(&home, sources).await?;
        let user = User::first(&home)?;
        cluster::create(&home, &binaries).await?;
        let password = home.password()?;
        users::watch(&home)?;
        let port = process::start(&home, &binaries.bin, None).await?;
        cluster::create_database(port, &password, DATABASE).await.with_context(|| home.log_tail(0))?;
        tracing::info!("Postgres {} ready on port {port} ({:.1} s)", binaries.version, began.elapsed().as_secs_f32());
        Ok(Self { home, bin_dir: binaries.bin, port, password, started_here: true, user })
    }

    /// Joins the users of a server that runs; `None` when there is none or it is on its way out.
    async fn adopt(home: &Home) -> Result<Option<Self>> {
        let Some(server) = process::postmaster(home) else { return Ok(None) };
        if let Some(user) = User::join(home)? {
            // A watchdog of its own, in case the one that was there has been killed.
            users::watch(home)?;
            if let Some(port) = process::ready(home, server.pid).await? {
                let password = home.password()?;
                let bin_dir =
                    process::bin_dir(home).context("the running server does not tell where its binaries are")?;
                cluster::create_database(port, &password, DATABASE).await.with_context(|| home.log_tail(0))?;
                return Ok(Some(Self { home: home.clone(), bin_dir, port, password, started_here: false, user }));
            }
        }
        process::stop(home, "INT").await?;
        Ok(None)
    }

    /// The address, with the superuser's password, of a database of this server; its name goes in as it is.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{}:{}@127.0.0.1:{}/{database}", cluster::SUPERUSER, self.password.expose(), self.port)
    }

    /// The folder of the server's binaries; psql and pgbench are there too unless the package came without.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// The TCP port on 127.0.0.1; it stays the same through [`Embedded::restart`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that holds the cluster; not the one asked for when the server's user could not reach that.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Whether this handle started the server, as against found it running.
    pub fn started_here(&self) -> bool {
        self.started_here
    }

    /// Leaves the server and, when nobody else uses it, stops it cleanly and waits for its end.
    pub async fn stop(self) -> Result<()> {
        let _lock = self.home.lock().await?;
        self.user.leave();
        if users::anyone(&self.home) {
            return Ok(());
        }
        process::stop(&self.home, "INT").await?;
        users::dismiss_watchdog(&self.home);
        Ok(())
    }

    /// Stops the server under all its users and starts it again on the same port.
    pub async fn restart(&self) -> Result<()> {
        self.stop_server().await?;
        self.start_again().await
    }

    /// Stops the server under all its users, cleanly; the handles stay good for [`Embedded::start_again`].
    pub async fn stop_server(&self) -> Result<()> {
        let _lock = self.home.lock().await?;
        process::stop(&self.home, "INT").await
    }

    /// Kills the server as a power cut would; committed rows come back with [`Embedded::start_again`].
    pub async fn kill_server(&self) -> Result<()> {
        let _lock = self.home.lock().await?;
        process::stop(&self.home, "KILL").await
    }

    /// Starts the server on its former port after [`Embedded::stop_server`] or [`Embedded::kill_server`].
    pub async fn start_again(&self) -> Result<()> {
        let _lock = self.home.lock().await?;
        if let Some(server) = process::postmaster(&self.home)
            && process::ready(&self.home, server.pid).await? == Some(self.port)
        {
            return Ok(());
        }
        process::start(&self.home, &self.bin_dir, Some(self.port)).await?;
        Ok(())
    }
}

/// The server that runs under `dir`, if one does; nothing is started or created.
pub async fn running(dir: &Path) -> Option<Embedded> {
    let home = Home::existing(dir).await?;
    process::postmaster(&home)?;
    let found = async {
        let _lock = home.lock().await?;
        Embedded::adopt(&home).await
    };
    found.await.unwrap_or_else(|error: anyhow::Error| {
        tracing::warn!("the Postgres under {} cannot be used: {error:#}", dir.display());
        None
    })
}
