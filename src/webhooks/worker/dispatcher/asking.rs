//! What to ask the database for, and what its answers mean.

use std::time::SystemTime;

use tokio::time::Instant;
use uuid::Uuid;

use super::{
    super::{
        claimer::{Answer, Ask, Found, HandOut, Room, SCAN, Seen, Take, Want},
        lane::Lane,
        outbox::{self, Handed, LOOK},
    },
    Dispatcher, Id, LOOK_EVERY, RENEW_EVERY,
    portions::portions,
};
use crate::{queue::Health, tenant::PropertyId, tenant_pool::QueryError, webhooks::alarm::Rung};

/// Lanes that are taken at once, so that several workers that hear of work at the same time share it.
const TAKEN_AT_ONCE: usize = 8;

impl Dispatcher {
    /// Somebody rang.
    pub(super) fn rang(&mut self, rung: Rung) {
        if rung.anybody {
            self.search();
        }
        self.settled.retain(|tenant, _| !rung.changed.contains(&PropertyId(*tenant)));
        let now = Instant::now();
        for property in rung.properties {
            self.wrote(property.0, false);
            if self.settled.get(&property.0).is_none_or(|(until, _)| *until <= now) {
                self.rung.insert(property.0);
            }
            let changed = rung.changed.contains(&property);
            for (_, lane) in self.lanes.iter_mut().filter(|((tenant, _), _)| *tenant == property.0) {
                // What is new is handed out; only what was made for its lane waits there.
                lane.hungry |= changed;
                lane.missed |= lane.leaving;
                self.hungry |= changed;
            }
        }
    }

    /// Looks for events and rows of everybody.
    pub(super) fn search(&mut self) {
        (self.look_out, self.scan) = (true, true);
    }

    /// A property may have events in the outbox, perhaps not only recent ones.
    fn wrote(&mut self, property: Uuid, whole: bool) {
        match self.written.iter_mut().find(|(known, _)| *known == property) {
            Some((_, known)) => *known |= whole,
            None => self.written.push_back((property, whole)),
        }
    }

    /// Whether there is something to ask for.
    pub(super) fn wants_to_ask(&self) -> bool {
        self.hungry
            || self.tell
            || self.look_out
            || self.scan
            || !self.written.is_empty()
            || !self.rung.is_empty()
            || !self.candidates.is_empty()
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
        ask.hand_out = self.hand_out();
        if std::mem::take(&mut self.look_out) {
            ask.look = Some((self.behind, self.whole));
        }
        if std::mem::take(&mut self.scan) {
            ask.scan = Some(self.cursor);
        }
        ask.take = self.take();
        ask.want = self.wants();
        self.wanted = ask.want.iter().map(|want| (want.lane, want.since)).collect();
        let looks = ask.look.is_some() || ask.scan.is_some();
        if ask.renew.is_empty()
            && ask.hand_out.is_none()
            && !looks
            && ask.take.is_none()
            && ask.want.is_empty()
            && !ask.tell
        {
            // Lanes are wanted and there is no place for them.
            return self.pace.answered(now, 0);
        }
        self.asking = self.wires.asks.try_send(ask).is_ok();
    }

    /// Events to hand out, in turn, with the room of their lanes.
    fn hand_out(&mut self) -> Option<HandOut> {
        let count = self.written.len().min(outbox::PROPERTIES);
        if count == 0 {
            return None;
        }
        let properties: Vec<(Uuid, bool)> = self.written.drain(..count).collect();
        let lanes = self.lanes.iter().filter(|((tenant, _), _)| properties.iter().any(|(one, _)| one == tenant));
        let lanes = lanes.map(|(id, lane)| {
            let deliveries = i64::try_from(lane.space(self.bounds.lane)).unwrap_or(0);
            Room { lane: *id, deliveries, version: lane.version.clone() }
        });
        Some(HandOut { lanes: lanes.collect(), properties })
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
        // What was tried before may not fill the queues while nothing of it can be begun.
        let again = (self.bounds.total / 2).saturating_sub(self.doubtful);
        portions(&mut self.lanes, self.bounds, again)
    }

