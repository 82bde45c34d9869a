//! One session at Postgres, the tenant that it carries, and why nobody is answered under another one.
//!
//! The rule is one field: `carries` names a tenant only while the setting `app.property_id` at the server is known to
//! have that value. It is emptied before a setting is sent, and filled when Postgres has answered that the setting was
//! made, and to what. Whatever happens in between (an error, a statement timeout, a request that is given up at any
//! await, a connection that breaks), the field stays empty, and an empty field means setting before answering.
//!
//! What could go wrong all the same, and why it does not:
//!
//! - *The setting fails and the statement behind it runs.* Both are sent at once to save a round trip, so Postgres may
//!   run the statement under the former tenant. Its rows are not handed out, and the link is ended. Rows can be thrown
//!   away, a write could not be taken back: so a write is sent along only when its first value is its tenant, for under
//!   another one the policies leave it nothing to write. Others wait until the setting is confirmed.
//! - *The statement overtakes the setting.* `Speaker::say_all` fixes their order, and Postgres keeps it.
//! - *A transaction takes the setting back.* A setting made inside of a transaction is undone by its rollback. It is
//!   therefore made before `begin`, in a transaction of its own.
//! - *`begin` fails and the write behind it runs.* It ran under its own tenant, but committed by itself; the link is
//!   ended and the caller is told that the outcome is not known.
//! - *The answer of a call that was given up reaches the next one.* A link whose call was given up stays in flight. It
//!   takes no further call and is ended, not put back.
//! - *A cancellation comes late and hits somebody else's statement.* Only links that are being ended are cancelled.
//! - *A statement changes the setting itself.* Statements are written by this program, and none does. Where a session
//!   lost its memory as a whole (its prepared statements are unknown, 26000), the link is ended.
//!
//! The statements name their tenant themselves as well; all of this is the second wall.

use std::{
    fmt,
    time::{Duration, Instant},
};

use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Error, Statement};

use super::{
    begin::Begin,
    connector::Connector,
    error::QueryError,
    exchange::{Done, Speaker, Step},
    figures::Open,
    param::Param,
    rows::{Rows, Sink},
    statements::Statements,
};
use crate::tenant::PropertyId;

/// Values of one statement, as the protocol counts them.
const MAX_VALUES: usize = u16::MAX as usize;
/// How long a link serves at least.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How long the statement of a call that was given up may take to end.
const END_PATIENCE: Duration = Duration::from_secs(2);
/// A cancellation that overtakes its statement has no effect, so it is repeated.
const CANCEL_AGAIN: Duration = Duration::from_millis(100);

/// A statement with its values.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// The text, with places `$1`, `$2`, …; each different text is prepared for itself.
    pub sql: &'a str,
    /// The values of the places.
    pub params: &'a [Param<'a>],
    /// Who takes the rows as they come; nobody: they are in the answer. What was taken counts only when the call ends
    /// well, since the tenant of a link is confirmed in the same round trip.
    pub sink: Option<&'a dyn Sink>,
}

impl<'a> Query<'a> {
    /// A statement whose rows are in the answer.
    pub fn new(sql: &'a str, params: &'a [Param<'a>]) -> Self {
        Self { sql, params, sink: None }
    }
}

impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("sql", &self.sql).field("params", &self.params).finish_non_exhaustive()
    }
}

/// Whether statements may be thrown away after they ran, and run twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Where statements run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// Each in a transaction of its own.
    Alone,
    /// In a transaction that they open.
    First(&'a Begin<'a>),
    /// In the transaction that is open.
    Within,
}

/// What a link is asked to do at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) property: PropertyId,
    pub(super) access: Access,
    pub(super) place: Place<'a>,
    pub(super) queries: &'a [Query<'a>],
}

