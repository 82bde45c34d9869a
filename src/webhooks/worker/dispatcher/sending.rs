//! Beginning attempts, and what their ends mean.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    super::{
        job::{Finished, Job, News},
        lane::Lane,
        verdict::{is_dead, judge},
    },
    Dispatcher, Done, FINISH, Id, SLACK,
};
use crate::webhooks::{Attempted, Outcome};

/// How long an endpoint is left alone that wants nothing any more.
const GONE: Duration = Duration::from_secs(30);

impl Dispatcher {
    /// How long a lease is.
    pub(super) fn lease(&self) -> Duration {
        self.bounds.timeout + FINISH + SLACK
    }

    /// Puts a lane into the line of those that can send, once.
    pub(super) fn line_up(&mut self, id: Id) {
        if let Some(lane) = self.lanes.get_mut(&id)
            && !lane.listed
            && lane.can_send(self.bounds.lane)
        {
            lane.listed = true;
            self.ready.push_back(id);
        }
    }

    /// Begins attempts, one of each lane in turn, as long as there are places.
    pub(super) fn send_all(&mut self, now: Instant) {
        let needed = self.bounds.timeout + FINISH;
        while self.in_flight < self.bounds.total
            && let Some(id) = self.ready.pop_front()
        {
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            lane.listed = false;
            if !lane.can_send(self.bounds.lane) || lane.holds_until < now + needed {
                continue;
            }
            let Some(job) = lane.queue.front() else { continue };
            if job.holds_until < now + needed {
                self.drop_stale(id, now);
                self.line_up(id);
                continue;
            }
            let doubtful = job.attempts > 1 || lane.health.is_doubtful();
            if doubtful && self.doubtful >= (self.bounds.total / 2).max(1) {
                self.held_back.push(id);
                continue;
            }
            if let Err(wait) = lane.pass(now) {
                let until = now + wait;
                self.paced_until = Some(self.paced_until.map_or(until, |earlier| earlier.min(until)));
                self.paced.push(id);
                continue;
            }
            if let Some(job) = lane.queue.pop_front() {
                lane.in_flight += 1;
                self.hungry |= lane.room(self.bounds.lane) > 0;
                self.in_flight += 1;
                self.doubtful += usize::from(doubtful);
                self.begin(job, doubtful, now);
            }
            self.line_up(id);
        }
    }

    /// Begins an attempt.
    fn begin(&self, job: Job, doubtful: bool, began: Instant) {
        self.figures.begun(job.lag(began));
        let target = self.lanes.get(&job.lane).and_then(|lane| lane.target());
        let (app, ends) = (self.app.clone(), self.ends.0.clone());
        tokio::spawn(async move {
            let attempted = match (target, job.body.clone()) {
                (Some(Ok(endpoint)), Some(body)) => app.sender.send(&endpoint, job.event, body, app.clock.now()).await,
                (Some(Err(why)), _) => unsent(why),
                (_, None) => unsent("the event is older than what is kept".to_owned()),
                (None, _) => unsent("the endpoint is not known".to_owned()),
            };
            // Nobody hears it when the worker has stopped without waiting.
            let _ = ends.send(Done { job, began, attempted, doubtful });
        });
    }

    /// An attempt has ended.
    pub(super) fn ended(&mut self, done: Done) {
        let Done { mut job, began, attempted, doubtful } = done;
        let (now, id, cap) = (Instant::now(), job.lane, self.bounds.lane);
        self.in_flight -= 1;
        if doubtful {
            self.doubtful -= 1;
            for waiting in std::mem::take(&mut self.held_back) {
                self.line_up(waiting);
            }
        }
        let random = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
        let mut verdict = judge(job.attempts, &attempted, &self.schedule, random);
        if job.body.is_none() {
            // It will never be there again.
            (verdict.state, verdict.wait) = ("failed", None);
        }
        self.figures.ended(&attempted, verdict);
        let mut block = None;
        let mut note = None;
        let mut idle = false;
        if let Some(lane) = self.lanes.get_mut(&id) {
            lane.ended(attempted.duration, job.size(), now);
            match attempted.outcome {
                Outcome::Delivered if lane.succeeded(now) => note = Some(lane.settled(true, None, false)),
                Outcome::Delivered => {}
                Outcome::Failed => {
                    block = lane.health.failed(is_dead(&attempted), cap).filter(|_| !lane.closing);
                    note = Some(lane.settled(false, block, false));
                }
                Outcome::Throttled(_) => block = verdict.wait.filter(|_| !lane.closing),
                // Until it is switched off, which comes right behind.
                Outcome::Gone => block = Some(GONE).filter(|_| !lane.closing),
            }
            idle = lane.in_flight == 0;
        }
        // The bytes are sent; what waits for the database needs them no more.
        job.body = job.body.map(|_| Bytes::new());
        let attempt = Uuid::now_v7();
        self.tell_finisher(News::Finished(Box::new(Finished { job, attempt, began, attempted, verdict })));
        if let Some(note) = note {
            self.tell_finisher(News::Settled(id, note));
        }
        if block.is_some() {
            self.close(id, block);
        }
        let over =
            |lane: &Lane| lane.closing || (lane.queue.is_empty() && !lane.hungry && self.crowded.contains(&id.0));
        if idle && self.lanes.get(&id).is_some_and(over) {
            self.leave(id, block);
        } else {
            self.hungry |= self.lanes.get(&id).is_some_and(|lane| lane.room(cap) > 0);
            self.line_up(id);
        }
    }
}

/// An attempt that could not begin.
fn unsent(why: String) -> Attempted {
    Attempted { status: None, error: Some(why), excerpt: None, duration: Duration::ZERO, outcome: Outcome::Failed }
}
