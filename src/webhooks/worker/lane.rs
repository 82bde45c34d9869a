//! A lane that this worker holds: what of it is in memory, and how much more to ask for.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant as Moment, SystemTime},
};

use tokio::time::Instant;

use super::{
    endpoint::{Known, Target},
    job::{Job, Settled},
};
use crate::{
    queue::{Bucket, Health},
    webhooks::Endpoint,
};

/// Claimed deliveries should be under way within about this time.
const AHEAD: Duration = Duration::from_millis(250);
/// Deliveries of a lane in memory, and the bytes that they take.
const MOST_ROWS: f64 = 256.0;
const MOST_BYTES: f64 = 4.0 * 1024.0 * 1024.0;
/// What an endpoint is thought to take before anything is known of it.
const UNKNOWN: Duration = Duration::from_millis(250);
/// How much a single attempt changes what is thought.
const LEARNING: f64 = 0.1;
/// A success of a lane that fares well is written down this often.
const NOTE_EVERY: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) queue: VecDeque<Job>,
    pub(super) in_flight: u32,
    /// Rows may wait for it in the database.
    pub(super) hungry: bool,
    /// What was due before was claimed, as far as it could be seen.
    pub(super) since: SystemTime,
    /// How many of the rows that were asked for must come for there to be more.
    awaited: usize,
    /// No more is claimed or begun; it is given up when nothing is under way.
    pub(super) closing: bool,
    /// It was given up, and the database has not said that it heard.
    pub(super) leaving: bool,
    /// It stands in the line of those that can send.
    pub(super) listed: bool,
    /// Rang while it was leaving.
    pub(super) missed: bool,
    pub(super) health: Health,
    pub(super) version: String,
    pub(super) holds_until: Instant,
    pub(super) taken: Instant,
    pub(super) idle_since: Instant,
    target: Option<Result<Target, String>>,
    url: Option<String>,
    bucket: Option<Bucket>,
    latency: f64,
    bytes: f64,
    noted: Option<Instant>,
    /// What the row does not say yet.
    unsaid: bool,
}

impl Lane {
    pub(super) fn new(health: Health, holds_until: Instant, now: Instant) -> Self {
        Self {
            queue: VecDeque::new(),
            in_flight: 0,
            hungry: true,
            since: SystemTime::UNIX_EPOCH,
            awaited: 0,
            closing: false,
            leaving: false,
            listed: false,
            missed: false,
            health,
            version: String::new(),
            holds_until,
            taken: now,
            idle_since: now,
            target: None,
            url: None,
            bucket: None,
            latency: UNKNOWN.as_secs_f64(),
            bytes: 1024.0,
            noted: None,
            unsaid: false,
        }
    }

    /// The endpoint's rows have changed, or are new.
    pub(super) fn learn(&mut self, known: Known, now: Instant) {
        let url = known.target.as_ref().ok().map(|target| target.at(Moment::now()).url.to_string());
        if self.url.is_some() && self.url != url {
            // Its row begins anew as well.
            self.health.succeeded();
        }
        self.url = url;
        self.version = known.version;
        self.target = Some(known.target);
        let same = |bucket: &Bucket| known.rate_limit.is_some_and(|limit| bucket.per_second() == f64::from(limit));
        if !self.bucket.as_ref().is_some_and(same) {
            self.bucket = known.rate_limit.map(|limit| Bucket::new(limit, now));
        }
    }

    /// Where to send, or why nothing can be sent; none while that is not known.
    pub(super) fn target(&self) -> Option<Result<Arc<Endpoint>, String>> {
        let target = self.target.as_ref()?;
        Some(target.as_ref().map(|target| target.at(Moment::now())).map_err(Clone::clone))
    }

    /// Attempts that may be under way at once.
    pub(super) fn cap(&self, cap: u32) -> u32 {
        if self.health.is_probing() { 1 } else { cap }
    }

    /// Whether the next delivery could begin, but for its own limit per second.
    pub(super) fn can_send(&self, cap: u32) -> bool {
        !self.closing
            && !self.leaving
            && self.target.is_some()
            && self.in_flight < self.cap(cap)
            && !self.queue.is_empty()
    }

    /// Whether its own limit per second lets one pass now, or when.
    pub(super) fn pass(&mut self, now: Instant) -> Result<(), Duration> {
        self.bucket.as_mut().map_or(Ok(()), |bucket| bucket.take(now))
    }

    /// Deliveries to ask the database for; 0 while there are enough.
    pub(super) fn room(&self, cap: u32) -> usize {
        let (target, has) = (self.target_len(cap), self.queue.len());
        if !self.hungry || has * 2 > target { 0 } else { target - has }
    }

    /// Deliveries that may be handed to it; none while older ones may wait for it in the database.
    pub(super) fn space(&self, cap: u32) -> usize {
        if self.hungry { 0 } else { self.target_len(cap).saturating_sub(self.queue.len()) }
    }