impl Call<'_> {
    /// Whether no harm is done if the statements run although the setting of their tenant failed.
    fn may_go_along(&self) -> bool {
        let tenant = self.property.to_string();
        let named = |query: &Query<'_>| query.params.first().and_then(|param| param.0.as_deref()) == Some(&*tenant);
        self.access == Access::Read || self.queries.iter().all(named)
    }
}

/// What has to happen to a link when its user lets go of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// The next one may have it.
    Clean,
    /// A transaction is open.
    InTransaction,
    /// A call was given up; its answer is still to come.
    InFlight,
    /// Of no more use.
    Broken,
}

/// One session at Postgres.
pub(super) struct Link {
    // Dropped first: statements that are dropped after it find nobody to be closed at.
    speaker: Speaker,
    driver: JoinHandle<()>,
    statements: Statements<Statement>,
    carries: Option<PropertyId>,
    in_flight: bool,
    in_transaction: bool,
    broken: bool,
    may_have_run: bool,
    retires: Instant,
    open: Open,
}

impl Link {
    /// Connects; the new link carries nobody.
    pub(super) async fn open(connector: &Connector, open: Open) -> Result<Self, Error> {
        let (client, driver) = connector.connect(|_| {}).await?;
        Ok(Self {
            speaker: Speaker::new(client).await?,
            driver,
            statements: Statements::default(),
            carries: None,
            in_flight: false,
            in_transaction: false,
            broken: false,
            may_have_run: false,
            // Those that were made together do not go together.
            retires: Instant::now() + LIFETIME + Duration::from_secs(u64::from(getrandom::u32().unwrap_or(0) % 600)),
            open,
        })
    }

    /// The tenant that the session is known to have.
    pub(super) fn carries(&self) -> Option<PropertyId> {
        self.carries
    }

    /// Whether it has served long enough: a session's memory at the server only grows.
    pub(super) fn is_old(&self, now: Instant) -> bool {
        self.retires <= now
    }

    /// Whether the last call's statements were sent.
    pub(super) fn may_have_run(&self) -> bool {
        self.may_have_run
    }

    /// What has to happen to it when its user lets go of it.
    pub(super) fn condition(&self) -> Condition {
        match self {
            _ if self.broken || self.speaker.client.is_closed() => Condition::Broken,
            _ if self.in_flight => Condition::InFlight,
            _ if self.in_transaction => Condition::InTransaction,
            _ => Condition::Clean,
        }
    }

    /// Runs statements and reads all their answers; of several errors the first.
    pub(super) async fn run(&mut self, call: &Call<'_>) -> Result<Vec<Rows>, QueryError> {
        self.depart()?;
        let outcome = self.exchange(call).await;
        self.in_flight = false;
        outcome
    }

    /// Ends the transaction with `commit` or `rollback`.
    pub(super) async fn end_transaction(&mut self, how: &'static str) -> Result<(), QueryError> {
        self.depart()?;
        let outcome = self.speaker.client.batch_execute(how).await.map_err(QueryError::from);
        self.in_flight = false;
        // A commit that was refused has usually ended the transaction, but not if it was broken off before it began. So
        // whoever comes next rolls back; where that was refused, the link is of no more use.
        self.in_transaction = outcome.is_err();
        self.broken |= outcome.as_ref().is_err_and(|error| error.ends_link() || how == "rollback");
        outcome
    }

    /// From here on the link is in flight, and it stays so when the call is dropped before it comes to its end.
    fn depart(&mut self) -> Result<(), QueryError> {
        if self.in_flight || self.broken {
            return Err(QueryError::Misuse("a connection is used whose last call was given up"));
        }
        self.in_flight = true;
        self.may_have_run = false;
        Ok(())
    }

