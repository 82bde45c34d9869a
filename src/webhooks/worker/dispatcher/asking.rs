//! What to ask the database for, and what its answers mean.

use tokio::time::Instant;
use uuid::Uuid;

use super::{
    super::{
        claimer::{Answer, Ask, SCAN, Seen, Take, Want},
        lane::Lane,
    },
    Dispatcher, LOOK_EVERY, RENEW_EVERY,
};
use crate::{tenant::PropertyId, tenant_pool::QueryError, webhooks::alarm::Rung};

/// Lanes that are taken at once, so that several workers that hear of work at the same time share it.
const TAKEN_AT_ONCE: usize = 8;
/// Deliveries that are claimed at once.
const CLAIMED_AT_ONCE: usize = 512;

impl Dispatcher {
    /// Somebody rang.
    pub(super) fn rang(&mut self, rung: Rung) {
        self.scan |= rung.anybody;
        self.settled.retain(|tenant, _| !rung.changed.contains(&PropertyId(*tenant)));
        let now = Instant::now();
        for property in rung.properties {
            if self.settled.get(&property.0).is_none_or(|until| *until <= now) {
                self.rung.insert(property.0);
            }
            for (_, lane) in self.lanes.iter_mut().filter(|((tenant, _), _)| *tenant == property.0) {
                lane.hungry = true;
                lane.missed |= lane.leaving;
                self.hungry = true;
            }
        }
    }

    /// Whether there is something to ask for.
    pub(super) fn wants_to_ask(&self) -> bool {
        self.hungry || self.scan || !self.rung.is_empty() || !self.candidates.is_empty()
    }

    /// Asks, if the time has come and no answer is awaited.
    pub(super) fn ask(&mut self, now: Instant) {
        let renews = now >= self.renew && !self.lanes.is_empty();
        if self.asking || !(renews || (self.wants_to_ask() && now >= self.pace.next())) {
            return;
        }
        let mut ask = Ask { tell: std::mem::take(&mut self.tell), ..Ask::default() };
        if renews {
            self.renew = now + RENEW_EVERY;
            ask.renew = self.lanes.iter().filter(|(_, lane)| !lane.leaving).map(|(id, _)| *id).collect();
        }
        if std::mem::take(&mut self.scan) {
            ask.scan = Some(self.cursor);
        }
        ask.take = self.take();
        ask.want = self.wants();
        if ask.renew.is_empty() && ask.scan.is_none() && ask.take.is_none() && ask.want.is_empty() && !ask.tell {
            // Lanes are wanted and there is no place for them.
            return self.pace.answered(now, 0);
        }
        self.asking = self.wires.asks.try_send(ask).is_ok();
    }

    /// Lanes to take: of whoever rang, and of those that the scan saw.
    fn take(&mut self) -> Option<Take> {
        let room = self.bounds.total.saturating_sub(self.lanes.len()).min(TAKEN_AT_ONCE);
        if room == 0 {
            return None;
        }
        let tenants: Vec<Uuid> = self.rung.drain().collect();
        for (_, lane) in self.lanes.iter_mut().filter(|((tenant, _), _)| tenants.contains(tenant)) {
            // It may have been taken while its tenant rang.
            lane.hungry = true;
            self.hungry = true;
        }
        let mut lanes = Vec::new();
        while lanes.len() < room
            && let Some(candidate) = self.candidates.pop_front()
        {
            if !self.lanes.contains_key(&candidate) {
                lanes.push(candidate);
            }
        }
        if tenants.is_empty() && lanes.is_empty() {
            return None;
        }
        Some(Take { tenants, lanes, most: room, held: self.lanes.keys().map(|(_, lane)| *lane).collect() })
    }

    /// Deliveries to claim in the lanes that have room for more.
    fn wants(&mut self) -> Vec<Want> {
        if !std::mem::take(&mut self.hungry) {
            return Vec::new();
        }
        let mut left = CLAIMED_AT_ONCE;
        // What was tried before may not fill the queues while nothing of it can be begun.
        let doubtful_room = (self.bounds.total / 2).saturating_sub(self.doubtful);
        let mut want = Vec::new();
        for (id, lane) in &mut self.lanes {
            let room = lane.room(self.bounds.lane).min(left);
            if room == 0 {
                continue;
            }
            left -= room;
            let again = room.min(doubtful_room);
            lane.asked(again);
            let number = |room: usize| i64::try_from(room).unwrap_or(0);
            let (since, version) = (lane.since, lane.version.clone());
            want.push(Want { lane: *id, first: number(room), again: number(again), since, version });
        }
        // Those that found no room here are looked for again.
        self.hungry = left == 0;
        want
    }

    /// The database has answered.
    pub(super) fn answered(&mut self, answer: Result<Answer, QueryError>) {
        self.asking = false;
        let now = Instant::now();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "due deliveries cannot be asked for");
                self.pace.failed(now);
                self.scan = true;
                self.lanes.values_mut().for_each(|lane| lane.hungry = true);
                self.hungry = true;
                return;
            }
        };
        let began = answer.began.unwrap_or(now);
        let held = began + self.lease();
        for id in &answer.renewed {
            if let Some(lane) = self.lanes.get_mut(id) {
                lane.holds_until = held;
            }
            // It may have waited for that.
            self.line_up(*id);
        }
        for id in &answer.lost {
            tracing::warn!(webhook = %id.1, "an endpoint was lost to another worker");
            self.close(*id, None);
        }
        for (id, health) in &answer.taken {
            let mut lane = Lane::new(*health, held, now);
            lane.asked(self.bounds.lane as usize);
            self.lanes.insert(*id, lane);
        }
        for tenant in &answer.settled {
            self.settled.insert(*tenant, now + LOOK_EVERY);
        }
        self.crowded.extend(&answer.crowded);
        self.tell |= answer.foreign;
        if let Some(Take { tenants, lanes, .. }) = &answer.untaken {
            self.rung.extend(tenants);
            self.candidates.extend(lanes);
        }
        self.receive(answer, now);
    }

    /// Takes in rows and endpoints.
    fn receive(&mut self, answer: Answer, now: Instant) {
        for known in answer.endpoints {
            let id = (known.property, known.id);
            let enabled = known.enabled;
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.learn(known, now);
            }
            if !enabled {
                self.close(id, None);
            }
        }
        let rows = answer.jobs.len();
        let mut touched = Vec::new();
        for job in answer.jobs {
            let id = job.lane;
            match self.lanes.get_mut(&id) {
                Some(lane) if !lane.closing && !lane.leaving => {
                    lane.received(job);
                    self.hungry |= lane.hungry;
                    touched.push(id);
                }
                _ => self.give_back([job]),
            }
        }
        touched.dedup();
        touched.into_iter().for_each(|id| self.line_up(id));
        if let Some(seen) = answer.seen {
            self.saw(seen);
        }
        self.pace.answered(now, rows);
    }

    /// What a portion of the scan saw.
    fn saw(&mut self, seen: Vec<Seen>) {
        let whole = seen.len() < SCAN;
        for Seen { lane: id, free, age } in &seen {
            if let Some(age) = age {
                self.oldest = self.oldest.max(*age);
                if *free && !self.lanes.contains_key(id) && !self.candidates.contains(id) {
                    self.candidates.push_back(*id);
                }
            }
        }
        if whole {
            self.figures.oldest(self.oldest);
            (self.cursor, self.oldest) = ((Uuid::nil(), Uuid::nil()), 0.0);
        } else if let Some(last) = seen.last() {
            (self.cursor, self.scan) = (last.lane, true);
        }
    }
}
