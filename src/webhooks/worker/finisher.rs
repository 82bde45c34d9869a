//! Writes down what came of deliveries, many in one transaction.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::Instant};
use uuid::Uuid;

use super::{
    columns::{Back, Lanes, Rows},
    figures::Figures,
    job::{Finished, Lane, News, Settled},
    names::{Statements, finisher as say},
};
use crate::{
    queue::{Dialer, Link, Pace},
    tenant_pool::QueryError,
    webhooks::Outcome,
};

/// Results that are written at once.
const MOST: usize = 500;
/// How often writing is tried before it is given up; the rows' leases have run out by then.
const TRIES: u32 = 200;

/// What the finisher keeps for itself.
#[derive(Debug)]
pub(super) struct Finisher {
    pub(super) worker: Uuid,
    pub(super) dialer: Arc<Dialer>,
    pub(super) statements: Arc<Statements>,
    pub(super) disable_after: Duration,
    pub(super) figures: Figures,
}

/// What is written together.
#[derive(Debug, Default)]
struct Batch {
    finished: Vec<Finished>,
    back: Vec<(Lane, Uuid, Uuid)>,
    lanes: HashMap<Lane, Settled>,
}

impl Batch {
    fn add(&mut self, news: News) {
        match news {
            News::Finished(finished) => self.finished.push(*finished),
            News::GivenBack(rows) => self.back.extend(rows),
            News::Settled(lane, new) => {
                let settled = self.lanes.entry(lane).or_default();
                *settled = Settled {
                    success: settled.success || new.success,
                    block: new.block.or(settled.block),
                    over: settled.over || new.over,
                    ..new
                };
            }
        }
    }

    fn len(&self) -> usize {
        self.finished.len() + self.back.len() + self.lanes.len()
    }
}

impl Finisher {
    /// Writes until nobody tells anything any more. Lanes that were given up are told to `left` when the database has
    /// heard of it.
    pub(super) async fn run(self, mut news: mpsc::UnboundedReceiver<News>, left: mpsc::UnboundedSender<Lane>) {
        let (mut link, mut pace) = (None, Pace::default());
        while let Some(first) = news.recv().await {
            tokio::time::sleep_until(pace.next()).await;
            let mut batch = Batch::default();
            batch.add(first);
            while batch.len() < MOST
                && let Ok(more) = news.try_recv()
            {
                batch.add(more);
            }
            // In the order of their ids, so that no two writers wait for each other.
            batch.finished.sort_unstable_by_key(|finished| finished.job.id);
            batch.back.sort_unstable_by_key(|(_, id, _)| *id);
            self.write(&mut link, &batch).await;
            pace.answered(Instant::now(), batch.len());
            for (lane, _) in batch.lanes.iter().filter(|(_, settled)| settled.over) {
                // Nobody hears it when the worker stops.
                let _ = left.send(*lane);
            }
        }
    }

    /// Writes a batch, and again while the database is away.
    async fn write(&self, link: &mut Option<Link>, batch: &Batch) {
        for again in 0..TRIES {
            match self.try_write(link, batch, again > 0).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(%error, "outcomes of deliveries cannot be written now; they wait");
                    *link = None;
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
            }
        }
        tracing::error!(rows = batch.finished.len(), "outcomes of deliveries are lost; what was sent is sent again");
    }

    async fn try_write(&self, link: &mut Option<Link>, batch: &Batch, again: bool) -> Result<(), QueryError> {
        let link = match link {
            Some(link) if !link.is_closed() => link,
            _ => link.insert(self.dialer.dial(&self.statements.finisher(), |_| {}).await?),
        };
        if again && let Some(one) = batch.finished.first() {
            // The commit may have happened, and only the answer was lost.
            let logged = link.run(say::LOGGED, &[&one.job.lane.0, &one.attempt]).await?;
            if logged.first().map_or(Ok(false), |row| row.try_get(0))? {
                return self.disable(link, gone(&batch.finished)).await;
            }
        }
        let rows = Rows::of(&batch.finished);
        let back = Back::of(&batch.back);
        let lanes = Lanes::of(&batch.lanes);
        let seconds = self.disable_after.as_secs_f64();
        let (finish, give_back) = (rows.values(), back.values());
        let settle = lanes.values(&self.worker, &seconds);
        let mut statements: Vec<(usize, crate::queue::Values<'_>)> = Vec::with_capacity(3);
        if !batch.finished.is_empty() {
            statements.push((say::FINISH, &finish));
        }
        if !batch.back.is_empty() {
            statements.push((say::GIVE_BACK, &give_back));
        }
        if !batch.lanes.is_empty() {
            statements.push((say::SETTLE, &settle));
        }
        let answers = match statements.as_slice() {
            [(at, values)] => vec![link.run(*at, values).await?],
            many => link.transact(many).await?,
        };
        if !batch.finished.is_empty() {
            for lost in answers.first().into_iter().flatten() {
                let id: Uuid = lost.try_get("id")?;
                self.figures.lost();
                tracing::warn!(delivery = %id, "a delivery's lease ran out before its outcome was written");
            }
        }
        let mut off = Vec::new();
        if !batch.lanes.is_empty() {
            for row in answers.last().into_iter().flatten() {
                if row.try_get("overdue")? {
                    let hours = self.disable_after.as_secs() / 3600;
                    let why = format!("every delivery failed for {hours} hours");
                    off.push((row.try_get("property_id")?, row.try_get("lane")?, why));
                }
            }
        }
        off.extend(gone(&batch.finished));
        self.disable(link, off).await
    }

    async fn disable(&self, link: &Link, mut off: Vec<(Uuid, Uuid, String)>) -> Result<(), QueryError> {
        off.sort_unstable();
        off.dedup_by_key(|(property, webhook, _)| (*property, *webhook));
        if off.is_empty() {
            return Ok(());
        }
        let properties: Vec<Uuid> = off.iter().map(|off| off.0).collect();
        let webhooks: Vec<Uuid> = off.iter().map(|off| off.1).collect();
        let reasons: Vec<String> = off.into_iter().map(|off| off.2).collect();
        let disabled = link.run(say::DISABLE, &[&properties, &webhooks, &reasons]).await?;
        if !disabled.is_empty() {
            tracing::info!(endpoints = disabled.len(), "endpoints were disabled");
        }
        Ok(())
    }
}

/// The endpoints that want nothing any more, and why they are disabled.
fn gone(finished: &[Finished]) -> Vec<(Uuid, Uuid, String)> {
    let gone = finished.iter().filter(|finished| finished.attempted.outcome == Outcome::Gone);
    gone.map(|Finished { job, .. }| (job.lane.0, job.lane.1, "the endpoint answered 410 Gone".to_owned())).collect()
}
