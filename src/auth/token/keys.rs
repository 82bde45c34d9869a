//! One issuer's key set as this process holds it.
//!
//! The set is replaced as a whole, and only by one with a usable key in it; when fetching fails, the last good set
//! serves on for 2 hours. A key name that the set does not know may be a fresh rotation or an attack: it leads to at
//! most one fetch per 10 seconds, which everybody who asks meanwhile waits for, and a name that a fetch did not bring
//! is not asked for again for a minute.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::DecodingKey;
use moka::sync::Cache;
use tokio::sync::Mutex;

use super::{
    TokenRefusal,
    jwks::{KeySet, Source},
};
use crate::clock::Clock;

const REFRESH_EVERY: Duration = Duration::from_secs(10 * 60);
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(60);
const STALE_AFTER: TimeDelta = TimeDelta::hours(2);
const PAUSE_BETWEEN_ASKED_FETCHES: TimeDelta = TimeDelta::seconds(10);
const ABSENT_FOR: TimeDelta = TimeDelta::seconds(60);
const MOST_ABSENT: u64 = 1_000;

/// The keys of one issuer, fetched, held and refreshed.
pub(super) struct Keys {
    source: Source,
    clock: Clock,
    held: ArcSwapOption<Held>,
    /// Who holds it fetches; inside is when somebody last asked for a key that was not there.
    gate: Arc<Mutex<Option<DateTime<Utc>>>>,
    absent: Cache<String, DateTime<Utc>>,
}

struct Held {
    keys: KeySet,
    asked_at: DateTime<Utc>,
}

impl Keys {
    pub(super) fn new(source: Source, clock: Clock) -> Self {
        Self { source, clock, held: ArcSwapOption::empty(), gate: Arc::default(), absent: Cache::new(MOST_ABSENT) }
    }

    /// The issuer's key of this name, fetched once more if that may help.
    pub(super) async fn find(self: &Arc<Self>, kid: &str) -> Result<Arc<DecodingKey>, TokenRefusal> {
        let asked_at = self.clock.now();
        match self.look(kid) {
            Err(TokenRefusal::UnknownKey) if self.is_absent(kid) => return Err(TokenRefusal::UnknownKey),
            Err(_) => self.fetch_for(kid).await,
            found => return found,
        }
        let outcome = self.look(kid);
        if matches!(outcome, Err(TokenRefusal::UnknownKey)) && self.is_newer_than(asked_at) {
            self.absent.insert(kid.to_owned(), asked_at);
        }
        outcome
    }

    /// Loads the set now and again before it gets old, sooner after a failure; never ends.
    pub(super) async fn keep_fresh(&self) {
        let mut retry = FIRST_RETRY;
        loop {
            if self.refresh().await {
                retry = FIRST_RETRY;
                tokio::time::sleep(jittered(REFRESH_EVERY)).await;
            } else {
                tokio::time::sleep(jittered(retry)).await;
                retry = (retry * 2).min(LONGEST_RETRY);
            }
        }
    }

    /// Loads the set now; whether it came.
    pub(super) async fn refresh(&self) -> bool {
        let _turn = self.gate.lock().await;
        self.load().await
    }

    pub(super) fn ever_loaded(&self) -> bool {
        self.held.load().is_some()
    }

    fn look(&self, kid: &str) -> Result<Arc<DecodingKey>, TokenRefusal> {
        let held = self.held.load();
        let held = held.as_ref().filter(|held| self.clock.now() - held.asked_at <= STALE_AFTER);
        let held = held.ok_or(TokenRefusal::KeysUnavailable)?;
        held.keys.get(kid).cloned().ok_or(TokenRefusal::UnknownKey)
    }

    fn is_absent(&self, kid: &str) -> bool {
        self.absent.get(kid).is_some_and(|since| self.is_within(since, ABSENT_FOR))
    }

    fn is_newer_than(&self, instant: DateTime<Utc>) -> bool {
        self.held.load().as_ref().is_some_and(|held| held.asked_at >= instant)
    }

    // A clock that was set back must not make a short pause a long one.
    fn is_within(&self, since: DateTime<Utc>, span: TimeDelta) -> bool {
        let age = self.clock.now() - since;
        TimeDelta::zero() <= age && age < span
    }

    async fn fetch_for(self: &Arc<Self>, kid: &str) {
        let mut last = Arc::clone(&self.gate).lock_owned().await;
        // While waiting for the turn somebody else may have brought the key.
        if self.look(kid).is_ok() || last.is_some_and(|last| self.is_within(last, PAUSE_BETWEEN_ASKED_FETCHES)) {
            return;
        }
        *last = Some(self.clock.now());
        // A task of its own: a caller who hangs up must not take the fetch away from the others.
        let keys = Arc::clone(self);
        let fetch = tokio::spawn(async move {
            keys.load().await;
            drop(last);
        });
        fetch.await.ok();
    }

    async fn load(&self) -> bool {
        let asked_at = self.clock.now();
        match self.source.fetch().await {
            Ok(keys) => {
                self.held.store(Some(Arc::new(Held { keys, asked_at })));
                true
            }
            Err(error) => {
                tracing::warn!(url = self.source.shown(), error = format!("{error:#}"), "key set could not be loaded");
                false
            }
        }
    }
}

/// Ten per cent more or less, so that many processes do not fetch at the same time.
fn jittered(span: Duration) -> Duration {
    let share = getrandom::u32().unwrap_or(u32::MAX / 2);
    span.mul_f64(0.9 + 0.2 * f64::from(share) / f64::from(u32::MAX))
}
