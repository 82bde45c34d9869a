//! What is said to Postgres, and how several things are said in one round trip.

use futures_util::{TryStreamExt, future::maybe_done, poll};
use tokio_postgres::{Client, Error, Statement};

use super::{
    error::QueryError,
    link::Query,
    param::Param,
    rows::{OwnedRow, Rows, Sink},
};
use crate::tenant::PropertyId;

/// Sets the tenant for the session, not for a transaction, and answers what it was set to.
const SET_TENANT: &str = "select set_config('app.property_id', $1, false)";
/// Sets something until the end of the transaction.
const SET_LOCAL: &str = "select set_config($1, $2, true)";

/// The most that one statement may answer: many times a page of large rows, and little enough that a hundred at once fit.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Something to say to Postgres.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// Sets the tenant of the session; it has failed unless Postgres says that this tenant is set.
    Tenant(PropertyId),
    /// Opens a transaction.
    Begin(&'static str),
    /// Sets something until the transaction's end.
    Local(&'static str, &'a str),
    /// Prepares a statement.
    Prepare(&'a str),
    /// Runs a prepared statement.
    Run(Query<'a>, Statement),
}

/// What came of it.
pub(super) enum Done {
    Nothing,
    Statement(Statement),
    Rows(Rows),
}

/// The driver's client with the statements that every link needs.
pub(super) struct Speaker {
    pub(super) client: Client,
    set_tenant: Statement,
    set_local: Statement,
}

impl Speaker {
    /// Prepares what every link needs.
    pub(super) async fn new(client: Client) -> Result<Self, Error> {
        let prepared = futures_util::future::try_join(client.prepare(SET_TENANT), client.prepare(SET_LOCAL)).await;
        prepared.map(|(set_tenant, set_local)| Self { client, set_tenant, set_local })
    }

    /// Says everything at once, in this order, and hears all answers to their end, whatever fails in between.
    pub(super) async fn say_all(&self, steps: &[Step<'_>]) -> Vec<Result<Done, QueryError>> {
        if let [step] = steps {
            return vec![self.say(step).await];
        }
        let mut spoken: Vec<_> = steps.iter().map(|step| Box::pin(maybe_done(self.say(step)))).collect();
        // The driver queues a message when its future is polled first, so here is where the order is made. Nothing is
        // heard in this loop; the order of polls afterwards does not matter.
        for step in &mut spoken {
            let _ = poll!(step.as_mut());
        }
        let mut heard = Vec::with_capacity(steps.len());
        for step in &mut spoken {
            step.as_mut().await;
            heard.push(step.as_mut().take_output().expect("the step has ended, and is asked once"));
        }
        heard
    }

    async fn say(&self, step: &Step<'_>) -> Result<Done, QueryError> {
        match step {
            Step::Tenant(property) => {
                let wanted = property.to_string();
                let set = self.fetch(&self.set_tenant, &[Param::text(wanted.as_str())], None).await?;
                match set.get(0).and_then(|row| row.bytes(0)) {
                    Some(now) if now == wanted.as_bytes() => Ok(Done::Nothing),
                    _ => Err(QueryError::Connection("the tenant was not set".to_owned())),
                }
            }
            Step::Begin(sql) => Ok(self.client.batch_execute(sql).await.map(|()| Done::Nothing)?),
            Step::Local(name, value) => {
                let params = [Param::text(*name), Param::text(*value)];
                Ok(self.fetch(&self.set_local, &params, None).await.map(|_| Done::Nothing)?)
            }
            Step::Prepare(sql) => Ok(self.client.prepare(sql).await.map(Done::Statement)?),
            Step::Run(Query { params, sink, .. }, statement) => {
                if params.len() != statement.params().len() {
                    return Err(QueryError::Misuse("a statement's places and values differ in number"));
                }
                Ok(self.fetch(statement, params, *sink).await.map(Done::Rows)?)
            }
        }
    }

    async fn fetch(
        &self,
        statement: &Statement,
        params: &[Param<'_>],
        sink: Option<&dyn Sink>,
    ) -> Result<Rows, QueryError> {
        let mut answer = std::pin::pin!(self.client.query_raw(statement, params).await?);
        let (mut rows, mut bytes) = (Vec::new(), 0);
        if let Some(sink) = sink {
            sink.begin(statement.columns());
        }
        while let Some(row) = answer.try_next().await? {
            bytes += row.raw_size_bytes();
            // What is too much is still heard to its end, so that the link can be used on.
            match sink {
                _ if bytes > MAX_ANSWER_BYTES => rows = Vec::new(),
                Some(sink) => sink.take(OwnedRow(row)),
                None => rows.push(row),
            }
        }
        if bytes > MAX_ANSWER_BYTES {
            return Err(QueryError::TooLarge(bytes));
        }
        Ok(Rows::new(statement.clone(), rows, answer.rows_affected().unwrap_or(0)))
    }
}
