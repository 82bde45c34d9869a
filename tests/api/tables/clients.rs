//! Clients of PostgREST on the tables.

use tokio::process::Command;

use super::Stage;
use crate::support::clients::{folder, installed, program, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_javascript_client_works_unchanged() {
    if installed("node_modules/@supabase/postgrest-js").is_none() {
        return;
    }
    let stage = Stage::set().await;
    run(Command::new("node").arg(program("postgrest.mjs")).arg(folder()).args([&stage.app.url, &stage.key])).await;
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_client_works_unchanged() {
    let Some(python) = installed("python/bin/python") else { return };
    let stage = Stage::set().await;
    run(Command::new(python).arg(program("postgrest_client.py")).args([&stage.app.url, &stage.key])).await;
    stage.app.stop().await;
}
