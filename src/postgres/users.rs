//! Who uses the server, and the watchdog that stops it when nobody does.
//!
//! A user is a file `users/<pid>-<number>` that holds when its process was born, so that a later process with the
//! same number is not taken for it. The watchdog removes the files of the dead and, when the folder stays empty,
//! the folder itself: that succeeds only if nobody has joined in between, and whoever comes later sees from the
//! missing folder that this server is on its way out.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result};
use tokio::process::Command;

use super::{cluster::Home, process};

/// Seconds without a user after which the watchdog stops the server; test binaries run one after the other.
const GRACE: &str = "4";

/// Runs in the background with the home, its token and the seconds of grace as arguments.
const WATCHDOG: &str = r#"# Stops the Postgres in this folder when no process uses it any more.
trap '' HUP INT
born() {
  if [ -r /proc/self/stat ]; then
    read -r stat 2>/dev/null < "/proc/$1/stat" || return
    set -- ${stat##*) }
    [ "$1" = Z ] || echo "${20}"
  else
    LC_ALL=C ps -o lstart= -p "$1"
  fi
}
idle=0
while sleep 1 && read -r token < "$1/watchdog" && [ "$token" = "$2" ]; do
  idle=$((idle + 1))
  for user in "$1"/users/*; do
    [ -f "$user" ] || continue
    pid=${user##*/}
    pid=${pid%%-*}
    if [ "$(cat "$user")" = "$(born "$pid")" ]; then idle=0; else rm -f "$user"; fi
  done
  [ "$idle" -ge "$3" ] || continue
  rmdir "$1/users" || continue
  read -r pid < "$1/data/postmaster.pid" || exit
  if [ -r "/proc/$pid/cmdline" ]; then args=$(tr '\0' ' ' < "/proc/$pid/cmdline"); else args=$(ps -o args= -p "$pid"); fi
  case "$args" in *" $1/data "*) kill -INT "$pid" ;; esac
  exit
done
"#;

/// One handle's entry among the users, gone with the handle.
#[derive(Debug)]
pub(super) struct User {
    file: PathBuf,
}

impl User {
    /// Enters the user of a server that is about to start.
    pub(super) fn first(home: &Home) -> Result<Self> {
        // A watchdog of the server before this one may still take the empty folder away.
        loop {
            fs::create_dir_all(home.path().join("users"))?;
            if let Some(user) = Self::join(home)? {
                return Ok(user);
            }
        }
    }

    /// Enters a user of a server that runs; `None` when the server is on its way out.
    pub(super) fn join(home: &Home) -> Result<Option<Self>> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let me = std::process::id();
        let name = format!("{me}-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        // Moved into place in one step: the watchdog would take a file without content for that of a dead process.
        let (draft, file) = (home.path().join(format!("user-{name}")), home.path().join("users").join(&name));
        fs::write(&draft, born(me).context("this process cannot be found")?)?;
        match fs::rename(&draft, &file) {
            Ok(()) => Ok(Some(Self { file })),
            Err(error) => {
                let _ = fs::remove_file(&draft);
                if error.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(error.into()) }
            }
        }
    }

    /// Takes the entry away before the handle goes.
    pub(super) fn leave(&self) {
        let _ = fs::remove_file(&self.file);
    }
}

impl Drop for User {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Whether a living process has a handle.
pub(super) fn anyone(home: &Home) -> bool {
    let Ok(users) = fs::read_dir(home.path().join("users")) else { return false };
    users.filter_map(Result::ok).any(|user| {
        let name = user.file_name().to_string_lossy().into_owned();
        let pid = name.split('-').next().and_then(|pid| pid.parse().ok());
        let noted = fs::read_to_string(user.path()).ok();
        noted.is_some() && noted == pid.and_then(born)
    })
}

/// When a living process was born, in the system's own notation.
fn born(pid: u32) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        return process::stat(pid)?.get(19).cloned();
    }
    let mut ps = std::process::Command::new("ps");
    let output = ps.env("LC_ALL", "C").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Puts a watchdog beside the server; one that was there before sees the new token and goes.
pub(super) fn watch(home: &Home) -> Result<()> {
    let token = uuid::Uuid::new_v4().to_string();
    let file = home.path().join("watchdog");
    fs::write(&file, format!("{token}\n")).with_context(|| format!("cannot write {}", file.display()))?;
    // A shell reads its script bit by bit, so one that runs keeps the old file and this one gets a new.
    let script = home.path().join("watchdog.sh");
    let draft = home.path().join(format!("watchdog-{token}"));
    fs::write(&draft, WATCHDOG).and_then(|()| fs::rename(&draft, &script)).context("cannot write the watchdog")?;
    let mut command = Command::new("sh");
    command.arg(&script).arg(home.path()).args([&token, GRACE]);
    // In a process group of its own, a Ctrl-C in the terminal does not reach it.
    command.current_dir("/").process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().context("cannot start the watchdog")?;
    Ok(())
}

/// Sends the watchdog away after a clean stop.
pub(super) fn dismiss_watchdog(home: &Home) {
    let _ = fs::remove_file(home.path().join("watchdog"));
}
