//! The home of a server: where it lies, whose it is, and the cluster in it.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, Executor, postgres::PgConnectOptions, postgres::PgSslMode};
use tokio::process::Command;

use super::find::Binaries;
use crate::secret::Secret;

/// The only role of a new cluster.
pub(super) const SUPERUSER: &str = "playhouse";
/// Where a home moves that the server's user cannot reach in its own place.
const MOVED: &str = "/var/lib/playhouse";
/// The first fetch over a slow line happens under the lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(600);

/// Whom the server runs as when we are root.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

/// The folder of one server, and the account under which its processes run.
#[derive(Debug, Clone)]
pub(super) struct Home {
    dir: PathBuf,
    account: Option<Account>,
}

impl Home {
    /// Finds or makes the place for `dir`, the same one on every call.
    pub(super) async fn settle(dir: &Path) -> Result<Self> {
        if let Some(home) = Self::existing(dir).await {
            return Ok(home);
        }
        make_folder(dir)?;
        let home = Self { dir: fs::canonicalize(dir)?, account: Account::choose(None).await? };
        if home.reachable().await {
            return Ok(home);
        }
        let moved = moved_place(&home.dir);
        make_folder(Path::new(MOVED))?;
        make_folder(&moved)?;
        let name = home.account.as_ref().map_or("", |account| &account.name);
        tracing::info!("user {name} cannot reach {}: the database lives in {}", home.dir.display(), moved.display());
        let home = Self { dir: moved, account: home.account };
        ensure!(home.reachable().await, "the server's user cannot reach {}", home.dir.display());
        Ok(home)
    }

    /// The home that holds the cluster of `dir`; the owner of the data is whom the server runs as.
    pub(super) async fn existing(dir: &Path) -> Option<Self> {
        let dir = fs::canonicalize(dir).ok()?;
        for dir in [moved_place(&dir), dir] {
            let Ok(data) = fs::metadata(dir.join("data")) else { continue };
            let home = Self { account: Account::choose(Some((data.uid(), data.gid()))).await.ok()?, dir };
            if home.reachable().await {
                return Some(home);
            }
        }
        None
    }

    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    pub(super) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Asks the system instead of reading mode bits, which are not all: there are access lists and mounts.
    async fn reachable(&self) -> bool {
        let Some(_) = self.account else { return true };
        let status = self.command("sh").args(["-c", "cd \"$0\""]).arg(&self.dir).current_dir("/").status().await;
        status.is_ok_and(|status| status.success())
    }

