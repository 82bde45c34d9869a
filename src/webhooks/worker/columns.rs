//! Outcomes as columns, the way the statements take them.

use std::collections::HashMap;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::job::{Finished, Lane, Settled};

#[derive(Default)]
pub(super) struct Rows {
    properties: Vec<Uuid>,
    webhooks: Vec<Uuid>,
    ids: Vec<Uuid>,
    claims: Vec<Uuid>,
    states: Vec<&'static str>,
    waits: Vec<Option<f64>>,
    counted: Vec<i32>,
    attempts: Vec<Uuid>,
    numbers: Vec<i32>,
    triggers: Vec<&'static str>,
    agos: Vec<f64>,
    took: Vec<i32>,
    statuses: Vec<Option<i32>>,
    errors: Vec<Option<String>>,
    excerpts: Vec<Option<String>>,
}

impl Rows {
    pub(super) fn of(finished: &[Finished]) -> Self {
        let mut rows = Self::default();
        for Finished { job, attempt, began, attempted, verdict } in finished {
            rows.properties.push(job.lane.0);
            rows.ids.push(job.id);
            rows.claims.push(job.claim);
            rows.states.push(verdict.state);
            rows.waits.push(verdict.wait.map(|wait| wait.as_secs_f64()));
            rows.counted.push(verdict.counted);
            rows.webhooks.push(job.lane.1);
            rows.attempts.push(*attempt);
            rows.numbers.push(job.attempts);
            rows.triggers.push(job.trigger);
            rows.agos.push(began.elapsed().as_secs_f64());
            rows.took.push(i32::try_from(attempted.duration.as_millis()).unwrap_or(i32::MAX));
            rows.statuses.push(attempted.status.map(i32::from));
            rows.errors.push(attempted.error.clone());
            rows.excerpts.push(attempted.excerpt.clone());
        }
        rows
    }

    pub(super) fn values(&self) -> [&(dyn ToSql + Sync); 15] {
        [
            &self.properties,
            &self.webhooks,
            &self.ids,
            &self.claims,
            &self.states,
            &self.waits,
            &self.counted,
            &self.attempts,
            &self.numbers,
            &self.triggers,
            &self.agos,
            &self.took,
            &self.statuses,
            &self.errors,
            &self.excerpts,
        ]
    }
}

#[derive(Default)]
pub(super) struct Back {
    properties: Vec<Uuid>,
    webhooks: Vec<Uuid>,
    ids: Vec<Uuid>,
    claims: Vec<Uuid>,
}

impl Back {
    pub(super) fn of(back: &[(Lane, Uuid, Uuid)]) -> Self {
        let mut rows = Self::default();
        for ((property, webhook), id, claim) in back {
            rows.properties.push(*property);
            rows.webhooks.push(*webhook);
            rows.ids.push(*id);
            rows.claims.push(*claim);
        }
        rows
    }

    pub(super) fn values(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.properties, &self.webhooks, &self.ids, &self.claims]
    }
}

#[derive(Default)]
pub(super) struct Lanes {
    properties: Vec<Uuid>,
    lanes: Vec<Uuid>,
    failures: Vec<i32>,
    failing: Vec<bool>,
    success: Vec<bool>,
    block: Vec<Option<f64>>,
    over: Vec<bool>,
}

impl Lanes {
    pub(super) fn of(lanes: &HashMap<Lane, Settled>) -> Self {
        let mut rows = Self::default();
        let mut sorted: Vec<_> = lanes.iter().collect();
        sorted.sort_unstable_by_key(|(lane, _)| **lane);
        for ((property, lane), settled) in sorted {
            rows.properties.push(*property);
            rows.lanes.push(*lane);
            rows.failures.push(i32::try_from(settled.failures).unwrap_or(i32::MAX));
            rows.failing.push(settled.failing);
            rows.success.push(settled.success);
            rows.block.push(settled.block.map(|block| block.as_secs_f64()));
            rows.over.push(settled.over);
        }
        rows
    }

    pub(super) fn values<'a>(&'a self, worker: &'a Uuid, seconds: &'a f64) -> [&'a (dyn ToSql + Sync); 9] {
        [
            worker,
            &self.properties,
            &self.lanes,
            &self.failures,
            &self.failing,
            &self.success,
            &self.block,
            &self.over,
            seconds,
        ]
    }
}