    /// Deliveries that it should have in memory.
    fn target_len(&self, cap: u32) -> usize {
        if self.closing || self.leaving {
            return 0;
        }
        let cap = self.cap(cap);
        let in_time = f64::from(cap) * AHEAD.as_secs_f64() / self.latency.max(1e-4);
        let allowed = self.bucket.as_ref().map_or(f64::MAX, Bucket::per_second).max(1.0);
        let most = in_time.min(MOST_ROWS).min(MOST_BYTES / self.bytes).min(allowed).max(f64::from(cap));
        most.round() as usize
    }

    /// Rows were asked for; when as many as this come, there may be more.
    pub(super) fn asked(&mut self, room: usize) {
        self.hungry = false;
        self.awaited = room.max(1);
    }

    /// A new delivery has come that never waited; what does may be older, so nothing follows for the next question.
    pub(super) fn handed(&mut self, job: Job) {
        self.queue.push_back(job);
    }

    /// Rows wait for it in the database, due from then on.
    pub(super) fn wait_from(&mut self, due: SystemTime) {
        self.hungry = true;
        self.since = self.since.min(due);
    }

    /// A row has come.
    pub(super) fn received(&mut self, job: Job) {
        if job.attempts == 1 {
            self.since = self.since.max(job.due);
        }
        self.queue.push_back(job);
        self.awaited = self.awaited.saturating_sub(1);
        self.hungry |= self.awaited == 0;
    }

    /// An attempt has ended.
    pub(super) fn ended(&mut self, took: Duration, size: usize, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.idle_since = now;
        self.latency +=
            (took.as_secs_f64() - self.latency) * if took.as_secs_f64() > self.latency { 0.5 } else { LEARNING };
        self.bytes += (size as f64 - self.bytes) * LEARNING;
    }

    /// An attempt succeeded; whether its row should say so now.
    pub(super) fn succeeded(&mut self, now: Instant) -> bool {
        let changed = self.health.failing || self.health.failures > 0;
        self.health.succeeded();
        let due = changed || self.noted.is_none_or(|noted| now >= noted + NOTE_EVERY);
        self.unsaid = !due;
        if due {
            self.noted = Some(now);
        }
        due
    }

    /// What its row should say.
    pub(super) fn settled(&self, success: bool, block: Option<Duration>, over: bool) -> Settled {
        let Health { failures, failing } = self.health;
        Settled { failures, failing, success: success || (over && self.unsaid), block, over }
    }

    /// What was claimed for it and will not be sent.
    pub(super) fn give_back(&mut self) -> impl Iterator<Item = Job> {
        self.queue.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> Lane {
        let now = Instant::now();
        Lane::new(Health::new(0, false), now + Duration::from_secs(30), now)
    }

    fn after(took: Duration, size: usize) -> usize {
        let mut lane = lane();
        for _ in 0..200 {
            lane.in_flight += 1;
            lane.ended(took, size, Instant::now());
        }
        lane.room(4)
    }

    #[test]
    fn it_asks_for_a_quarter_of_a_seconds_work_at_its_own_latency() {
        assert_eq!(lane().room(4), 4, "an endpoint that nothing is known of");
        assert_eq!(after(Duration::from_millis(10), 1000), 100);
        assert_eq!(after(Duration::from_micros(500), 1000), 256, "not more than is kept in memory");
        assert_eq!(after(Duration::from_secs(15), 1000), 4, "one for each place at least");
        assert!(after(Duration::from_millis(1), 1024 * 1024) <= 4, "large events are few");
    }

    #[test]
    fn it_asks_for_no_more_while_it_has_enough_or_none_are_left() {
        let mut lane = lane();
        lane.asked(4);
        assert_eq!(lane.room(4), 0, "what was asked for did not fill the room");
        lane.hungry = true;
        assert_eq!(lane.room(4), 4);
        lane.closing = true;
        assert_eq!(lane.room(4), 0);
    }

    #[test]
    fn nothing_new_is_handed_to_it_while_older_rows_wait() {
        let mut lane = lane();
        assert_eq!(lane.space(4), 0, "of a lane that was just taken nothing is known");
        lane.asked(4);
        assert_eq!(lane.space(4), 4);
        lane.wait_from(SystemTime::UNIX_EPOCH);
        assert_eq!(lane.space(4), 0);
        lane.asked(4);
        lane.leaving = true;
        assert_eq!(lane.space(4), 0);
    }

    #[test]
    fn what_waits_is_claimed_though_later_rows_have_come() {
        let (mut lane, noon) = (lane(), SystemTime::UNIX_EPOCH + Duration::from_secs(43_200));
        lane.since = noon;
        lane.wait_from(noon + Duration::from_secs(1));
        assert_eq!(lane.since, noon);
        lane.wait_from(noon - Duration::from_secs(1));
        assert_eq!(lane.since, noon - Duration::from_secs(1));
    }

    #[test]
    fn it_gets_slower_at_once_and_faster_little_by_little() {
        let mut lane = lane();
        lane.latency = 0.001;
        lane.in_flight = 2;
        lane.ended(Duration::from_secs(1), 0, Instant::now());
        assert!(lane.latency > 0.5);
        lane.ended(Duration::from_millis(1), 0, Instant::now());
        assert!(lane.latency > 0.4);
    }
}
