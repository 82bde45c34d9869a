//! pgbench, the floor: the fastest way to run a statement from a client.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail, ensure};
use playhouse::tenant_pool::SESSION_OPTIONS;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};

use super::{
    CLIENTS,
    stage::Stage,
    window::{Cast, Mark, Measured, WARM_UP},
};

/// pgbench with the connections of the server: same database, role and settings.
#[derive(Debug)]
pub(crate) struct Pgbench {
    program: PathBuf,
    url: String,
    options: String,
    postgres: Option<u32>,
}

impl Pgbench {
    /// Takes the program that came with the server, else the one in `PATH`.
    pub(crate) async fn find(stage: &Stage) -> anyhow::Result<Self> {
        let beside = stage.postgres.bin_dir().join("pgbench");
        let program = if beside.exists() { beside } else { PathBuf::from("pgbench") };
        let version = Command::new(&program).arg("--version").stdout(Stdio::null()).status().await;
        ensure!(
            version.is_ok_and(|status| status.success()),
            "pgbench is the floor of every ratio and is not there. It is neither in {} nor in PATH: the package of \
             Postgres that was fetched comes without it. Install the Postgres of your system (its contrib package \
             where that is one of its own) and run again",
            stage.postgres.bin_dir().display()
        );
        let settings = playhouse::database::session_settings(&stage.config.database, playhouse::database::RUNTIME_ROLE);
        let options = settings.map(|(name, value)| format!("-c {name}={value} ")).concat() + SESSION_OPTIONS;
        Ok(Self { program, url: stage.url.clone(), options, postgres: stage.postmaster })
    }

    /// Runs a statement from all clients for the warm-up and so many seconds.
    ///
    /// The statement's parameters are replaced by `arguments`, in their order: expressions, with pgbench's variables.
    /// What `setting` says in pgbench's own language happens before each call; `variables` each client has once.
    /// The number is that of all calls.
    pub(crate) async fn run(
        &self,
        folder: &Path,
        (sql, arguments, setting): (&str, &[&str], &str),
        variables: &[(&str, &str)],
        seconds: u64,
    ) -> anyhow::Result<(Measured, u64)> {
        self.run_script(folder, &format!("{setting}\n{};\n", fill(sql, arguments)), variables, seconds).await
    }

    /// Runs a script in pgbench's own language; each run of it is a call.
    pub(crate) async fn run_script(
        &self,
        folder: &Path,
        text: &str,
        variables: &[(&str, &str)],
        seconds: u64,
    ) -> anyhow::Result<(Measured, u64)> {
        let script = folder.join("statement.sql");
        std::fs::write(&script, text)?;
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_postgres_variable(name)) {
            command.env_remove(name);
        }
        // The address has the password, so it does not go on the command line, which everybody can read.
        command.env("PGDATABASE", &self.url).env("PGOPTIONS", &self.options);
        command.args(["--no-vacuum", "--protocol=prepared", "--progress=1", "--jobs=1"]);
        command.arg(format!("--client={CLIENTS}")).arg(format!("--time={}", WARM_UP.as_secs() + seconds + 1));
        command.args(variables.iter().map(|(name, value)| format!("--define={name}={value}")));
        command.arg("--file").arg(&script);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let cast = Cast { server: None, postgres: self.postgres, client: child.id() };
        let mut lines = BufReader::new(child.stderr.take().context("it was piped")?).lines();
        let (mut reports, mut calls, mut said) = (0, 0.0, String::new());
        let (mut began, mut measured) = (Mark::now(cast, 0), None);
        while let Some(line) = lines.next_line().await? {
            let Some(rate) = reported_rate(&line) else {
                said.push_str(&line);
                said.push('\n');
                continue;
            };
            // Each report is of the second before it.
            reports += 1;
            if reports == WARM_UP.as_secs() {
                began = Mark::now(cast, 0);
            } else if measured.is_none() {
                calls += rate;
                if reports == WARM_UP.as_secs() + seconds {
                    measured = Some(Mark::now(cast, calls as u64).since(began, None));
                }
            }
        }
        let mut report = String::new();
        child.stdout.take().context("it was piped")?.read_to_string(&mut report).await?;
        ensure!(child.wait().await?.success(), "pgbench failed:\n{said}");
        let all = report.lines().find_map(|line| line.strip_prefix("number of transactions actually processed: "));
        let all = all.and_then(|text| text.parse().ok()).with_context(|| format!("pgbench says:\n{report}"))?;
        let Some(measured) = measured else { bail!("pgbench ended early:\n{said}") };
        Ok((measured, all))
    }
}

/// The number in `progress: 1.0 s, 5432.1 tps, lat 2.9 ms …`.
fn reported_rate(line: &str) -> Option<f64> {
    line.strip_prefix("progress: ")?.split_once(" s, ")?.1.split_once(" tps")?.0.parse().ok()
}

/// From the last parameter to the first, since `$1` is also the beginning of `$10`.
pub(crate) fn fill(sql: &str, arguments: &[&str]) -> String {
    let numbered = arguments.iter().enumerate().rev();
    numbered.fold(sql.to_owned(), |sql, (index, argument)| sql.replace(&format!("${}", index + 1), argument))
}

fn is_postgres_variable(name: &OsString) -> bool {
    name.as_encoded_bytes().starts_with(b"PG")
}