    async fn exchange(&mut self, call: &Call<'_>) -> Result<Vec<Rows>, QueryError> {
        if let Some(query) = call.queries.iter().find(|query| query.params.len() > MAX_VALUES) {
            return Err(QueryError::TooManyValues(query.params.len()));
        }
        let switches = self.carries != Some(call.property);
        match call.place {
            Place::Within if switches => return Err(QueryError::Misuse("a transaction changes its tenant")),
            Place::Within => {}
            Place::Alone | Place::First(_) if self.in_transaction => {
                // Left open by somebody who met an error.
                let rolled_back = self.speaker.client.batch_execute("rollback").await;
                self.in_transaction = false;
                self.broken |= rolled_back.is_err();
                rolled_back?;
            }
            Place::Alone | Place::First(_) => {}
        }
        let mut steps = Vec::with_capacity(call.queries.len() + 1);
        if switches {
            steps.push(Step::Tenant(call.property));
        }
        if let Place::First(begin) = call.place {
            steps.push(Step::Begin(begin.sql()));
            steps.extend(begin.locals().iter().map(|(name, value)| Step::Local(name, value)));
        }
        let known: Vec<_> = call.queries.iter().map(|query| self.statements.get(query.sql)).collect();
        let waits = known.iter().any(Option::is_none) || (switches && !call.may_go_along());
        if waits {
            let unknown = call.queries.iter().zip(&known).filter(|(_, statement)| statement.is_none());
            steps.extend(unknown.map(|(query, _)| Step::Prepare(query.sql)));
            self.take(&steps).await?;
            steps.clear();
        }
        for (query, statement) in call.queries.iter().zip(known) {
            let statement = statement.or_else(|| self.statements.get(query.sql));
            let statement = statement.ok_or(QueryError::Misuse("more statements at once than a link keeps"))?;
            steps.push(Step::Run(*query, statement));
        }
        self.take(&steps).await
    }

    /// Sends all steps at once and notes what is known after them.
    async fn take(&mut self, steps: &[Step<'_>]) -> Result<Vec<Rows>, QueryError> {
        for step in steps {
            match step {
                Step::Tenant(_) => self.carries = None,
                Step::Begin(_) => self.in_transaction = true,
                Step::Run(..) => self.may_have_run = true,
                Step::Local(..) | Step::Prepare(_) => {}
            }
        }
        let mut answers = Vec::with_capacity(steps.len());
        let mut first_error = None;
        for (step, outcome) in steps.iter().zip(self.speaker.say_all(steps).await) {
            match (step, outcome) {
                (Step::Tenant(property), Ok(_)) => self.carries = Some(*property),
                (Step::Prepare(sql), Ok(Done::Statement(statement))) => self.statements.put(sql, statement),
                (_, Ok(Done::Rows(rows))) => answers.push(rows),
                (_, Ok(_)) => {}
                (step, Err(error)) => {
                    // Without its tenant or its transaction nobody knows how the rest ran.
                    self.broken |= error.ends_link() || matches!(step, Step::Tenant(_) | Step::Begin(_));
                    if let Step::Run(query, _) = step
                        && error.is_stale_plan()
                    {
                        self.statements.forget(query.sql);
                    }
                    first_error.get_or_insert(error);
                }
            }
        }
        first_error.map_or(Ok(answers), Err)
    }

    /// Breaks off what is in flight and ends the session, within a few seconds.
    pub(super) async fn abandon(self, connector: &Connector) {
        let Self { speaker, mut driver, open: _open, .. } = self;
        let token = speaker.client.cancel_token();
        // The driver says farewell and ends when everything that was sent has been answered.
        drop(speaker);
        let ended = timeout(END_PATIENCE, async {
            loop {
                let _ = timeout(CANCEL_AGAIN, connector.cancel(&token)).await;
                if timeout(CANCEL_AGAIN, &mut driver).await.is_ok() {
                    break;
                }
            }
        });
        if ended.await.is_err() {
            driver.abort();
        }
    }

    /// Says farewell and waits until the server has heard it.
    pub(super) async fn close(self) {
        let Self { speaker, driver, open: _open, .. } = self;
        drop(speaker);
        let _ = driver.await;
    }
}
