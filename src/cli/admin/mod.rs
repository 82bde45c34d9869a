//! `playhouse admin …`: what an operator does from the shell, with the rights of the database's owner.
//!
//! Each noun is a file; each prints what it made or found as one JSON object a line.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use sea_orm::{DatabaseConnection, FromQueryResult, JsonValue, Statement, Value};

use super::{Database, out};
use crate::{config::Config, database};

mod api_key;
mod key;
mod member;
mod organization;
mod place;

/// Create, list and change what the API itself has no call for.
#[derive(Debug, Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Debug, Subcommand)]
enum Noun {
    /// Operators: the customers of this installation.
    #[command(subcommand)]
    Organization(organization::Organization),
    /// Tenants of an organization.
    #[command(subcommand)]
    Property(place::Property),
    /// Games of a property.
    #[command(subcommand)]
    Game(place::Game),
    /// Streams of a property.
    #[command(subcommand)]
    Stream(place::Stream),
    /// Who may do what in an organization.
    #[command(subcommand)]
    Member(member::Member),
    /// Keys of an organization.
    #[command(subcommand)]
    Key(key::Key),
    /// Keys of a property.
    #[command(subcommand)]
    ApiKey(api_key::ApiKey),
}

impl Admin {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<()> {
        let database = Database::open_migrated(&config).await?;
        let db = database::connect_as_owner(database.migrate_url.expose()).await?;
        let outcome = match self.noun {
            Noun::Organization(organization) => organization.run(&db).await,
            Noun::Property(property) => property.run(&db).await,
            Noun::Game(game) => game.run(&db).await,
            Noun::Stream(stream) => stream.run(&db).await,
            Noun::Member(member) => member.run(&db).await,
            Noun::Key(key) => key.run(&db).await,
            Noun::ApiKey(key) => key.run(&db).await,
        };
        db.close().await?;
        database.close().await?;
        outcome
    }
}

/// Runs a statement and prints its rows; `missing` is the error when there are none.
async fn show(db: &DatabaseConnection, sql: &str, values: Vec<Value>, missing: Option<&str>) -> anyhow::Result<()> {
    let sql = format!("with rows as ({sql}) select to_jsonb(rows) as row from rows");
    let statement = Statement::from_sql_and_values(sea_orm::DbBackend::Postgres, sql, values);
    #[derive(FromQueryResult)]
    struct Row {
        row: JsonValue,
    }
    let rows = Row::find_by_statement(statement).all(db).await.map_err(readable)?;
    if let (Some(missing), true) = (missing, rows.is_empty()) {
        anyhow::bail!("{missing}");
    }
    rows.iter().try_for_each(|row| out(&row.row))
}

/// What the database says of a wrong value, without the statement.
fn readable(error: sea_orm::DbErr) -> anyhow::Error {
    match crate::error::violated_constraint(&error) {
        Some(constraint) => {
            anyhow::anyhow!("refused by {constraint}: a value does not fit, is taken, or names nothing")
        }
        None => error.into(),
    }
}

/// An instant on the command line.
fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).map_err(|error| format!("RFC 3339 is expected: {error}"))
}
