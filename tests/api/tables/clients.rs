//! Clients of PostgREST that know nothing of this server, unmodified and pinned by `tests/clients/install`.

use std::path::PathBuf;

use tokio::process::Command;

use super::Stage;

/// Where a client was installed. A machine without it says so and skips the test; where `REQUIRE_CLIENTS` is set it must be there.
macro_rules! installed {
    ($what:literal) => {{
        let place = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.data/clients")).join($what);
        if !place.exists() {
            let missing = concat!($what, " is not installed; tests/clients/install fetches it");
            assert!(std::env::var_os("REQUIRE_CLIENTS").is_none_or(|wanted| wanted.is_empty()), "{missing}");
            return println!("skipped: {missing}");
        }
        place
    }};
}

/// Runs a program to its end, which must be a good one.
async fn run(program: &mut Command) {
    let output = program.kill_on_drop(true).env("no_proxy", "127.0.0.1").output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_javascript_client_works_unchanged() {
    let package = installed!("node_modules/@supabase/postgrest-js");
    let folder = package.ancestors().nth(3).unwrap();
    let stage = Stage::set().await;
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/postgrest.mjs");
    run(Command::new("node").arg(program).arg(folder).args([&stage.app.url, &stage.key])).await;
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_client_works_unchanged() {
    let python = installed!("python/bin/python");
    let stage = Stage::set().await;
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/postgrest_client.py");
    run(Command::new(python).arg(program).args([&stage.app.url, &stage.key])).await;
    stage.app.stop().await;
}
