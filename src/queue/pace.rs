//! How soon to ask the database again.

use std::time::Duration;

use tokio::time::Instant;

/// What each row of the last answer adds to the pause: few rows mean that there is time, many that they come anyway. Where
/// more than one comes in this time the pause grows until it is the longest; where fewer come it stays close to nothing.
const PER_ROW: Duration = Duration::from_millis(2);
/// The longest pause after an answer with rows; what is asked then answers all that came meanwhile.
const BUSY: Duration = Duration::from_millis(25);
/// The first pause after an answer without rows,
const QUIET: Duration = Duration::from_millis(1);
/// and the longest, for alarms that ring for nothing.
const VAIN: Duration = Duration::from_millis(25);
/// The pause after an error.
const TROUBLED: Duration = Duration::from_millis(300);

/// Makes asking rare when every answer is full or none is, and immediate when the queue was idle.
#[derive(Debug)]
pub struct Pace {
    next: Instant,
    vain: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { next: Instant::now(), vain: QUIET }
    }
}

impl Pace {
    /// When to ask again at the earliest.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// An answer came with so many rows.
    pub fn answered(&mut self, now: Instant, rows: usize) {
        if rows == 0 {
            self.next = now + self.vain;
            self.vain = (self.vain * 2).min(VAIN);
        } else {
            self.next = now + (PER_ROW * u32::try_from(rows).unwrap_or(u32::MAX).min(1000)).min(BUSY);
            self.vain = QUIET;
        }
    }

    /// No answer came.
    pub fn failed(&mut self, now: Instant) {
        self.next = now + TROUBLED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_the_answers_and_with_vain_questions_and_are_bounded() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let mut pause = |rows: Option<usize>| {
            match rows {
                Some(rows) => pace.answered(now, rows),
                None => pace.failed(now),
            }
            (pace.next() - now).as_micros()
        };
        assert_eq!([1, 4, 50, 1_000_000].map(|rows| pause(Some(rows))), [2000, 8000, 25_000, 25_000]);
        assert_eq!([0; 7].map(|rows| pause(Some(rows))), [1000, 2000, 4000, 8000, 16_000, 25_000, 25_000]);
        assert_eq!([pause(Some(1)), pause(Some(0)), pause(None)], [2000, 1000, 300_000]);
    }
}
