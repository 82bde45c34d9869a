//! Quotas: exact over replicas, restarts and kills, cheap to refuse, and told in the headers of each answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod changes;
mod exact;
mod forwarded;
mod guesses;
mod headers;
mod leases;
mod public;
mod restarts;
mod storm;
mod structured;
mod windows;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use playhouse::limits::{Quota, Quotas, Subject};
use sea_orm::{DbBackend, FromQueryResult, Statement};
use serde_json::{Value, json};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    app::{Answer, Tenant, config},
    database::{self, minute_with},
};

/// A slow machine is no outage: calls wait for a connection for as long as it takes.
const PATIENT: (&str, &str) = ("PLAYHOUSE_DATABASE__ACQUIRE_TIMEOUT_SECONDS", "30");

const SESSIONS: &str = "/api/org-api-keys/sessions";

/// How often each status came; 0 is no answer.
type Tally = BTreeMap<u16, usize>;

/// The counter of a key as it stands in the database, and which version of the row it is.
#[derive(Debug, Default, Clone, PartialEq, Eq, FromQueryResult)]
struct Counter {
    minute_used: i32,
    day_used: i64,
    version: String,
}

/// The counter of a key; of a key that never called, nothing used.
async fn counter(url: &str, key: i32) -> Counter {
    let db = database::owner(url).await;
    let sql = "select minute_used, day_used, concat_ws(' ', xmin, xmax, ctid) as version from rate_counters \
         where subject = 'k'::bytea || int4send($1)";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [key.into()]);
    let counter = Counter::find_by_statement(statement).one(&db).await.unwrap();
    db.close().await.unwrap();
    counter.unwrap_or_default()
}

/// Waits until the counter of a key says that so many units are used, a slow machine's time at the most.
async fn settles(url: &str, key: i32, used: i32) -> Counter {
    let began = Instant::now();
    loop {
        let now = counter(url, key).await;
        if now.minute_used == used || began.elapsed() > Duration::from_secs(20) {
            return now;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap()
}

/// Creates so many sessions, so many at once, at the servers in turn.
async fn burst(urls: &[&str], key: &str, tenant: &Tenant, calls: usize, at_once: usize) -> Tally {
    let (client, body) = (client(), json!({ "game_id": tenant.game }));
    let call = |n: usize| {
        let url = format!("{}{SESSIONS}", urls[n % urls.len()]);
        let request = client.post(url).header("x-api-key", key).json(&body);
        async move { request.send().await.map_or(0, |answer| answer.status().as_u16()) }
    };
    let mut tally = Tally::new();
    let mut statuses = stream::iter((0..calls).map(call)).buffer_unordered(at_once);
    while let Some(status) = statuses.next().await {
        *tally.entry(status).or_default() += 1;
    }
    tally
}

fn tally(counts: impl IntoIterator<Item = (u16, usize)>) -> Tally {
    counts.into_iter().collect()
}

/// A call that is judged by its key and its quota and then refused for its body, without reaching the database.
const NO_GAME: fn() -> Value = || json!({});

fn retry_after(answer: &Answer) -> i64 {
    let seconds = answer.body["retry_after"].as_i64().unwrap();
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    seconds
}

/// The quotas of one replica without its HTTP.
struct Replica {
    quotas: Arc<Quotas>,
    stop: CancellationToken,
    sweeper: JoinHandle<()>,
}

impl Replica {
    fn over(url: &str) -> Self {
        let pools = playhouse::database::connect(url, &config(&[]).database).unwrap();
        let (quotas, returns) = Quotas::new(pools.counters);
        let (quotas, stop) = (Arc::new(quotas), CancellationToken::new());
        let sweeper = tokio::spawn({
            let (quotas, stop) = (quotas.clone(), stop.clone());
            async move { quotas.give_back(returns, stop).await }
        });
        Self { quotas, stop, sweeper }
    }

    async fn spend(&self, key: i32, quota: Quota) -> bool {
        self.quotas.spend(Subject::OrgKey(key), quota).await.is_ok()
    }

    async fn stop(self) {
        self.stop.cancel();
        self.sweeper.await.unwrap();
    }
}
