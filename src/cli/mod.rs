//! The commands: one file each.
//!
//! What a command is asked for goes to standard output and nothing else does, so that it can be piped; the log and what
//! a person should know go to standard error.

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::{config::Config, database, logging, postgres::Embedded, secret::Secret};

mod admin;
mod demo;
mod doctor;
mod listen;
mod migrate;
mod serve;
mod spec;
mod token;

/// A self-hosted, multi-tenant platform API for games and player engagement.
#[derive(Debug, Parser)]
#[command(name = "playhouse", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API (the default).
    Serve(serve::Serve),
    /// Bring the schema up to date, take it back, or show where it is.
    Migrate(migrate::Migrate),
    /// Make the demo tenants and show their keys.
    Demo(demo::Demo),
    /// Print the OpenAPI document.
    Spec(spec::Spec),
    /// Print a token of the development issuer.
    Token(token::Token),
    /// Create, list and change organizations, properties, games, streams, members and keys.
    Admin(admin::Admin),
    /// Send a property's events to a program on this machine, signed, as they come.
    Listen(listen::Listen),
    /// Check settings, encryption key, database, migrations, clock and token issuers, one line each.
    Doctor(doctor::Doctor),
}

/// Reads the command line, does what it says, and tells how it went.
pub async fn run() -> ExitCode {
    let command = Cli::parse().command.unwrap_or_else(|| Command::Serve(serve::Serve::default()));
    let outcome = match command {
        Command::Spec(spec) => spec.run(),
        command => run_configured(command).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "playhouse: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run_configured(command: Command) -> anyhow::Result<()> {
    let config = Config::load()?;
    logging::init(&config.log)?;
    match command {
        Command::Serve(serve) => serve.run(config).await,
        Command::Migrate(migrate) => migrate.run(config).await,
        Command::Demo(demo) => demo.run(config).await,
        Command::Token(token) => token.run(&config),
        Command::Admin(admin) => admin.run(config).await,
        Command::Listen(listen) => listen.run(config).await,
        Command::Doctor(doctor) => doctor.run(config).await,
        Command::Spec(spec) => spec.run(),
    }
}

/// Writes a line to standard output; a closed pipe ends nothing but the writing.
fn out(line: impl std::fmt::Display) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("cannot write to standard output"),
    }
}

/// The database that a command works on: the one of the settings, or the embedded one, running or started for it.
struct Database {
    url: Secret,
    migrate_url: Secret,
    embedded: Option<Embedded>,
}

impl Database {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(url) = &config.database.url {
            let migrate_url = config.database.migrate_url.clone().unwrap_or_else(|| url.clone());
            return Ok(Self { url: url.clone(), migrate_url, embedded: None });
        }
        let embedded = Embedded::start(&config.data.directory.join("postgres")).await?;
        let url = Secret::new(embedded.url("playhouse"));
        Ok(Self { migrate_url: url.clone(), url, embedded: Some(embedded) })
    }

    /// Opened and migrated.
    async fn open_migrated(config: &Config) -> anyhow::Result<Self> {
        let database = Self::open(config).await?;
        database::migrate(database.migrate_url.expose()).await?;
        Ok(database)
    }

    async fn close(self) -> anyhow::Result<()> {
        match self.embedded {
            Some(embedded) => embedded.stop().await,
            None => Ok(()),
        }
    }
}
