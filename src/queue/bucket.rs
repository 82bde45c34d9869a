//! A lane's own limit per second.

use std::time::Duration;

use tokio::time::Instant;

/// Lets so many pass per second, evenly: at most a tenth of a second's share at once, so that no second sees much more
/// than the limit.
#[derive(Debug)]
pub struct Bucket {
    per_second: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// A limit, with one token for a start.
    pub fn new(per_second: u32, now: Instant) -> Self {
        Self { per_second: f64::from(per_second.max(1)), tokens: 1.0, filled: now }
    }

    /// The limit.
    pub fn per_second(&self) -> f64 {
        self.per_second
    }

    /// Takes one, or says how long to wait for it.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = (self.tokens + passed * self.per_second).min((self.per_second / 10.0).max(1.0));
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) / self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pass within some time when asked every millisecond.
    fn passed(per_second: u32, millis: u64) -> u32 {
        let start = Instant::now();
        let mut bucket = Bucket::new(per_second, start);
        let mut count = 0;
        for milli in 0..millis {
            while bucket.take(start + Duration::from_millis(milli)).is_ok() {
                count += 1;
            }
        }
        count
    }

    #[test]
    fn a_second_sees_hardly_more_than_the_limit() {
        assert_eq!([passed(1, 1000), passed(5, 1000), passed(5, 10_000)], [1, 5, 50]);
        assert!((999..=1001).contains(&passed(1000, 1000)));
    }

    #[test]
    fn it_says_how_long_to_wait() {
        let now = Instant::now();
        let mut bucket = Bucket::new(2, now);
        assert_eq!(bucket.take(now), Ok(()));
        assert_eq!(bucket.take(now), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(now + Duration::from_millis(500)), Ok(()));
    }
}
