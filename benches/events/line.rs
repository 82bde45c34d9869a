//! A client's connection: to the server, or to Postgres itself.

use std::net::SocketAddr;

use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::support::http::{self, Requests};

/// What to connect to and what to ask there.
#[derive(Debug)]
pub(crate) enum Plan {
    Http {
        address: SocketAddr,
        requests: Requests,
    },
    /// A statement whose parameter is a text that no other call has; `setting` is run first.
    Postgres {
        config: Box<Config>,
        setting: String,
        statement: String,
        client: usize,
    },
}

/// See the module.
pub(crate) enum Line {
    Http(http::Line),
    Postgres { postgres: Client, statement: Statement, client: usize, number: usize },
}

impl Line {
    /// Connects.
    pub(crate) async fn open(plan: Plan) -> anyhow::Result<Self> {
        match plan {
            Plan::Http { address, requests } => Ok(Self::Http(http::Line::open(address, requests).await?)),
            Plan::Postgres { config, setting, statement, client } => {
                let (postgres, connection) = config.connect(NoTls).await?;
                tokio::spawn(connection);
                postgres.batch_execute(&setting).await?;
                let statement = postgres.prepare(&statement).await?;
                Ok(Self::Postgres { postgres, statement, client, number: 0 })
            }
        }
    }

    /// Makes the next call and waits for its answer.
    pub(crate) async fn call(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Http(line) => line.call().await,
            Self::Postgres { postgres, statement, client, number } => {
                *number += 1;
                postgres.query_one(statement, &[&format!("F-{client:03}{number:07}")]).await?;
                Ok(())
            }
        }
    }
}
