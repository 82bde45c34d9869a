//! The pool's figures for `/metrics`.

use std::sync::Weak;

use prometheus::{
    IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    core::{Collector, Desc},
    proto::MetricFamily,
};

use super::Shared;

/// What is counted while the pool works.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    checkouts: IntCounterVec,
    // Looked up once, since every request counts here.
    kept: IntCounter,
    switched: IntCounter,
    opened: IntCounterVec,
    open: IntGauge,
}

/// One link that is open; it counts until it is dropped.
#[derive(Debug)]
pub(super) struct Open(IntGauge);

impl Counts {
    pub(super) fn new() -> Self {
        let counter = |name: &str, help: &str, label: &str| {
            IntCounterVec::new(Opts::new(name, help), &[label]).expect("the names here are valid")
        };
        let checkouts = counter(
            "playhouse_tenant_checkouts_total",
            "Uses of a connection of the tables, by whether it carried the tenant already",
            "tenant",
        );
        Self {
            kept: checkouts.with_label_values(&["kept"]),
            switched: checkouts.with_label_values(&["switched"]),
            checkouts,
            opened: counter(
                "playhouse_tenant_connects_total",
                "Connections of the tables that were made, or could not be made",
                "outcome",
            ),
            open: IntGauge::new("open", "Connections that are open").expect("the name is valid"),
        }
    }

    /// Counts a use of a link.
    pub(super) fn checkout(&self, carried: bool) {
        if carried { self.kept.inc() } else { self.switched.inc() }
    }

    /// Counts an attempt to connect.
    pub(super) fn connected(&self, well: bool) {
        self.opened.with_label_values(&[if well { "made" } else { "failed" }]).inc();
    }

    /// Counts a link for as long as the answer lives.
    pub(super) fn open(&self) -> Open {
        self.open.inc();
        Open(self.open.clone())
    }

    /// How many links are open.
    pub(super) fn open_now(&self) -> i64 {
        self.open.get()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The figures as the registry collects them: gauges are read when somebody asks.
pub(super) struct Figures {
    pool: Weak<Shared>,
    counts: Counts,
    connections: IntGaugeVec,
}

impl Figures {
    pub(super) fn new(pool: Weak<Shared>, counts: Counts) -> Self {
        let opts = Opts::new("playhouse_tenant_connections", "Connections of the tables to Postgres by state");
        let connections = IntGaugeVec::new(opts, &["state"]).expect("the names here are valid");
        Self { pool, counts, connections }
    }
}

impl Collector for Figures {
    fn desc(&self) -> Vec<&Desc> {
        [self.counts.checkouts.desc(), self.counts.opened.desc(), self.connections.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let idle = self.pool.upgrade().map_or(0, |pool| i64::try_from(pool.idle().len()).unwrap_or(i64::MAX));
        self.connections.with_label_values(&["idle"]).set(idle);
        self.connections.with_label_values(&["used"]).set((self.counts.open_now() - idle).max(0));
        [self.counts.checkouts.collect(), self.counts.opened.collect(), self.connections.collect()].concat()
    }
}
