//! How a lane fares: the circuit that opens when nothing succeeds any more.

use std::time::Duration;

/// Failures in a row after which a lane is left alone.
const THRESHOLD: u32 = 10;
/// For how long, the first time; each probe that fails doubles it,
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What is remembered of a lane's attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Failures since the last success.
    pub failures: u32,
    /// Whether the last attempt that counts failed.
    pub failing: bool,
}

impl Health {
    /// As the lane's row tells it.
    pub fn new(failures: i32, failing: bool) -> Self {
        Self { failures: u32::try_from(failures).unwrap_or(0), failing }
    }

    /// Whether the circuit is open: only one attempt at a time, to see.
    pub fn is_probing(self) -> bool {
        self.failures >= THRESHOLD
    }

    /// Whether attempts are likely to take long and come to nothing.
    pub fn is_doubtful(self) -> bool {
        self.failures > 0
    }

    /// An attempt succeeded.
    pub fn succeeded(&mut self) {
        *self = Self { failures: 0, failing: false };
    }

    /// An attempt failed; `dead` when nobody was there, and not when somebody answered with a refusal. The pause that
    /// follows, if one does; `at_once` attempts may fail together and count as one.
    pub fn failed(&mut self, dead: bool, at_once: u32) -> Option<Duration> {
        self.failing = true;
        if !dead {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let probes = self.failures.checked_sub(THRESHOLD)?.saturating_sub(at_once.saturating_sub(1));
        Some((FIRST_PAUSE * 2u32.saturating_pow(probes.min(16))).min(LONGEST_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_in_a_row_open_the_circuit_and_failed_probes_double_the_pause() {
        let mut health = Health::new(0, false);
        for _ in 0..9 {
            assert_eq!(health.failed(true, 1), None);
        }
        assert!(!health.is_probing() && health.is_doubtful());
        let mut pause = || health.failed(true, 1).map(|pause| pause.as_secs());
        assert_eq!([pause(), pause(), pause(), pause(), pause()], [30, 60, 120, 240, 300].map(Some));
        assert!(health.is_probing());
        health.succeeded();
        assert_eq!((health, health.failed(true, 1)), (Health { failures: 0, failing: false }, None));
    }

    #[test]
    fn four_that_fail_together_pause_as_one() {
        let mut health = Health::new(9, true);
        let pauses = [(); 5].map(|()| health.failed(true, 4).map(|pause| pause.as_secs()));
        assert_eq!(pauses, [30, 30, 30, 30, 60].map(Some));
    }

    #[test]
    fn a_refusal_is_a_failure_of_the_delivery_and_not_of_the_way_to_it() {
        let mut health = Health::new(9, true);
        assert_eq!((health.failed(false, 1), health.failures, health.failing), (None, 9, true));
    }
}
