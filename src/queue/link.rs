//! The few connections of a queue. They work for all tenants, as the role `playhouse_workers`.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{Client, Row, Statement, types::ToSql};

use crate::{
    config::Database,
    database::WORKER_ROLE,
    tenant_pool::{
        QueryError,
        connector::{Connector, Purpose},
    },
};

/// What is slower than this is not coming; each statement has a shorter limit of its own at the server.
const PATIENCE: Duration = Duration::from_secs(15);

/// Plans are made when the tables may be empty and are kept, so the way through an index is demanded; and a compiler that
/// is warmed up by the price of that demand would cost more than the statement.
const PURPOSE: Purpose = Purpose {
    name: "playhouse queue",
    role: WORKER_ROLE,
    options: "-c enable_seqscan=off -c jit=off -c synchronous_commit=off -c lock_timeout=2s \
              -c idle_in_transaction_session_timeout=5s",
};

/// Makes connections for queues.
pub struct Dialer(Connector);

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialer").finish_non_exhaustive()
    }
}

impl Dialer {
    /// Reads the database URL; connects to nothing.
    pub fn new(url: &str, settings: &Database) -> anyhow::Result<Self> {
        Ok(Self(Connector::new(url, settings, PURPOSE)?))
    }

    /// Connects and prepares these statements; `heard` is told the process of each backend that notifies, which none
    /// does before something is listened to.
    pub async fn dial(&self, statements: &[&str], heard: impl Fn(i32) + Send + 'static) -> Result<Link, QueryError> {
        in_time(async {
            let (client, _) = self.0.connect(heard).await?;
            let prepared = futures_util::future::try_join_all(statements.iter().map(|sql| client.prepare(sql))).await?;
            Ok(Link { client, statements: prepared })
        })
        .await
    }
}

/// One connection with its prepared statements. After an error it should be dropped: nobody knows what is still under
/// way on it.
#[derive(Debug)]
pub struct Link {
    client: Client,
    statements: Vec<Statement>,
}

/// Values of a statement.
pub type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Link {
    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs a prepared statement, by its place.
    pub async fn run(&self, statement: usize, values: Values<'_>) -> Result<Vec<Row>, QueryError> {
        in_time(self.say(statement, values)).await
    }

    /// Runs several prepared statements in one round trip, each for itself.
    pub async fn run_all(&self, statements: &[(usize, Values<'_>)]) -> Result<Vec<Vec<Row>>, QueryError> {
        // All are polled in their order before any is waited for, and the driver sends in that order.
        let all = statements.iter().map(|(statement, values)| self.say(*statement, values));
        in_time(futures_util::future::try_join_all(all)).await
    }

    /// The same in one transaction; after an error it was rolled back.
    pub async fn transact(&self, statements: &[(usize, Values<'_>)]) -> Result<Vec<Vec<Row>>, QueryError> {
        let all = futures_util::future::try_join_all(statements.iter().map(|(at, values)| self.say(*at, values)));
        let spoken = async {
            let begin = self.client.batch_execute("begin");
            let commit = self.client.batch_execute("commit");
            let (begun, rows, committed) = futures_util::future::join3(begin, all, commit).await;
            let rows = rows?;
            begun?;
            committed?;
            Ok(rows)
        };
        in_time(spoken).await
    }

    /// Runs a text without values.
    pub async fn execute(&self, sql: &str) -> Result<(), QueryError> {
        in_time(async { Ok(self.client.batch_execute(sql).await?) }).await
    }

    async fn say(&self, statement: usize, values: Values<'_>) -> Result<Vec<Row>, QueryError> {
        Ok(self.client.query(&self.statements[statement], values).await?)
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, QueryError>>) -> Result<T, QueryError> {
    let late = || QueryError::Connection(format!("no answer within {} s", PATIENCE.as_secs()));
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(late()))
}
