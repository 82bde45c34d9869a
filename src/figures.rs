//! Figures that are read when somebody asks for them: pools, caches, leases, and what waits to be written.

use prometheus::{IntGauge, IntGaugeVec, Opts};

use crate::{app::Shared, http::Metrics};

/// The gauges; see each one's help text.
#[derive(Debug)]
pub struct Figures {
    connections: IntGaugeVec,
    cached_keys: IntGauge,
    leased_subjects: IntGauge,
    waiting_entries: IntGauge,
    change_log_current: IntGauge,
}

impl Figures {
    /// Makes them known to the figures of the process.
    pub fn register(metrics: &Metrics) -> Self {
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help).expect("the names here are valid");
            metrics.register(gauge.clone());
            gauge
        };
        let opts = Opts::new("playhouse_db_connections", "Connections to Postgres by pool and state");
        let connections = IntGaugeVec::new(opts, &["pool", "state"]).expect("the names here are valid");
        metrics.register(connections.clone());
        Self {
            connections,
            cached_keys: gauge("playhouse_cached_keys", "API keys in memory"),
            leased_subjects: gauge("playhouse_quota_subjects", "Keys and addresses whose quota this replica follows"),
            waiting_entries: gauge("playhouse_audit_entries_waiting", "Audit entries not yet written"),
            change_log_current: gauge("playhouse_change_log_current", "1 while revocations arrive in time, else 0"),
        }
    }
}

impl Shared {
    /// Reads the gauges anew.
    pub fn refresh_figures(&self) {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        for (name, db) in [("requests", &self.db), ("counters", &self.counters), ("background", &self.background)] {
            let pool = db.get_postgres_connection_pool();
            let idle = i64::try_from(pool.num_idle()).unwrap_or(i64::MAX);
            self.figures.connections.with_label_values(&[name, "idle"]).set(idle);
            self.figures.connections.with_label_values(&[name, "used"]).set(i64::from(pool.size()) - idle);
        }
        self.figures.cached_keys.set(number(self.org_keys.cached() + self.property_keys.cached()));
        self.figures.leased_subjects.set(number(self.quotas.followed()));
        self.figures.waiting_entries.set(i64::try_from(self.trail.waiting()).unwrap_or(i64::MAX));
        self.figures.change_log_current.set(i64::from(self.changes.is_current()));
    }
}