    /// A command that runs under the server's account, deaf to the caller's `PG…` variables.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// Waits until no other handle, here or in another process, starts or stops this server.
    pub(super) async fn lock(&self) -> Result<File> {
        let path = self.dir.join("lock");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let began = Instant::now();
        while file.try_lock().is_err() {
            ensure!(began.elapsed() < LOCK_PATIENCE, "another process keeps {} locked", path.display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(file)
    }

    /// The superuser's password, which was made with the cluster.
    pub(super) fn password(&self) -> Result<Secret> {
        let path = self.dir.join("password");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Secret::new(text.trim()))
    }

    /// What the server's log says from `offset` on, its last lines, for an error's text.
    pub(super) fn log_tail(&self, offset: u64) -> String {
        let bytes = fs::read(self.dir.join("log")).unwrap_or_default();
        let text = String::from_utf8_lossy(bytes.get(offset as usize..).unwrap_or_default()).into_owned();
        let text = match self.password() {
            Ok(password) if !password.expose().is_empty() => text.replace(password.expose(), "<hidden>"),
            _ => text,
        };
        let lines: Vec<&str> = text.lines().collect();
        format!("Postgres says:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}

impl Account {
    /// Nobody in particular for an ordinary user; for root the owner of the data, else `postgres`, else `nobody`.
    async fn choose(owner: Option<(u32, u32)>) -> Result<Option<Self>> {
        let id = Command::new("id").arg("-u").output().await.context("cannot run id")?;
        if id.stdout.trim_ascii() != b"0" {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let accounts: Vec<Self> = passwd.lines().filter_map(Self::parse).collect();
        if let Some((uid, gid)) = owner.filter(|(uid, _)| *uid != 0) {
            let known = accounts.into_iter().find(|account| account.uid == uid);
            return Ok(Some(known.unwrap_or_else(|| Self { name: uid.to_string(), uid, gid })));
        }
        let chosen = ["postgres", "_postgres", "nobody"]
            .into_iter()
            .find_map(|name| accounts.iter().find(|account| account.name == name && account.uid != 0));
        let sentence = "Postgres does not run as root, and there is no user postgres or nobody to run it as";
        Ok(Some(chosen.context(sentence)?.clone()))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        // Some systems write nobody's number as -2.
        let mut number = || fields.nth(1)?.parse::<i64>().ok().map(|id| id as u32);
        let uid = number()?;
        let gid = fields.next()?.parse::<i64>().ok()? as u32;
        Some(Self { name, uid, gid })
    }
}

fn moved_place(dir: &Path) -> PathBuf {
    let digest = Sha256::digest(dir.as_os_str().as_encoded_bytes());
    Path::new(MOVED).join(digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// A strict umask would shut the server's user out of what we make for it.
pub(super) fn make_folder(dir: &Path) -> Result<()> {
    if !dir.is_dir() {
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        fs::set_permissions(dir, Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Creates the cluster unless it is there; only a complete one ever gets the name `data`.
pub(super) async fn create(home: &Home, binaries: &Binaries) -> Result<()> {
    if home.data().exists() {
        return Ok(());
    }
    tracing::info!("creating the database cluster in {} …", home.path().display());
    let password = home.dir.join("password");
    let _ = fs::remove_file(&password);
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).context("no random numbers")?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&password)?.write_all(text.as_bytes())?;
    own(home, &password)?;

    let fresh = home.dir.join("data.new");
    let mut said = String::new();
    // C.UTF-8 sorts by code point everywhere, as C does, and knows letters beyond ASCII; some systems lack it.
    for locale in ["C.UTF-8", "C"] {
        let _ = fs::remove_dir_all(&fresh);
        fs::create_dir(&fresh)?;
        fs::set_permissions(&fresh, Permissions::from_mode(0o700))?;
        own(home, &fresh)?;
        let mut initdb = home.command(binaries.bin.join("initdb"));
        initdb.args(["--username", SUPERUSER, "--encoding=UTF8", "--auth=scram-sha-256", "--data-checksums"]);
        initdb.arg(format!("--locale={locale}")).arg("--pwfile").arg(&password).arg("--pgdata").arg(&fresh);
        let output =
            initdb.stdout(Stdio::piped()).stderr(Stdio::piped()).output().await.context("cannot run initdb")?;
        if output.status.success() {
            return fs::rename(&fresh, home.data()).context("cannot name the new cluster");
        }
        said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    }
    let _ = fs::remove_dir_all(&fresh);
    bail!("initdb could not create the cluster in {}: {said}", home.path().display())
}

fn own(home: &Home, path: &Path) -> Result<()> {
    if let Some(account) = &home.account {
        chown(path, Some(account.uid), Some(account.gid))?;
    }
    Ok(())
}

/// Creates the database unless it is there; also the proof that the server lets us in.
pub(super) async fn create_database(port: u16, password: &Secret, name: &'static str) -> Result<()> {
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username(SUPERUSER);
    let options = options.password(password.expose()).database("postgres").ssl_mode(PgSslMode::Disable);
    let mut connection = options.connect().await.context("cannot connect to the embedded Postgres")?;
    let exists = sqlx::query_scalar("select exists (select from pg_database where datname = $1)").bind(name);
    let exists: bool = exists.fetch_one(&mut connection).await?;
    if !exists {
        let statement = sqlx::AssertSqlSafe(format!("create database {name}"));
        connection.execute(statement).await.context("cannot create the database")?;
    }
    connection.close().await?;
    Ok(())
}
