//! Callers that never rest, and what became of each of their calls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{SESSIONS, client};

/// One call; status 0 is no answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    pub(super) server: usize,
    pub(super) began: Instant,
    pub(super) took: Duration,
    pub(super) status: u16,
    pub(super) has_retry_after: bool,
}

/// Callers with one key, at work on several servers until they are stopped.
pub(super) struct Load {
    stop: CancellationToken,
    callers: JoinSet<Vec<Made>>,
    answered: Arc<AtomicUsize>,
}

impl Load {
    /// So many callers on each server, each with a pause between two calls.
    pub(super) fn start(urls: &[&str], key: &str, body: &Value, callers: usize, pause: Duration) -> Self {
        let (stop, answered) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
        let mut set = JoinSet::new();
        for (server, url) in urls.iter().enumerate() {
            for _ in 0..callers {
                let request = client().post(format!("{url}{SESSIONS}")).header("x-api-key", key).json(body);
                let (stop, answered) = (stop.clone(), answered.clone());
                set.spawn(async move {
                    let mut calls = Vec::new();
                    while !stop.is_cancelled() {
                        let request = request.try_clone().expect("its body is in memory");
                        let began = Instant::now();
                        let (status, has_retry_after) = match request.send().await {
                            Ok(answer) => {
                                let known = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
                                // An answer that breaks off is none.
                                if answer.bytes().await.is_ok() { known } else { (0, false) }
                            }
                            Err(_) => (0, false),
                        };
                        calls.push(Made { server, began, took: began.elapsed(), status, has_retry_after });
                        answered.fetch_add(1, Ordering::Relaxed);
                        sleep(pause).await;
                    }
                    calls
                });
            }
        }
        Self { stop, callers: set, answered }
    }

    /// Waits for so many further answers.
    pub(super) async fn answers(&self, more: usize) {
        let until = self.answered.load(Ordering::Relaxed) + more;
        while self.answered.load(Ordering::Relaxed) < until {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Ends it after the calls under way; all calls that were made.
    pub(super) async fn stop(self) -> Vec<Made> {
        self.stop.cancel();
        self.callers.join_all().await.concat()
    }
}

/// How many calls that began in a span of time got this status.
pub(super) fn count(calls: &[Made], status: u16, from: Instant, to: Instant) -> usize {
    calls.iter().filter(|call| call.status == status && call.began > from && call.began < to).count()
}

/// The statuses that came.
pub(super) fn statuses(calls: &[Made]) -> Vec<u16> {
    let mut statuses: Vec<u16> = calls.iter().map(|call| call.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}