    /// The database has answered.
    pub(super) fn answered(&mut self, answer: Result<Answer, QueryError>) {
        self.asking = false;
        let now = Instant::now();
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "due deliveries cannot be asked for");
                self.pace.failed(now);
                self.search();
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
            // As many as the claimer asks for.
            lane.asked(if health.is_probing() { 1 } else { self.bounds.lane as usize });
            self.lanes.insert(*id, lane);
        }
        for (tenant, foreign) in &answer.settled {
            self.settled.insert(*tenant, (now + LOOK_EVERY, *foreign));
        }
        self.crowded.extend(&answer.crowded);
        self.tell |= answer.foreign;
        if let Some(Take { tenants, lanes, .. }) = &answer.untaken {
            self.rung.extend(tenants);
            self.candidates.extend(lanes);
        }
        let rows = answer.handed.jobs.len() + answer.jobs.len();
        let jobs = std::mem::take(&mut answer.handed.jobs);
        let handed = std::mem::replace(&mut answer.handed, Handed { jobs, ..Handed::default() });
        let (taken, whole) = (std::mem::take(&mut answer.taken), std::mem::take(&mut answer.whole));
        self.receive(answer, now);
        // Behind what was claimed: what still waits may have been due before that.
        self.handed(&handed, &taken, &whole);
        // What waits in a lane that can claim it was not found in vain.
        let room = |id: &Id| self.lanes.get(id).is_some_and(|lane| lane.room(self.bounds.lane) > 0);
        let waits = handed.waiting.iter().any(|(id, _)| room(id));
        self.pace.answered(now, rows.max(usize::from(waits)));
    }

    /// What handing out has left to do.
    fn handed(&mut self, handed: &Handed, taken: &[(Id, Health)], whole: &[Uuid]) {
        for property in &handed.more {
            self.wrote(*property, whole.contains(property));
        }
        for (id, due) in &handed.waiting {
            match (self.lanes.get_mut(id), self.settled.get(&id.0)) {
                // Claimed from behind the handing out, if there was room. (Else a lane that once had to wait would wait on
                // for as long as each question has a new event to hand out.)
                (Some(_), _) if taken.iter().any(|(taken, _)| taken == id) => {}
                (Some(lane), _) if !lane.leaving && self.wanted.get(id).is_some_and(|since| since <= due) => {}
                (Some(lane), _) => {
                    lane.missed |= lane.leaving;
                    lane.wait_from(*due);
                    self.hungry = true;
                }
                (None, Some((_, foreign))) => self.tell |= foreign,
                (None, None) => _ = self.rung.insert(id.0),
            }
        }
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
        let handed = answer.handed.jobs.into_iter().map(|job| (job, true));
        for (job, handed) in handed.chain(answer.jobs.into_iter().map(|job| (job, false))) {
            let id = job.lane;
            match self.lanes.get_mut(&id) {
                Some(lane) if !lane.closing && !lane.leaving => {
                    if handed {
                        lane.handed(job);
                    } else {
                        lane.received(job);
                    }
                    self.hungry |= lane.hungry;
                    self.line_up(id);
                }
                lane => {
                    // It waits again, for whoever takes the lane next.
                    lane.into_iter().for_each(|lane| lane.missed = true);
                    self.give_back([job]);
                }
            }
        }
        if let Some(found) = answer.found {
            self.found(&found);
        }
        if let Some(seen) = answer.seen {
            self.saw(seen);
        }
    }

    /// What a portion of the look at the outbox found.
    fn found(&mut self, Found { properties, whole }: &Found) {
        for (property, age) in properties {
            if let Some(age) = age {
                self.oldest = self.oldest.max(*age);
                self.wrote(*property, *whole);
            }
        }
        if let Some((last, _)) = properties.last().filter(|_| properties.len() >= LOOK) {
            (self.behind, self.look_out) = (*last, true);
        } else {
            (self.behind, self.whole) = (Uuid::nil(), false);
        }
    }

    /// What a portion of the scan saw.
    fn saw(&mut self, seen: Vec<Seen>) {
        let whole = seen.len() < SCAN;
        for Seen { lane: id, free, age } in &seen {
            let Some(age) = age else { continue };
            self.oldest = self.oldest.max(*age);
            if let Some(lane) = self.lanes.get_mut(id) {
                // Another process may have handed it out.
                lane.missed |= lane.leaving;
                (lane.hungry, lane.since) = (true, SystemTime::UNIX_EPOCH);
                self.hungry = true;
            } else if *free && !self.candidates.contains(id) {
                self.candidates.push_back(*id);
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
