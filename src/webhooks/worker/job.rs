//! A claimed delivery in the hands of a worker.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::Instant;
use tokio_postgres::Row;
use uuid::Uuid;

use super::verdict::Verdict;
use crate::webhooks::Attempted;

/// An endpoint: its property and its id.
pub(super) type Lane = (Uuid, Uuid);

/// A claimed delivery.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) lane: Lane,
    pub(super) id: Uuid,
    pub(super) claim: Uuid,
    pub(super) event: Uuid,
    /// Which attempt this is, from 1.
    pub(super) attempts: i32,
    pub(super) trigger: &'static str,
    /// The bytes to send; none when the event is older than what is kept.
    pub(super) body: Option<Bytes>,
    /// When it was due, by the database's clock.
    pub(super) due: SystemTime,
    /// How long it had been due when it was claimed.
    waited: Duration,
    asked: Instant,
    /// Until when the claim surely holds.
    pub(super) holds_until: Instant,
}

impl Job {
    /// Reads a claimed row; `asked` is when the claim was sent, and the lease counts from there.
    pub(super) fn read(row: &Row, claim: Uuid, asked: Instant, lease: Duration) -> Result<Self, tokio_postgres::Error> {
        let waited: f64 = row.try_get("waited")?;
        let body: Option<&str> = row.try_get("body")?;
        Ok(Self {
            lane: (row.try_get("property_id")?, row.try_get("lane")?),
            id: row.try_get("id")?,
            claim,
            event: row.try_get("event_id")?,
            attempts: row.try_get("attempts")?,
            trigger: match row.try_get("trigger")? {
                "manual" => "manual",
                "test" => "test",
                _ => "scheduled",
            },
            body: body.map(|body| Bytes::copy_from_slice(body.as_bytes())),
            due: row.try_get("due_at")?,
            waited: Duration::try_from_secs_f64(waited.max(0.0)).unwrap_or_default(),
            asked,
            holds_until: asked + lease,
        })
    }

    /// How long it has been due.
    pub(super) fn lag(&self, now: Instant) -> Duration {
        self.waited + now.saturating_duration_since(self.asked)
    }

    /// Bytes that it takes in memory, roughly.
    pub(super) fn size(&self) -> usize {
        256 + self.body.as_ref().map_or(0, Bytes::len)
    }
}

/// What came of a delivery, to be written.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) job: Job,
    pub(super) attempt: Uuid,
    pub(super) began: Instant,
    pub(super) attempted: Attempted,
    pub(super) verdict: Verdict,
}

/// How a lane fares, to be written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    pub(super) failures: u32,
    pub(super) failing: bool,
    pub(super) success: bool,
    pub(super) block: Option<Duration>,
    /// The worker gives it up.
    pub(super) over: bool,
}

/// What the finisher is told.
#[derive(Debug)]
pub(super) enum News {
    Finished(Box<Finished>),
    GivenBack(Vec<(Lane, Uuid, Uuid)>),
    Settled(Lane, Settled),
}
