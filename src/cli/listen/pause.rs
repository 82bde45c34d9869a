//! Longer and longer waits for somebody who is away.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// The waits of one absence: a second, then twice as long each time, up to half a minute.
#[derive(Debug, Default)]
pub(super) struct Pause(Option<Duration>);

impl Pause {
    /// The next wait.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.0.map_or(FIRST, |wait| (wait * 2).min(LONGEST));
        self.0 = Some(wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let mut pause = Pause::default();
        let waits: Vec<u64> = (0..7).map(|_| pause.next().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
    }
}
