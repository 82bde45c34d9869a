//! The rule by which a load is measured.

use std::time::{Duration, Instant};

use super::process;

/// Not counted: connections open, statements are prepared, caches fill.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

/// The processes whose cost is told apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cast {
    /// The server under test; none while the floor is measured.
    pub(crate) server: Option<u32>,
    /// The first process of Postgres.
    pub(crate) postgres: Option<u32>,
    /// Who makes the load.
    pub(crate) client: Option<u32>,
}

/// What a window gave.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    /// Calls per second.
    pub(crate) rate: f64,
    /// CPU microseconds per call: of the server, of Postgres, of the client.
    pub(crate) server: Option<f64>,
    pub(crate) postgres: Option<f64>,
    pub(crate) client: Option<f64>,
    /// The most memory that the server had, in bytes.
    pub(crate) resident: Option<u64>,
}

/// One end of a window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    at: Instant,
    calls: u64,
    spent: [Option<Duration>; 3],
}

impl Mark {
    /// Now, with so many calls answered since the load began.
    pub(crate) fn now(cast: Cast, calls: u64) -> Self {
        let spent = [
            cast.server.and_then(process::cpu),
            cast.postgres.and_then(process::cpu_of_family),
            cast.client.and_then(process::cpu),
        ];
        Self { at: Instant::now(), calls, spent }
    }

    /// What happened since an earlier mark.
    pub(crate) fn since(self, earlier: Self, resident: Option<u64>) -> Measured {
        let calls = (self.calls - earlier.calls) as f64;
        let cost = |who: usize| Some((self.spent[who]? - earlier.spent[who]?).as_secs_f64() * 1e6 / calls);
        Measured {
            rate: calls / (self.at - earlier.at).as_secs_f64(),
            server: cost(0),
            postgres: cost(1),
            client: cost(2),
            resident,
        }
    }
}

impl Measured {
    /// What windows of about the same length gave on average.
    pub(crate) fn mean(of: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> Option<f64>| -> Option<f64> {
            of.iter().map(part).sum::<Option<f64>>().map(|sum| sum / of.len() as f64)
        };
        Self {
            rate: mean(|one| Some(one.rate)).unwrap_or(f64::NAN),
            server: mean(|one| one.server),
            postgres: mean(|one| one.postgres),
            client: mean(|one| one.client),
            resident: of.iter().filter_map(|one| one.resident).max(),
        }
    }
}

/// The middle of some numbers; the mean of the two middle ones where there are two.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    match numbers.len() {
        0 => f64::NAN,
        count => f64::midpoint(numbers[(count - 1) / 2], numbers[count / 2]),
    }
}
