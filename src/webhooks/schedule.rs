//! When a failed delivery is tried again.

use std::time::Duration;

use crate::config;

/// How far a wait may be from what the settings say, either way, so that what failed together does not come back together.
const JITTER: f64 = 0.2;

/// The waits between attempts.
#[derive(Debug, Clone)]
pub struct Schedule(Vec<Duration>);

impl Schedule {
    /// The waits of `webhooks.schedule`.
    pub fn new(config: &config::Webhooks) -> Self {
        Self(config.schedule.clone())
    }

    /// The wait after this many failed attempts, at least one: what the settings say, 20 % more or less as `random` (0
    /// to 1) decides. `None` when the delivery has been tried often enough.
    pub fn after(&self, failed_attempts: u32, random: f64) -> Option<Duration> {
        let place = usize::try_from(failed_attempts).ok()?.checked_sub(1)?;
        let wait = self.0.get(place)?;
        Some(wait.mul_f64(1.0 - JITTER + 2.0 * JITTER * random.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_longer_give_or_take_a_fifth_until_the_schedule_ends() {
        let schedule = Schedule([5, 300, 1800].map(Duration::from_secs).to_vec());
        let seconds = |failed, random| schedule.after(failed, random).map(|wait| wait.as_secs_f64().round());
        assert_eq!([0.0, 0.5, 1.0].map(|random| seconds(1, random)), [Some(4.0), Some(5.0), Some(6.0)]);
        assert_eq!([0.0, 0.5, 1.0].map(|random| seconds(2, random)), [Some(240.0), Some(300.0), Some(360.0)]);
        assert_eq!([0.0, 0.5, 1.0].map(|random| seconds(3, random)), [Some(1440.0), Some(1800.0), Some(2160.0)]);
        assert_eq!([4, 5, u32::MAX].map(|failed| seconds(failed, 0.5)), [None; 3]);
        assert_eq!(seconds(0, 0.5), None);
    }
}
