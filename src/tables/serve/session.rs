//! Where statements run: alone, each its own transaction, or together in one.

use super::{
    super::{sql::Statement, table::Table},
    failure,
};
use crate::{
    answer::Answer,
    error::ApiError,
    idempotency::Key,
    tenant_pool::{Param, Rows, Sink, TenantConnection, Transaction},
};

/// A place to run statements of one tenant.
#[derive(Debug)]
pub(super) enum Session<'c> {
    /// Each statement for itself.
    Alone(&'c mut TenantConnection),
    /// All or nothing.
    Within(Transaction<'c>),
}

impl Session<'_> {
    /// Runs a statement that reads.
    pub(super) async fn read(&mut self, statement: &Statement, of: &Table) -> Result<Rows, ApiError> {
        let params = params(statement);
        let outcome = match self {
            Self::Alone(connection) => connection.query(&statement.text, &params).await,
            Self::Within(transaction) => transaction.query(&statement.text, &params).await,
        };
        outcome.map_err(|error| failure::of(error, of))
    }

    /// Runs a statement that reads; its rows go to `sink` as they come.
    pub(super) async fn read_into(
        &mut self,
        statement: &Statement,
        of: &Table,
        sink: &dyn Sink,
    ) -> Result<(), ApiError> {
        let params = params(statement);
        let outcome = match self {
            Self::Alone(connection) => connection.query_into(&statement.text, &params, sink).await,
            Self::Within(transaction) => transaction.query_into(&statement.text, &params, sink).await,
        };
        outcome.map_err(|error| failure::of(error, of))
    }

    /// Runs a statement that writes.
    pub(super) async fn write(&mut self, statement: &Statement, of: &Table) -> Result<Rows, ApiError> {
        let params = params(statement);
        let outcome = match self {
            Self::Alone(connection) => connection.execute(&statement.text, &params).await,
            Self::Within(transaction) => transaction.query(&statement.text, &params).await,
        };
        outcome.map_err(|error| failure::of(error, of))
    }

    /// Records an answer together with what led to it.
    pub(super) async fn record(&mut self, key: &Key, answer: &Answer) -> Result<(), ApiError> {
        match self {
            Self::Alone(_) => Ok(()),
            Self::Within(transaction) => key.record(transaction, answer).await,
        }
    }

    /// Makes everything happen, or undoes it.
    pub(super) async fn end(self, commit: bool) -> Result<(), ApiError> {
        match self {
            Self::Alone(_) => Ok(()),
            Self::Within(transaction) if commit => Ok(transaction.commit().await?),
            Self::Within(transaction) => Ok(transaction.rollback().await?),
        }
    }
}

fn params(statement: &Statement) -> Vec<Param<'_>> {
    statement.params.iter().map(|value| value.as_deref().map_or(Param::NULL, Param::from)).collect()
}
