//! Decides: which lanes to take, how much to claim, what to send next. All of a worker's state is here, in one task.

mod asking;
mod portions;
mod sending;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    claimer::{Answer, Ask},
    figures::Figures,
    job::{Job, Lane as Id, News},
    lane::Lane,
    outbox::SWEEP_EVERY,
};
use crate::{
    app::App,
    queue::Pace,
    tenant_pool::QueryError,
    webhooks::{Attempted, Schedule},
};

/// How often everything is looked through: rows that became due, lanes that others left, endpoints that are new.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often lanes are looked through that have nothing to do.
const TIDY_EVERY: Duration = Duration::from_millis(100);
/// How often leases are made longer.
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// A lane without work is kept this long, since work often comes again.
const LINGER: Duration = Duration::from_secs(1);
/// A lane is given up after this time when others wait for a place.
const TENURE: Duration = Duration::from_secs(2);
/// What remains of a lease when an attempt begins is at least the attempt's time and this, for its outcome to be written.
pub(super) const FINISH: Duration = Duration::from_secs(5);
/// How much longer a lease is than what must remain of it.
pub(super) const SLACK: Duration = Duration::from_secs(10);

/// How long the last answer is waited for at a stop.
const LAST_ANSWER: Duration = Duration::from_secs(2);

/// The bounds of a worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Attempts under way in one lane,
    pub(super) lane: u32,
    /// and in all.
    pub(super) total: usize,
    /// The longest that an attempt takes.
    pub(super) timeout: Duration,
    /// How long what is under way has at a stop.
    pub(super) drain: Duration,
}

/// An attempt that has ended.
pub(super) struct Done {
    pub(super) job: Job,
    pub(super) began: Instant,
    pub(super) attempted: Attempted,
    /// Whether it counted among the doubtful.
    pub(super) doubtful: bool,
}

/// The ways to the other tasks of the worker.
pub(super) struct Wires {
    pub(super) asks: mpsc::Sender<Ask>,
    pub(super) answers: mpsc::Receiver<Result<Answer, QueryError>>,
    pub(super) news: mpsc::UnboundedSender<News>,
    pub(super) left: mpsc::UnboundedReceiver<Id>,
    pub(super) heard: Arc<Notify>,
}

/// See the module.
pub(super) struct Dispatcher {
    app: App,
    bounds: Bounds,
    schedule: Schedule,
    figures: Figures,
    wires: Wires,
    ends: (mpsc::UnboundedSender<Done>, mpsc::UnboundedReceiver<Done>),
    lanes: HashMap<Id, Lane>,
    /// Lanes that can send, in turn.
    ready: VecDeque<Id>,
    /// Lanes that wait for their own limit per second.
    paced: Vec<Id>,
    paced_until: Option<Instant>,
    /// Lanes that wait for the doubtful attempts of others to end.
    held_back: Vec<Id>,
    in_flight: usize,
    /// Attempts under way that were tried before or go where nobody answered last.
    doubtful: usize,
    /// Whether a lane may want rows.
    hungry: bool,
    /// Tenants that rang and may have lanes that nobody holds.
    rung: HashSet<Uuid>,
    /// Tenants that are known to have none, until when, and whether others have some of their lanes.
    settled: HashMap<Uuid, (Instant, bool)>,
    /// Properties that may have events in the outbox, in turn, and whether not only recent ones.
    written: VecDeque<(Uuid, bool)>,
    /// Tenants that want more lanes than they may have; theirs are given up as soon as they are idle.
    crowded: HashSet<Uuid>,
    /// Lanes that can be taken, as the last scans saw them.
    candidates: VecDeque<Id>,
    /// Where the look at the outbox, and the scan, go on.
    behind: Uuid,
    cursor: Id,
    look_out: bool,
    /// Whether the look is for all events, and when the next such look is due.
    whole: bool,
    sweep: Instant,
    scan: bool,
    tell: bool,
    oldest: f64,
    asking: bool,
    /// From when on due rows are claimed in which lanes, by what is asked now.
    wanted: HashMap<Id, SystemTime>,
    pace: Pace,
    look: Instant,
    tidy: Instant,
    renew: Instant,
}

impl Dispatcher {
    pub(super) fn new(app: App, bounds: Bounds, figures: Figures, wires: Wires) -> Self {
        let now = Instant::now();
        Self {
            schedule: Schedule::new(&app.config.webhooks),
            app,
            bounds,
            figures,
            wires,
            ends: mpsc::unbounded_channel(),
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            paced: Vec::new(),
            paced_until: None,
            held_back: Vec::new(),
            in_flight: 0,
            doubtful: 0,
            hungry: false,
            rung: HashSet::new(),
            settled: HashMap::new(),
            written: VecDeque::new(),
            crowded: HashSet::new(),
            candidates: VecDeque::new(),
            behind: Uuid::nil(),
            cursor: (Uuid::nil(), Uuid::nil()),
            look_out: true,
            whole: true,
            sweep: now + SWEEP_EVERY,
            scan: true,
            tell: false,
            oldest: 0.0,
            asking: false,
            wanted: HashMap::new(),
            pace: Pace::default(),
            look: now + LOOK_EVERY,
            tidy: now + TIDY_EVERY,
            renew: now + RENEW_EVERY,
        }
    }

