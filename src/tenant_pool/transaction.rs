//! Several statements that happen together or not at all.

use super::{
    begin::Begin,
    connection::TenantConnection,
    error::QueryError,
    link::{Access, Place, Query},
    param::Param,
    rows::{Rows, Sink},
};

/// A transaction of one tenant, rolled back unless it is committed. After an error it can only be rolled back.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction<'c> {
    connection: &'c mut TenantConnection,
    begin: Begin<'c>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Postgres has not heard of it.
    Imagined,
    Open,
    /// A statement was refused or given up.
    Failed,
}

impl<'c> Transaction<'c> {
    pub(super) fn new(connection: &'c mut TenantConnection, begin: Begin<'c>) -> Self {
        Self { connection, begin, state: State::Imagined }
    }

    /// Runs one statement.
    pub async fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Rows, QueryError> {
        let mut answers = self.query_all(&[Query::new(sql, params)]).await?;
        answers.pop().ok_or(QueryError::Misuse("a statement has no answer"))
    }

    /// Runs one statement; its rows go to `sink` as they come, and count when this ends well.
    pub async fn query_into(&mut self, sql: &str, params: &[Param<'_>], sink: &dyn Sink) -> Result<(), QueryError> {
        self.query_all(&[Query { sql, params, sink: Some(sink) }]).await.map(drop)
    }

    /// Runs several statements in one round trip, one after the other; their answers, or the first error.
    pub async fn query_all(&mut self, queries: &[Query<'_>]) -> Result<Vec<Rows>, QueryError> {
        let place = match self.state {
            State::Imagined => Place::First(&self.begin),
            State::Open => Place::Within,
            State::Failed => return Err(QueryError::Misuse("a transaction goes on after an error")),
        };
        let access = if self.begin.is_read_only() { Access::Read } else { Access::Write };
        // It stays so when this call is given up.
        self.state = State::Failed;
        let answers = self.connection.run(access, place, queries).await?;
        self.state = State::Open;
        Ok(answers)
    }

    /// Makes it happen. After [`QueryError::Connection`] nobody knows whether it did.
    pub async fn commit(self) -> Result<(), QueryError> {
        match self.state {
            State::Imagined => Ok(()),
            State::Open => self.connection.end_transaction("commit").await,
            // Postgres would answer such a commit with a rollback that looks like success.
            State::Failed => Err(QueryError::Misuse("a transaction is committed after an error")),
        }
    }

    /// Undoes it now; dropping undoes it a moment later.
    pub async fn rollback(self) -> Result<(), QueryError> {
        match self.state {
            State::Imagined => Ok(()),
            State::Open | State::Failed => self.connection.end_transaction("rollback").await,
        }
    }
}
