//! How the deliveries that are claimed at once are shared among the lanes that want some.
//!
//! All lanes that want some are asked for in one question, with fewer rows each where they are many. While a lane waits for
//! its turn nothing new is handed to it, because older rows may wait in the database; and after each look at everything all
//! of them want some, most of them for nothing. (Given in turn as much as each has room for, 50 quick endpoints took 25
//! questions every second, and whatever was written meanwhile came up to a tenth of a second late.)

use std::collections::HashMap;

use super::{
    super::{claimer::Want, job::Lane as Id, lane::Lane},
    Bounds,
};

/// Deliveries that are claimed at once, unless there are more lanes than that: each gets one.
const CLAIMED_AT_ONCE: usize = 512;

/// What to claim for the lanes that have room; of what was tried before at most `again` for each.
pub(super) fn portions(lanes: &mut HashMap<Id, Lane>, bounds: Bounds, again: usize) -> Vec<Want> {
    let hungry = lanes.values().filter(|lane| lane.room(bounds.lane) > 0).count();
    let share = (CLAIMED_AT_ONCE / hungry.max(1)).max(1);
    let mut want = Vec::with_capacity(hungry);
    for (id, lane) in lanes {
        let room = lane.room(bounds.lane).min(share);
        if room == 0 {
            continue;
        }
        let again = room.min(again);
        lane.asked(again);
        let number = |room: usize| i64::try_from(room).unwrap_or(0);
        let (since, version) = (lane.since, lane.version.clone());
        want.push(Want { lane: *id, first: number(room), again: number(again), since, version });
    }
    want
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;
    use uuid::Uuid;

    use super::*;
    use crate::queue::Health;

    const BOUNDS: Bounds =
        Bounds { lane: 4, total: 256, timeout: Duration::from_secs(15), drain: Duration::from_secs(10) };

    /// So many lanes of endpoints that answer within half a millisecond, each with room for 256 deliveries.
    fn quick(count: u128) -> HashMap<Id, Lane> {
        let lane = |number| {
            let now = Instant::now();
            let mut lane = Lane::new(Health::new(0, false), now + Duration::from_secs(30), now);
            for _ in 0..200 {
                lane.in_flight += 1;
                lane.ended(Duration::from_micros(500), 1000, now);
            }
            ((Uuid::from_u128(number), Uuid::from_u128(number)), lane)
        };
        (0..count).map(lane).collect()
    }

    #[test]
    fn all_that_are_hungry_are_asked_for_at_once() {
        for (count, each) in [(1, 256), (2, 256), (50, 10), (256, 2), (600, 1)] {
            let mut lanes = quick(count);
            let want = portions(&mut lanes, BOUNDS, 128);
            assert_eq!(want.iter().map(|want| want.first).collect::<Vec<_>>(), vec![each; lanes.len()]);
            assert!(lanes.values().all(|lane| !lane.hungry && lane.space(4) > 0), "what is new can be handed to them");
            assert!(portions(&mut lanes, BOUNDS, 128).is_empty());
        }
    }

    #[test]
    fn what_was_tried_before_gets_no_more_than_there_is_room_for() {
        let want = portions(&mut quick(1), BOUNDS, 3);
        assert_eq!((want[0].first, want[0].again), (256, 3));
    }
}