    /// Works until stopped, then gives back what was not begun and waits for what was, within the drain.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let (app, heard) = (self.app.clone(), self.wires.heard.clone());
        while !stop.is_cancelled() {
            let now = Instant::now();
            self.send_all(now);
            self.on_time(now);
            self.ask(now);
            let wake = self.wake(now);
            tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = self.ends.1.recv() => self.ended(done),
                Some(answer) = self.wires.answers.recv() => self.answered(answer),
                Some(lane) = self.wires.left.recv() => self.left(lane),
                rung = app.alarm.rung() => self.rang(rung),
                () = heard.notified() => self.search(),
                () = tokio::time::sleep_until(wake) => {}
            }
            while let Ok(done) = self.ends.1.try_recv() {
                self.ended(done);
            }
        }
        self.stop().await;
    }

    /// When something is to be done although nothing happens.
    fn wake(&self, now: Instant) -> Instant {
        let mut wake = self.look.min(self.renew).min(self.tidy);
        wake = self.paced_until.map_or(wake, |until| wake.min(until));
        if !self.asking && self.wants_to_ask() {
            wake = wake.min(self.pace.next());
        }
        wake.max(now)
    }

    /// What the time brings about.
    fn on_time(&mut self, now: Instant) {
        if now >= self.look {
            self.look = now + LOOK_EVERY;
            self.search();
            if now >= self.sweep && self.behind.is_nil() {
                (self.whole, self.sweep) = (true, now + SWEEP_EVERY);
            }
            self.settled.retain(|_, (until, _)| *until > now);
            self.crowded.clear();
            for lane in self.lanes.values_mut() {
                (lane.hungry, lane.since) = (true, SystemTime::UNIX_EPOCH);
            }
            self.hungry = true;
        }
        if self.paced_until.is_some_and(|until| now >= until) {
            self.paced_until = None;
            for lane in std::mem::take(&mut self.paced) {
                self.line_up(lane);
            }
            self.send_all(now);
        }
        if now >= self.tidy {
            self.tidy = now + TIDY_EVERY;
            self.tidy(now);
        }
    }

    /// Gives up lanes that have nothing to do, and those that have had their turn while others wait.
    fn tidy(&mut self, now: Instant) {
        let crowded = !self.candidates.is_empty() && self.lanes.len() >= self.bounds.total;
        let ids: Vec<Id> = self.lanes.keys().copied().collect();
        for id in ids {
            let claiming = self.asking && self.wanted.contains_key(&id);
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            if lane.leaving {
                continue;
            }
            let idle = lane.in_flight == 0 && lane.queue.is_empty();
            let lost = now >= lane.holds_until;
            let linger = if self.crowded.contains(&id.0) { Duration::ZERO } else { LINGER };
            let done = idle && !lane.hungry && !claiming && now >= lane.idle_since + linger;
            if lost || (crowded && now >= lane.taken + TENURE) {
                self.close(id, None);
            } else if done || (idle && lane.closing) {
                self.leave(id, None);
            }
            self.drop_stale(id, now);
        }
    }

    /// Gives back what was claimed too long ago to be begun.
    fn drop_stale(&mut self, id: Id, now: Instant) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let needed = self.bounds.timeout + FINISH;
        if lane.queue.front().is_some_and(|job| job.holds_until < now + needed) {
            let (stale, fresh) = std::mem::take(&mut lane.queue)
                .into_iter()
                .partition::<VecDeque<_>, _>(|job| job.holds_until < now + needed);
            lane.queue = fresh;
            (lane.hungry, lane.since) = (true, SystemTime::UNIX_EPOCH);
            self.hungry = true;
            self.give_back(stale);
        }
    }

    /// Begins nothing more in a lane and gives it up as soon as nothing is under way there.
    fn close(&mut self, id: Id, block: Option<Duration>) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        lane.closing = true;
        let queued: Vec<Job> = lane.give_back().collect();
        let idle = lane.in_flight == 0;
        self.give_back(queued);
        if idle {
            self.leave(id, block);
        } else if let (Some(lane), Some(_)) = (self.lanes.get(&id), block) {
            self.tell_finisher(News::Settled(id, lane.settled(false, block, false)));
        }
    }

    /// Gives a lane up.
    fn leave(&mut self, id: Id, block: Option<Duration>) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        if !lane.leaving {
            lane.leaving = true;
            let settled = lane.settled(false, block, true);
            self.settled.remove(&id.0);
            self.tell_finisher(News::Settled(id, settled));
        }
    }

    /// The database has heard that a lane is given up.
    fn left(&mut self, id: Id) {
        // It may have been taken again before this was heard.
        if self.lanes.get(&id).is_some_and(|lane| !lane.leaving) {
            return;
        }
        if let Some(lane) = self.lanes.remove(&id) {
            self.settled.remove(&id.0);
            if lane.missed || self.crowded.contains(&id.0) {
                self.rung.insert(id.0);
            }
        }
    }

    fn give_back(&self, jobs: impl IntoIterator<Item = Job>) {
        let rows: Vec<_> = jobs.into_iter().map(|job| (job.lane, job.id, job.claim)).collect();
        if !rows.is_empty() {
            self.tell_finisher(News::GivenBack(rows));
        }
    }

    fn tell_finisher(&self, news: News) {
        // The finisher ends after its last teller, or by a panic that ends the process.
        let _ = self.wires.news.send(news);
    }

    async fn stop(mut self) {
        let end = Instant::now() + self.bounds.drain;
        // What was asked for is still coming, and would wait for its lease otherwise.
        if self.asking
            && let Ok(Some(Ok(answer))) = tokio::time::timeout(LAST_ANSWER, self.wires.answers.recv()).await
        {
            self.answered(Ok(answer));
        }
        let ids: Vec<Id> = self.lanes.keys().copied().collect();
        ids.iter().for_each(|id| self.close(*id, None));
        while self.in_flight > 0 {
            match tokio::time::timeout_at(end, self.ends.1.recv()).await {
                Ok(Some(done)) => self.ended(done),
                _ => {
                    tracing::warn!(under_way = self.in_flight, "deliveries were cut off; they are sent again");
                    break;
                }
            }
        }
    }
}
