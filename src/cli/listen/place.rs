//! Where a reader stands in the log of events.
//!
//! Ids sort by time, but an event becomes visible when its transaction ends, which may be after a younger one. So a
//! reader goes over the last seconds again and again and knows what it has seen of them.

use std::collections::BTreeSet;

use uuid::Uuid;

/// Longer than the server lets a request, and so the transaction of an event, run.
const OVERLAP_MS: u128 = 20_000;
/// Bits of an id below its milliseconds.
const BELOW_TIME: u32 = 80;

/// A place in the log.
#[derive(Debug)]
pub(super) struct Place {
    settled: Uuid,
    seen: BTreeSet<Uuid>,
    last: Option<Uuid>,
}

impl Place {
    /// Behind an event.
    pub(super) fn behind(event: Uuid) -> Self {
        Self { settled: event, seen: BTreeSet::new(), last: None }
    }

    /// At the end of a log whose youngest event is this one; what may still become visible before it counts as new, once
    /// those who are visible have been passed.
    pub(super) fn near(youngest: Uuid) -> Self {
        Self::behind(overlap(youngest))
    }

    /// The id up to which nothing new can come.
    pub(super) fn settled(&self) -> Uuid {
        self.settled
    }

    /// Whether an event was not passed yet.
    pub(super) fn is_new(&self, event: Uuid) -> bool {
        event > self.settled && !self.seen.contains(&event)
    }

    /// Passes an event. Events of one look at the log have to be passed in their order.
    pub(super) fn pass(&mut self, event: Uuid) {
        self.seen.insert(event);
        self.last = self.last.max(Some(event));
        let youngest = self.seen.last().copied().unwrap_or(event);
        self.settled = self.settled.max(overlap(youngest));
        self.seen = self.seen.split_off(&self.settled);
    }

    /// The youngest event that was passed.
    pub(super) fn last(&self) -> Option<Uuid> {
        self.last
    }
}

fn overlap(event: Uuid) -> Uuid {
    let millis = event.as_u128() >> BELOW_TIME;
    Uuid::from_u128(millis.saturating_sub(OVERLAP_MS) << BELOW_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An id of a time in seconds.
    fn id(seconds: u128, number: u128) -> Uuid {
        Uuid::from_u128((seconds * 1000) << BELOW_TIME | number)
    }

    #[test]
    fn an_event_that_becomes_visible_late_is_still_new() {
        let mut place = Place::behind(id(100, 1));
        assert!(!place.is_new(id(100, 1)) && !place.is_new(id(99, 1)) && place.is_new(id(100, 2)));
        place.pass(id(110, 1));
        assert!(place.is_new(id(105, 1)) && !place.is_new(id(110, 1)));
        assert_eq!(place.settled(), id(100, 1), "nothing is settled yet");
        place.pass(id(125, 1));
        assert_eq!(place.settled(), id(105, 0));
        assert!(place.is_new(id(106, 1)) && !place.is_new(id(110, 1)) && !place.is_new(id(104, 1)));
        assert_eq!(place.last(), Some(id(125, 1)));
    }

    #[test]
    fn a_late_event_does_not_take_the_reader_back() {
        let mut place = Place::near(id(100, 7));
        assert_eq!(place.settled(), id(80, 0));
        place.pass(id(100, 7));
        place.pass(id(200, 1));
        place.pass(id(190, 1));
        assert_eq!((place.settled(), place.last()), (id(180, 0), Some(id(200, 1))));
        assert!(!place.is_new(id(190, 1)) && !place.is_new(id(200, 1)));
    }
}
