//! The throttle of calls that need no credential: by client address, all calls and wrong guesses apart.
//!
//! A game server behind one address makes many calls with tokens that exist; somebody who guesses makes calls with
//! tokens that do not. So the guesses have a limit of their own, and who has used it up gets no further answer from that
//! address for the rest of the minute, not even for a token that exists.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;

use crate::{
    error::ApiError,
    limits::{Quota, Quotas, Refusal, Subject},
};

/// The part of the limit that each replica gives an address without counting it in the database, so that the two calls
/// of a player's browser cost no round trip. It is taken off the counted rest, so that one replica exceeds the limit of a
/// minute by this part at most, when the 60 s of the uncounted calls and the counted minute overlap.
const UNCOUNTED_PART: i32 = 100;

/// Limits for the public calls of each client address.
#[derive(Debug)]
pub struct PublicThrottle {
    quotas: Arc<Quotas>,
    counted: Quota,
    guesses: Quota,
    uncounted: i32,
    newcomers: Cache<IpAddr, Arc<AtomicI32>>,
}

impl PublicThrottle {
    /// `per_minute` for all calls, `guesses_per_minute` for those with unknown or malformed tokens.
    pub fn new(quotas: Arc<Quotas>, per_minute: i32, guesses_per_minute: i32) -> Self {
        let uncounted = per_minute / UNCOUNTED_PART;
        Self {
            quotas,
            counted: Quota { per_minute: per_minute - uncounted, per_day: None },
            guesses: Quota { per_minute: guesses_per_minute, per_day: None },
            uncounted,
            newcomers: Cache::builder().max_capacity(200_000).time_to_live(Duration::from_secs(60)).build(),
        }
    }

    /// Lets a call of an address begin, or answers 429. `network` is the address or, for IPv6, its /64.
    pub async fn admit(&self, network: IpAddr) -> Result<(), ApiError> {
        if let Some(standing) = self.quotas.exhausted(Subject::Guesses(network)) {
            return Err(standing.refusal());
        }
        let calls = self.newcomers.get_with(network, Arc::default);
        if calls.load(Ordering::Relaxed) < self.uncounted && calls.fetch_add(1, Ordering::Relaxed) < self.uncounted {
            return Ok(());
        }
        self.spend(Subject::Address(network), self.counted).await
    }

    /// Counts a guess, or answers 429 instead of what the guess would have got.
    pub async fn guessed(&self, network: IpAddr) -> Result<(), ApiError> {
        self.spend(Subject::Guesses(network), self.guesses).await
    }

    async fn spend(&self, subject: Subject, quota: Quota) -> Result<(), ApiError> {
        match self.quotas.spend(subject, quota).await {
            Ok(_) => Ok(()),
            Err(Refusal::Exhausted(standing)) => Err(standing.refusal()),
            Err(Refusal::Unavailable(error)) => Err(error),
        }
    }
}
