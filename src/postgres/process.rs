//! The server's process: whether it runs, how it starts and how it stops.

use std::{
    fs::{self, OpenOptions},
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{process::Command, time::sleep};

use super::cluster::Home;

/// Given on the command line, so that a change of them holds for clusters that exist.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=128MB",
    "fsync=on",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=off",
];

/// Recovery after a crash reads up to a gigabyte of log.
const READY_PATIENCE: Duration = Duration::from_secs(180);
const STOP_PATIENCE: Duration = Duration::from_secs(120);
/// After a kill, the server's own children need a moment to notice and go.
const ORPHANS_PATIENCE: Duration = Duration::from_secs(20);
/// A log longer than this is put aside at the next start.
const LOG_LIMIT: u64 = 16 * 1024 * 1024;

/// What the server's own lock file tells of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: u32,
    port: u16,
    status: String,
}

/// The server that runs on this home's data, if one does.
pub(super) fn postmaster(home: &Home) -> Option<Postmaster> {
    let text = fs::read_to_string(home.data().join("postmaster.pid")).ok()?;
    let mut lines = text.lines().map(str::trim);
    let pid = lines.next()?.parse().ok().filter(|pid| serves(*pid, &home.data()))?;
    let port = lines.nth(2).and_then(|port| port.parse().ok()).unwrap_or(0);
    Some(Postmaster { pid, port, status: lines.nth(3).unwrap_or_default().to_owned() })
}

/// Whether this process is alive and was started on that data; anything else may have got its number since.
fn serves(pid: u32, data: &Path) -> bool {
    let data = data.as_os_str().as_encoded_bytes();
    if Path::new("/proc/self/cmdline").exists() {
        // Open to all, other than its working directory, and empty for a process that has ended.
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        return line.split(|byte| *byte == 0).any(|argument| argument == data);
    }
    let output = std::process::Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output();
    output.is_ok_and(|output| output.stdout.windows(data.len()).any(|part| part == data))
}

/// The fields of a living process after its name, as the kernel lists them.
pub(super) fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<String> = text.rsplit_once(") ")?.1.split_whitespace().map(str::to_owned).collect();
    Some(fields).filter(|fields| fields[0] != "Z")
}

/// Where the binaries of the running server are, as it noted at its start.
pub(super) fn bin_dir(home: &Home) -> Option<PathBuf> {
    let options = fs::read_to_string(home.data().join("postmaster.opts")).ok()?;
    let (program, _) = options.split_once(" \"")?;
    Some(Path::new(program).parent()?.to_owned())
}

/// Waits until the server takes connections and tells its port; `None` when it ends instead.
pub(super) async fn ready(home: &Home, pid: u32) -> Result<Option<u16>> {
    let began = Instant::now();
    loop {
        match postmaster(home) {
            Some(server) if server.pid == pid && server.status == "ready" => return Ok(Some(server.port)),
            Some(server) if server.pid == pid && server.status != "stopping" => {}
            _ => return Ok(None),
        }
        ensure!(began.elapsed() < READY_PATIENCE, "Postgres does not get ready. {}", home.log_tail(0));
        sleep(Duration::from_millis(10)).await;
    }
}

/// Starts the server and waits until it takes connections; without a `port` it takes the last one or any free one.
pub(super) async fn start(home: &Home, bin: &Path, port: Option<u16>) -> Result<u16> {
    let noted = home.path().join("port");
    let last = fs::read_to_string(&noted).ok().and_then(|text| text.trim().parse().ok());
    let began = Instant::now();
    let mut chosen = port.or(last).unwrap_or(0);
    loop {
        if port.is_none() && !is_free(chosen) {
            chosen = free_port()?;
        }
        let (log, offset) = open_log(home)?;
        remove_stale_pid_file(home)?;
        let mut command = home.command(bin.join("postgres"));
        command.arg("-D").arg(home.data()).args(["-p", &chosen.to_string()]);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        // Out of our process group: a Ctrl-C in the terminal is for us, who then stop the server in good order.
        command.stdout(log.try_clone()?).stderr(log).process_group(0);
        let mut child = command.spawn().context("cannot run postgres")?;
        let pid = child.id().context("postgres ended at once")?;
        loop {
            if let Some(status) = child.try_wait()? {
                let said = home.log_tail(offset);
                let patient = began.elapsed() < ORPHANS_PATIENCE;
                if said.contains("could not bind") && patient {
                    chosen = if port.is_none() { free_port()? } else { chosen };
                } else if !(said.contains("shared memory block") && patient) {
                    bail!("Postgres did not start ({status}). {said}");
                }
                sleep(Duration::from_millis(100)).await;
                break;
            }
            let server = postmaster(home).filter(|server| server.pid == pid && server.status == "ready");
            if server.is_some() {
                fs::write(&noted, format!("{chosen}\n"))?;
                return Ok(chosen);
            }
            ensure!(began.elapsed() < READY_PATIENCE, "Postgres does not get ready. {}", home.log_tail(offset));
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Below the range from which systems number outgoing connections, so that a restart finds its port free.
fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let random = getrandom::u32().context("no random numbers")?;
        let port = 20_000 + (random % 12_000) as u16;
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1")
}

fn is_free(port: u16) -> bool {
    port != 0 && TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn open_log(home: &Home) -> Result<(fs::File, u64)> {
    let path = home.path().join("log");
    if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_LIMIT) {
        fs::rename(&path, home.path().join("log.old"))?;
    }
    let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    let log = log.with_context(|| format!("cannot write {}", path.display()))?;
    let offset = log.metadata()?.len();
    Ok((log, offset))
}

/// Postgres clears the file of a dead process itself, but not one whose number a stranger has got since.
fn remove_stale_pid_file(home: &Home) -> Result<()> {
    let file = home.data().join("postmaster.pid");
    if file.exists() && postmaster(home).is_none() {
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    Ok(())
}

/// Sends a signal (`INT` ends sessions and stops cleanly) and waits until the server has gone; none is fine.
pub(super) async fn stop(home: &Home, signal: &str) -> Result<()> {
    let Some(server) = postmaster(home) else { return Ok(()) };
    let mut kill = Command::new("sh");
    let status = kill.args(["-c", "kill -s \"$0\" \"$1\"", signal, &server.pid.to_string()]).status().await?;
    let began = Instant::now();
    while serves(server.pid, &home.data()) {
        ensure!(status.success(), "cannot send a signal to Postgres (process {})", server.pid);
        ensure!(began.elapsed() < STOP_PATIENCE, "Postgres does not stop. {}", home.log_tail(0));
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
