//! Programs that know nothing of this server: clients and libraries as their authors publish them, unmodified and pinned
//! by `tests/clients/install`.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};

use tokio::process::Command;

/// Where the clients are installed.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".data/clients")
}

/// Something in that folder. A machine without it says so and skips the test; where `REQUIRE_CLIENTS` is set it must be
/// there.
pub(crate) fn installed(what: &str) -> Option<PathBuf> {
    let place = folder().join(what);
    place.exists().then_some(place).or_else(|| {
        let missing = format!("{what} is not installed; tests/clients/install fetches it");
        assert!(std::env::var_os("REQUIRE_CLIENTS").is_none_or(|wanted| wanted.is_empty()), "{missing}");
        skipped(&missing);
        None
    })
}

/// A program of this machine; without it the test is skipped.
pub(crate) fn at_hand(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).exists());
    if !found {
        skipped(&format!("there is no {program} on this machine"));
    }
    found
}

#[expect(clippy::print_stdout, reason = "a test that was skipped says why")]
fn skipped(reason: &str) {
    println!("skipped: {reason}");
}

/// A program of `tests/clients`.
pub(crate) fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// Runs a program to its end, which must be a good one.
pub(crate) async fn run(program: &mut Command) {
    let output = program.kill_on_drop(true).env("no_proxy", "127.0.0.1").output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}
