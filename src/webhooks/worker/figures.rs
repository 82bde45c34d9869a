//! Figures of deliveries, for `/metrics`.

use std::time::Duration;

use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts};
use uuid::Uuid;

use super::verdict::Verdict;
use crate::{
    http::Metrics,
    webhooks::{Attempted, Outcome},
};

/// Seconds; fine where deliveries should be, coarse where retries are.
const LAGS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0];

/// The figures; clones count together.
#[derive(Debug, Clone)]
pub struct Figures {
    outcomes: IntCounterVec,
    lag: Histogram,
    lost: IntCounter,
    in_flight: IntGauge,
    depth: IntGaugeVec,
    oldest: Gauge,
    circuits: IntGaugeVec,
}

impl Figures {
    /// Makes them known to the figures of the process.
    pub fn register(metrics: &Metrics) -> Self {
        const NAMES: &str = "the names and labels here are valid";
        let vec = |name: &str, help: &str, label: &str| IntGaugeVec::new(Opts::new(name, help), &[label]).expect(NAMES);
        let outcomes = Opts::new("playhouse_webhook_attempts_total", "Attempts at deliveries, by what came of them");
        let lag = HistogramOpts::new(
            "playhouse_webhook_lag_seconds",
            "Time from when a delivery was due to when its attempt began",
        );
        let this = Self {
            outcomes: IntCounterVec::new(outcomes, &["outcome"]).expect(NAMES),
            lag: Histogram::with_opts(lag.buckets(LAGS.to_vec())).expect(NAMES),
            lost: IntCounter::new(
                "playhouse_webhook_leases_lost_total",
                "Outcomes that came after their lease ran out",
            )
            .expect(NAMES),
            in_flight: IntGauge::new("playhouse_webhook_in_flight", "Attempts of this process that are under way")
                .expect(NAMES),
            depth: vec(
                "playhouse_webhook_deliveries",
                "Deliveries of the installation by state, and events that are not handed out yet; counted up to a million",
                "state",
            ),
            oldest: Gauge::new(
                "playhouse_webhook_oldest_due_seconds",
                "For how long the oldest delivery has been due, of endpoints that have any",
            )
            .expect(NAMES),
            circuits: vec(
                "playhouse_webhook_circuit_open",
                "Endpoints that do not answer: 1 while they are left alone, 0 while one attempt shows whether they do again",
                "webhook",
            ),
        };
        metrics.register(this.outcomes.clone());
        metrics.register(this.lag.clone());
        metrics.register(this.lost.clone());
        metrics.register(this.in_flight.clone());
        metrics.register(this.depth.clone());
        metrics.register(this.oldest.clone());
        metrics.register(this.circuits.clone());
        this
    }

    /// An attempt begins, so long after it was due.
    pub(super) fn begun(&self, lag: Duration) {
        self.in_flight.inc();
        self.lag.observe(lag.as_secs_f64());
    }

    /// An attempt has ended.
    pub(super) fn ended(&self, attempted: &Attempted, verdict: Verdict) {
        self.in_flight.dec();
        let outcome = match attempted.outcome {
            Outcome::Delivered => "delivered",
            Outcome::Throttled(_) => "throttled",
            Outcome::Gone => "gone",
            Outcome::Failed if verdict.state == "failed" => "exhausted",
            Outcome::Failed => "failed",
        };
        self.outcomes.with_label_values(&[outcome]).inc();
    }

    /// An outcome came too late.
    pub(super) fn lost(&self) {
        self.lost.inc();
    }

    /// How old the oldest due delivery is, in seconds.
    pub(super) fn oldest(&self, seconds: f64) {
        self.oldest.set(seconds);
    }

    /// How many deliveries there are.
    pub(super) fn depth(&self, written: i64, pending: i64, sending: i64) {
        self.depth.with_label_values(&["undistributed"]).set(written);
        self.depth.with_label_values(&["pending"]).set(pending);
        self.depth.with_label_values(&["sending"]).set(sending);
    }

    /// The endpoints that do not answer, and whether each is left alone now.
    pub(super) fn circuits(&self, open: &[(Uuid, bool)]) {
        self.circuits.reset();
        for (webhook, open) in open {
            self.circuits.with_label_values(&[&webhook.to_string()]).set(i64::from(*open));
        }
    }
}
