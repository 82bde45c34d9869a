//! The figures behind `/metrics`.

use std::time::Duration;

use poem::http::StatusCode;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder, core::Collector,
};

/// Seconds; fine around the latencies that are promised.
const BUCKETS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counts requests, and owns the registry on which every other part registers its own figures.
pub struct Metrics {
    /// All figures of this server.
    pub registry: Registry,
    requests: IntCounterVec,
    duration: HistogramVec,
    in_flight: IntGauge,
}

impl Metrics {
    /// A registry with the figures of requests.
    pub fn new() -> Self {
        let requests = IntCounterVec::new(
            Opts::new("http_requests_total", "Requests answered, by operation and status."),
            &["operation", "status"],
        )
        .expect("the name and labels are valid");
        let duration = HistogramVec::new(
            HistogramOpts::new("http_request_duration_seconds", "Time from a request's head to its answer's head.")
                .buckets(BUCKETS.to_vec()),
            &["operation"],
        )
        .expect("the name, labels and buckets are valid");
        let in_flight =
            IntGauge::new("http_requests_in_flight", "Requests being answered.").expect("the name is valid");
        let metrics = Self { registry: Registry::new(), requests, duration, in_flight };
        metrics.register(metrics.requests.clone());
        metrics.register(metrics.duration.clone());
        metrics.register(metrics.in_flight.clone());
        metrics
    }

    /// Adds a figure; each name must be registered once only.
    pub fn register(&self, figure: impl Collector + 'static) {
        self.registry.register(Box::new(figure)).expect("each figure has a name of its own");
    }

    /// All figures in the Prometheus text format.
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .expect("writing to memory cannot fail and every family has a name and a type");
        String::from_utf8(text).expect("names and labels are UTF-8")
    }

    /// Counts one answered request; `operation` is one of a fixed list of names, never a path.
    pub(super) fn answered(&self, operation: &str, status: StatusCode, took: Duration) {
        self.requests.with_label_values(&[operation, status.as_str()]).inc();
        self.duration.with_label_values(&[operation]).observe(took.as_secs_f64());
    }

    /// Counts a request as in progress until the guard is dropped, also when its client goes away.
    pub(super) fn enter(&self) -> InFlight<'_> {
        self.in_flight.inc();
        InFlight(&self.in_flight)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

pub(super) struct InFlight<'a>(&'a IntGauge);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
