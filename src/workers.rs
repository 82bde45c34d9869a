//! The work behind the requests: following key changes, giving leases back, writing the trail, keeping keys of issuers
//! fresh, forgetting what is old.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{app::App, server::Duties};

/// The work behind the requests of one replica; it must be [stopped](Workers::stop) to leave nothing undone.
#[derive(Debug)]
pub struct Workers {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(600);
const PRUNE_ROWS: i32 = 10_000;

impl Workers {
    /// Starts them.
    pub async fn start(app: &App, duties: Duties) -> Self {
        if let Err(error) = app.changes.catch_up().await {
            tracing::warn!(%error, "the database does not answer yet");
        }
        let mut workers = Self { stop: CancellationToken::new(), tasks: Vec::new() };
        workers.run(app, |app, stop| async move { app.changes.follow(stop).await });
        workers.run(app, |app, stop| async move { app.changes.listen(stop).await });
        workers.run(app, |app, stop| async move { app.trail.keep_writing(&app.background, stop).await });
        workers.run(app, |app, stop| async move { app.issuers.keep_fresh(stop).await });
        if let Some(returns) = app.take_returns().await {
            workers.run(app, |app, stop| async move { app.quotas.give_back(returns, stop).await });
        }
        if duties.workers {
            workers.run(app, |app, stop| async move { keep_house(&app, stop).await });
        }
        workers
    }

    fn run<F>(&mut self, app: &App, work: impl FnOnce(App, CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push(tokio::spawn(work(app.clone(), self.stop.clone())));
    }

    /// Gives back leases, writes what waits, signs off; returns when all is done.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            if task.await.is_err() {
                tracing::error!("a worker ended by a panic");
            }
        }
    }
}

/// Forgets what is old.
async fn keep_house(app: &App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(HOUSEKEEPING_EVERY) => {}
        }
        let before = app.clock.now() - chrono::TimeDelta::days(app.config.audit.retention_days.into());
        let audit = crate::trail::prune(&app.background, before, PRUNE_ROWS);
        for outcome in [app.changes.prune().await, app.quotas.prune().await, audit.await] {
            if let Err(error) = outcome {
                tracing::warn!(%error, "old rows could not be deleted; the next round tries again");
            }
        }
    }
}
