//! Why a statement was not answered.

use std::fmt;

use tokio_postgres::error::{DbError, Severity};

use crate::error::ApiError;

/// Postgres' function that finds a plan out of date before anything of the statement ran.
const REVALIDATION: &str = "RevalidateCachedQuery";

/// Why a statement was not answered.
#[derive(Debug, Clone)]
pub enum QueryError {
    /// Postgres refused it.
    Database(Box<DatabaseError>),
    /// The connection could not be made or broke; whether the statement ran is not known.
    Connection(String),
    /// The statement has more values than Postgres takes: at most 65,535.
    TooManyValues(usize),
    /// The answer has more bytes than are held for one request; it ran.
    TooLarge(usize),
    /// The calling code asked for something that cannot be: a number of values that does not fit the statement, a
    /// connection whose last call was given up, or a commit after an error.
    Misuse(&'static str),
}

/// What Postgres said. Messages and details may quote data; show them only to whom the data belongs.
#[derive(Debug, Clone)]
pub struct DatabaseError {
    /// SQLSTATE, five characters.
    pub state: String,
    /// The main sentence.
    pub message: String,
    /// More about it; often the values.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The constraint that was violated; constraint names are part of the schema's contract.
    pub constraint: Option<String>,
    /// The table that it is about.
    pub table: Option<String>,
    /// The column that it is about.
    pub column: Option<String>,
    /// The type that it is about.
    pub data_type: Option<String>,
    /// Whether the connection ended with it.
    pub fatal: bool,
    stale_plan: bool,
}

impl QueryError {
    /// What Postgres said, when it was Postgres.
    pub fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }

    /// Whether a table changed under a prepared statement; it did not run and may be prepared anew.
    pub(super) fn is_stale_plan(&self) -> bool {
        self.database().is_some_and(|error| error.stale_plan)
    }

    /// Whether the link has lost its prepared statements; the statement did not run.
    pub(super) fn is_forgotten_statement(&self) -> bool {
        self.database().is_some_and(|error| error.state == "26000")
    }

    /// Whether the link cannot be used any more.
    pub(super) fn ends_link(&self) -> bool {
        match self {
            Self::Database(error) => error.fatal || self.is_forgotten_statement(),
            Self::Connection(_) => true,
            Self::TooManyValues(_) | Self::TooLarge(_) | Self::Misuse(_) => false,
        }
    }
}

impl From<&DbError> for DatabaseError {
    fn from(error: &DbError) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            state: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: owned(error.detail()),
            hint: owned(error.hint()),
            constraint: owned(error.constraint()),
            table: owned(error.table()),
            column: owned(error.column()),
            data_type: owned(error.datatype()),
            fatal: matches!(error.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
            stale_plan: error.routine() == Some(REVALIDATION),
        }
    }
}

impl From<tokio_postgres::Error> for QueryError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => Self::Database(Box::new(said.into())),
            None => Self::Connection(with_cause(&error)),
        }
    }
}

/// The driver's sentences name the kind of a failure; the cause is behind them.
fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", with_cause(cause)),
        None => error.to_string(),
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => write!(f, "{} ({})", error.message, error.state),
            Self::Connection(sentence) => f.write_str(sentence),
            Self::TooManyValues(count) => write!(f, "{count} values in one statement"),
            Self::TooLarge(bytes) => write!(f, "an answer of {bytes} bytes"),
            Self::Misuse(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for QueryError {}

/// For errors that the caller of the statement did not expect; those that it knows (a violated constraint, a value
/// that is no uuid) it answers itself.
impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match &error {
            _ if error.is_stale_plan() || error.is_forgotten_statement() => Self::of_outage(&error),
            QueryError::Database(said) => Self::of_sql_state(&said.state, &error),
            QueryError::Connection(_) => Self::of_outage(&error),
            QueryError::TooManyValues(_) => Self::bad_request("The request has more values than one statement takes"),
            QueryError::TooLarge(bytes) => {
                Self::bad_request(format!("The answer would have {bytes} bytes, too many for one"))
                    .with_code("answer_too_large")
                    .with_hint("Ask for fewer rows with limit, or for fewer columns with select")
            }
            QueryError::Misuse(_) => {
                tracing::error!(%error, "a connection was used in a way that it cannot be");
                Self::internal()
            }
        }
    }
}
