//! What has to be done now and then: leases of the dead run out, jobs are carried out, old rows go, figures are read.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    figures::Figures,
    names::{Statements, keeper as say},
    redeliver,
};
use crate::{
    app::App,
    queue::{Dialer, Link},
    tenant_pool::QueryError,
};

/// Forgets what was finished before `$1` days, at most `$2` rows; how many.
pub(super) const PRUNE: &str =
    "select webhook_deliveries_prune(now() - make_interval(days => $1::integer), $2::integer)";
/// Rows that are reclaimed or forgotten at once.
const PORTION: i32 = 1000;
/// How long the last round may take at a stop.
const LAST_ROUND: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_secs(1);
const READ_EVERY: Duration = Duration::from_secs(5);
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// See the module.
pub(super) struct Keeper {
    pub(super) app: App,
    pub(super) worker: Uuid,
    pub(super) dialer: Arc<Dialer>,
    pub(super) statements: Arc<Statements>,
    pub(super) figures: Figures,
}

impl Keeper {
    /// Keeps until stopped.
    pub(super) async fn run(self, stop: CancellationToken) {
        let (mut link, mut read, mut prune) = (None, Instant::now(), Instant::now() + PRUNE_EVERY);
        loop {
            let now = Instant::now();
            let (reads, prunes) = (now >= read, now >= prune);
            let round = tokio::select! {
                round = self.round(&mut link, reads, prunes, &stop) => round,
                // A database that says nothing must not keep the process.
                () = give_up(&stop) => return,
            };
            if let Err(error) = round {
                tracing::warn!(%error, "the queue of deliveries cannot be looked after; the next round tries again");
                link = None;
            } else {
                read = if reads { now + READ_EVERY } else { read };
                prune = if prunes { now + PRUNE_EVERY } else { prune };
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    async fn round(
        &self,
        link: &mut Option<Link>,
        reads: bool,
        prunes: bool,
        stop: &CancellationToken,
    ) -> Result<(), QueryError> {
        let link = match link {
            Some(link) if !link.is_closed() => link,
            _ => link.insert(self.dialer.dial(&self.statements.keeper(), |_| {}).await?),
        };
        self.reclaim(link, stop).await?;
        if redeliver::carry_out(link, self.worker, stop).await? {
            // What was made is due at once.
            self.app.alarm.ring_for_anybody();
        }
        if reads {
            self.read(link).await?;
        }
        if prunes {
            self.prune(link, stop).await?;
        }
        Ok(())
    }

    /// Rows of workers that are gone are due again.
    async fn reclaim(&self, link: &Link, stop: &CancellationToken) -> Result<(), QueryError> {
        // The first attempt is not in the schedule.
        let most = i32::try_from(self.app.config.webhooks.schedule.len() + 1).unwrap_or(i32::MAX);
        while !stop.is_cancelled() {
            let rows = link.run(say::RECLAIM, &[&i64::from(PORTION), &most]).await?;
            let reclaimed: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
            if reclaimed > 0 {
                tracing::warn!(reclaimed, "deliveries whose worker was lost are due again");
                self.app.alarm.ring_for_anybody();
            }
            if reclaimed < i64::from(PORTION) {
                break;
            }
        }
        Ok(())
    }

    async fn read(&self, link: &Link) -> Result<(), QueryError> {
        let rows = link.run_all(&[(say::DEPTH, &[]), (say::CIRCUITS, &[])]).await?;
        let [depth, circuits] = rows.as_slice() else {
            return Err(QueryError::Misuse("two statements have two answers"));
        };
        if let Some(depth) = depth.first() {
            self.figures.depth(depth.try_get("written")?, depth.try_get("pending")?, depth.try_get("sending")?);
        }
        let open: Result<Vec<(Uuid, bool)>, tokio_postgres::Error> =
            circuits.iter().map(|row| Ok((row.try_get("webhook_id")?, row.try_get("open")?))).collect();
        self.figures.circuits(&open?);
        Ok(())
    }

    async fn prune(&self, link: &Link, stop: &CancellationToken) -> Result<(), QueryError> {
        let days = i32::try_from(self.app.config.webhooks.retention_days).unwrap_or(i32::MAX);
        while !stop.is_cancelled() {
            let rows = link.run(say::PRUNE, &[&days, &PORTION]).await?;
            if rows.first().map_or(Ok(0), |row| row.try_get::<_, i32>(0))? < PORTION {
                break;
            }
        }
        Ok(())
    }
}

/// A while after the stop.
async fn give_up(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_ROUND).await;
}
