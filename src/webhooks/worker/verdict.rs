//! What an attempt means for the row of its delivery.

use std::time::Duration;

use crate::webhooks::{Attempted, Outcome, Schedule};

/// How long an endpoint is left alone that asked for patience and did not say how long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The shortest wait that an endpoint can ask for; "after 0 seconds" would be asked for without end.
const SHORTEST: Duration = Duration::from_secs(1);

/// What a delivery becomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verdict {
    /// The state of the row.
    pub(super) state: &'static str,
    /// How long until it is due again; none when it is over.
    pub(super) wait: Option<Duration>,
    /// What to add to its attempts: an attempt that the endpoint would not have is taken back.
    pub(super) counted: i32,
}

/// Judges the attempt of this number; `random` is between 0 and 1.
pub(super) fn judge(attempts: i32, attempted: &Attempted, schedule: &Schedule, random: f64) -> Verdict {
    match attempted.outcome {
        Outcome::Delivered => Verdict { state: "delivered", wait: None, counted: 0 },
        Outcome::Throttled(wait) => {
            let wait = wait.unwrap_or(PATIENCE).max(SHORTEST);
            Verdict { state: "pending", wait: Some(wait), counted: -1 }
        }
        // What went to an endpoint that is switched off by it waits until it is switched on again.
        Outcome::Failed | Outcome::Gone => match schedule.after(u32::try_from(attempts).unwrap_or(0), random) {
            Some(wait) => Verdict { state: "pending", wait: Some(wait), counted: 0 },
            None => Verdict { state: "failed", wait: None, counted: 0 },
        },
    }
}

/// Whether an attempt says that nobody is there, and not that somebody refuses.
pub(super) fn is_dead(attempted: &Attempted) -> bool {
    attempted.outcome == Outcome::Failed && attempted.status.is_none_or(|status| status >= 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(attempts: i32, outcome: Outcome) -> (&'static str, Option<u64>, i32) {
        let mut config = crate::config::Config::from_sources([], None).unwrap().webhooks;
        config.schedule = [10, 100].map(Duration::from_secs).to_vec();
        let schedule = Schedule::new(&config);
        let attempted = Attempted { status: None, error: None, excerpt: None, duration: Duration::ZERO, outcome };
        let verdict = judge(attempts, &attempted, &schedule, 0.5);
        (verdict.state, verdict.wait.map(|wait| wait.as_secs()), verdict.counted)
    }

    #[test]
    fn failures_go_by_the_schedule_and_patience_costs_no_attempt() {
        assert_eq!(judged(1, Outcome::Delivered), ("delivered", None, 0));
        assert_eq!(judged(1, Outcome::Failed), ("pending", Some(10), 0));
        assert_eq!(judged(2, Outcome::Failed), ("pending", Some(100), 0));
        assert_eq!(judged(3, Outcome::Failed), ("failed", None, 0));
        assert_eq!(judged(1, Outcome::Gone), ("pending", Some(10), 0));
        assert_eq!(judged(3, Outcome::Throttled(Some(Duration::from_secs(7)))), ("pending", Some(7), -1));
        assert_eq!(judged(3, Outcome::Throttled(None)), ("pending", Some(30), -1));
        assert_eq!(judged(3, Outcome::Throttled(Some(Duration::ZERO))), ("pending", Some(1), -1));
    }

    #[test]
    fn whoever_answers_is_not_dead() {
        let dead = |status, outcome| {
            is_dead(&Attempted { status, error: None, excerpt: None, duration: Duration::ZERO, outcome })
        };
        assert!(dead(None, Outcome::Failed) && dead(Some(500), Outcome::Failed) && dead(Some(503), Outcome::Failed));
        assert!(!dead(Some(404), Outcome::Failed) && !dead(Some(429), Outcome::Throttled(None)));
    }
}
