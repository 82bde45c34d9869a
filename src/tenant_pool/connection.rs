//! A connection in the hands of one request.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    Shared,
    begin::Begin,
    error::QueryError,
    link::{Access, Call, Condition, Link, Place, Query},
    param::Param,
    rows::{Rows, Sink},
    transaction::Transaction,
};
use crate::tenant::PropertyId;

/// How long the rollback of a transaction that nobody ended may take.
const ROLLBACK_PATIENCE: Duration = Duration::from_secs(2);

/// A connection that speaks for one tenant; dropping it gives it back. A call that is dropped before its end is broken
/// off at the server, and the connection with it.
pub struct TenantConnection {
    property: PropertyId,
    // None only between the loss of a link and its replacement, when that could not be made.
    link: Option<Link>,
    // Declared behind the link, so that the place in the pool is free when the link is back.
    place: Option<OwnedSemaphorePermit>,
    pool: Arc<Shared>,
}

impl TenantConnection {
    pub(super) fn new(property: PropertyId, link: Link, place: OwnedSemaphorePermit, pool: Arc<Shared>) -> Self {
        Self { property, link: Some(link), place: Some(place), pool }
    }

    /// The tenant that it speaks for.
    pub fn property(&self) -> PropertyId {
        self.property
    }

    /// Runs one statement that reads. It may run a second time on another connection when this one turns out to be
    /// dead, so it must have no effects.
    pub async fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Rows, QueryError> {
        self.single(Access::Read, sql, params).await
    }

    /// Runs one statement that reads, as [`Self::query`] does; its rows go to `sink` as they come, and count when this
    /// ends well.
    pub async fn query_into(&mut self, sql: &str, params: &[Param<'_>], sink: &dyn Sink) -> Result<(), QueryError> {
        let query = Query { sql, params, sink: Some(sink) };
        self.run(Access::Read, Place::Alone, &[query]).await.map(drop)
    }

    /// Runs several statements that read in one round trip; their answers in their order, or the first error. They do
    /// not see one state of the data: [`Begin::read_only`] with repeatable reads does.
    pub async fn query_all(&mut self, queries: &[Query<'_>]) -> Result<Vec<Rows>, QueryError> {
        self.run(Access::Read, Place::Alone, queries).await
    }

    /// Runs one statement that may write and is its own transaction. It never runs twice; when the connection breaks
    /// meanwhile, nobody knows whether it ran ([`QueryError::Connection`]).
    pub async fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Rows, QueryError> {
        self.single(Access::Write, sql, params).await
    }

    /// A transaction, which begins together with its first statement and is rolled back unless it is committed.
    pub fn transaction<'c>(&'c mut self, begin: Begin<'c>) -> Transaction<'c> {
        Transaction::new(self, begin)
    }

    async fn single(&mut self, access: Access, sql: &str, params: &[Param<'_>]) -> Result<Rows, QueryError> {
        let mut answers = self.run(access, Place::Alone, &[Query::new(sql, params)]).await?;
        answers.pop().ok_or(QueryError::Misuse("a statement has no answer"))
    }

    /// Runs a call, and once more where nothing of it can have happened or it only reads.
    pub(super) async fn run(
        &mut self,
        access: Access,
        place: Place<'_>,
        queries: &[Query<'_>],
    ) -> Result<Vec<Rows>, QueryError> {
        let call = Call { property: self.property, access, place, queries };
        if matches!(place, Place::Within) {
            return self.link()?.run(&call).await;
        }
        if self.link.as_ref().is_none_or(|link| link.condition() == Condition::Broken) {
            self.replace().await?;
        }
        let (mut replaced, mut planned_again) = (false, false);
        loop {
            let link = self.link()?;
            let error = match link.run(&call).await {
                Ok(answers) => return Ok(answers),
                Err(error) => error,
            };
            let harmless = access == Access::Read || !link.may_have_run() || error.is_forgotten_statement();
            if link.condition() == Condition::Broken && harmless && !replaced {
                tracing::debug!(%error, "a connection was dead, trying another");
                replaced = true;
                self.replace().await?;
            } else if error.is_stale_plan() && !planned_again {
                planned_again = true;
            } else {
                return Err(error);
            }
        }
    }

    /// Ends the open transaction with `commit` or `rollback`.
    pub(super) async fn end_transaction(&mut self, how: &'static str) -> Result<(), QueryError> {
        self.link()?.end_transaction(how).await
    }

    fn link(&mut self) -> Result<&mut Link, QueryError> {
        self.link.as_mut().ok_or_else(|| QueryError::Connection("the connection was lost".to_owned()))
    }

    /// A new link and not a waiting one: where one was dead, the others are too.
    async fn replace(&mut self) -> Result<(), QueryError> {
        self.link = None;
        self.link = Some(self.pool.connect().await?);
        Ok(())
    }
}

impl Drop for TenantConnection {
    fn drop(&mut self) {
        let Some(link) = self.link.take() else { return };
        match link.condition() {
            Condition::Clean => self.pool.put_back(link),
            Condition::Broken => drop(link),
            Condition::InTransaction | Condition::InFlight => {
                // The place goes along: until the server has let go, the connection counts. Without a runtime the whole
                // process ends, and all connections with it.
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(clean_up(link, self.place.take(), self.pool.clone()));
                }
            }
        }
    }
}

/// Rolls back what was left open and puts the link back, or ends the link.
async fn clean_up(mut link: Link, _place: Option<OwnedSemaphorePermit>, pool: Arc<Shared>) {
    if link.condition() == Condition::InTransaction {
        // What came of it shows in the link's condition.
        let _ = timeout(ROLLBACK_PATIENCE, link.end_transaction("rollback")).await;
    }
    match link.condition() {
        Condition::Clean => pool.put_back(link),
        _ => link.abandon(&pool.connector).await,
    }
}

impl fmt::Debug for TenantConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantConnection").field("property", &self.property).finish_non_exhaustive()
    }
}
