//! How a transaction begins.

use std::{borrow::Cow, time::Duration};

/// How strictly a transaction is kept from others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    #[default]
    ReadCommitted,
    /// All statements see what was committed before the first; writing what another changed since is refused (40001).
    RepeatableRead,
    /// As if one transaction ran after the other; what does not fit is refused (40001).
    Serializable,
}

/// A transaction's kind, and settings that hold until its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begin<'a> {
    isolation: Isolation,
    read_only: bool,
    locals: Vec<(&'static str, Cow<'a, str>)>,
}

impl<'a> Begin<'a> {
    /// A transaction that may write.
    pub fn read_write() -> Self {
        Self::default()
    }

    /// A transaction that only reads; Postgres refuses its writes.
    pub fn read_only() -> Self {
        Self { read_only: true, ..Self::default() }
    }

    /// Sets how strictly it is kept from others; [`Isolation::ReadCommitted`] otherwise.
    #[must_use]
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// Breaks off each statement after this time, in place of `database.statement_timeout_seconds`.
    #[must_use]
    pub fn statement_timeout(self, timeout: Duration) -> Self {
        // Zero would mean no limit at all.
        self.local("statement_timeout", timeout.as_millis().max(1).to_string())
    }

    /// Times without an offset are of this zone; a zone that Postgres does not know is refused (22023).
    #[must_use]
    pub fn time_zone(self, zone: impl Into<Cow<'a, str>>) -> Self {
        self.local("TimeZone", zone)
    }

    /// Plans its statements for the values that they come with, for filters on values of very different frequency.
    #[must_use]
    pub fn custom_plans(self) -> Self {
        self.local("plan_cache_mode", "force_custom_plan")
    }

    fn local(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.locals.push((name, value.into()));
        self
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(super) fn locals(&self) -> &[(&'static str, Cow<'a, str>)] {
        &self.locals
    }

    pub(super) fn sql(&self) -> &'static str {
        match (self.isolation, self.read_only) {
            (Isolation::ReadCommitted, false) => "begin isolation level read committed read write",
            (Isolation::ReadCommitted, true) => "begin isolation level read committed read only",
            (Isolation::RepeatableRead, false) => "begin isolation level repeatable read read write",
            (Isolation::RepeatableRead, true) => "begin isolation level repeatable read read only",
            (Isolation::Serializable, false) => "begin isolation level serializable read write",
            (Isolation::Serializable, true) => "begin isolation level serializable read only",
        }
    }
}
