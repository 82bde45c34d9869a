//! The work behind the requests: following key changes, giving leases back, writing the trail, keeping keys of issuers
//! fresh, watching the schema, delivering to webhooks, forgetting what is old.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{app::App, database, events::upkeep, server::Duties, webhooks};

const WATCH_SCHEMA_EVERY: Duration = Duration::from_secs(30);
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(60);
/// What is not done by then, with the database away, is not done.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// The work behind the requests of one replica; it must be [stopped](Workers::stop) to leave nothing undone.
#[derive(Debug)]
pub struct Workers {
    stop: CancellationToken,
    tasks: JoinSet<()>,
    patience: Duration,
}

impl Workers {
    /// Starts them.
    pub async fn start(app: &App, duties: Duties) -> Self {
        if let Err(error) = app.changes.catch_up().await {
            tracing::warn!(%error, "the database does not answer yet");
        }
        // Deliveries under way have the drain's time, and a moment more to be written down.
        let drain = Duration::from_secs(app.config.server.drain_seconds + 2);
        let patience = if duties.workers { STOP_TIMEOUT.max(drain) } else { STOP_TIMEOUT };
        let mut workers = Self { stop: CancellationToken::new(), tasks: JoinSet::new(), patience };
        workers.run(app, |app, stop| async move { app.changes.follow(stop).await });
        workers.run(app, |app, stop| async move { app.changes.listen(stop).await });
        workers.run(app, |app, stop| async move { app.trail.keep_writing(&app.background, stop).await });
        workers.run(app, |app, stop| async move { app.issuers.keep_fresh(stop).await });
        workers.run(app, |app, stop| async move { watch_schema(&app, stop).await });
        if let Some(returns) = app.take_returns().await {
            workers.run(app, |app, stop| async move { app.quotas.give_back(returns, stop).await });
        }
        workers.run(app, |app, stop| async move { app.alarm.keep_learning(&app.background, stop).await });
        if duties.workers {
            // Nothing more is begun from the moment on when the server is not ready any more.
            workers.run(app, |app, _| async move { webhooks::worker::run(app.clone(), app.draining.clone()).await });
        } else {
            workers.run(app, |app, stop| async move { app.alarm.keep_telling(&app.background, stop).await });
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
        let (app, stop) = (app.clone(), self.stop.clone());
        let work = work(app, stop.clone());
        self.tasks.spawn(async move {
            work.await;
            // A worker that ends by itself would be missed silently.
            stop.cancelled().await;
        });
    }

    /// Waits until a worker ends although nobody stopped it, which only a panic does.
    pub async fn failed(&mut self) {
        match self.tasks.join_next().await {
            Some(_) => tracing::error!("a worker ended by a panic"),
            None => std::future::pending().await,
        }
    }

    /// Gives back leases, writes what waits, signs off; returns when all is done or the database does not let it be.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.patience, all).await.is_err() {
            tracing::error!("stopped before everything was written: the database does not answer");
        }
    }
}

/// Whether the schema is what this program needs; somebody may take steps back while it runs.
async fn watch_schema(app: &App, stop: CancellationToken) {
    loop {
        match database::schema_is_current(&app.background).await {
            Ok(current) => app.schema_current.store(current, Ordering::Release),
            Err(error) => tracing::warn!(%error, "the steps of the schema cannot be read"),
        }
        let current = app.schema_current.load(Ordering::Acquire);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(if current { WATCH_SCHEMA_EVERY } else { Duration::from_secs(1) }) => {}
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
        let trail = crate::trail::prune(&app.background, before, &stop);
        let answers = crate::idempotency::prune(&app.background, &stop);
        for outcome in [app.changes.prune().await, app.quotas.prune().await, trail.await, answers.await] {
            if let Err(error) = outcome {
                tracing::warn!(%error, "old rows could not be deleted; the next round tries again");
            }
        }
        if let Err(error) = upkeep::keep_partitions(&app.background, app.config.webhooks.retention_days).await {
            tracing::warn!(%error, "the weeks of the logs could not be looked after; the next round tries again");
        }
        if let Err(error) = upkeep::tell_expired(&app.background, app.clock.now(), &stop).await {
            tracing::warn!(%error, "expired sessions could not be told of; the next round tries again");
        }
    }
}
