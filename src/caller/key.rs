//! A key of either kind: looked up, judged, charged for the call.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem::Request;

use super::{app, network};
use crate::{
    app::App,
    auth::{
        credentials::{Credential, Credentials, Lookup},
        key_text::{self, KeyHash},
        org_key::OrgKey,
        property_key::PropertyKey,
    },
    call::{Call, UsedKey},
    error::ApiError,
    limits::{Quota, Refusal, Subject, standing::Standing},
};

/// What both kinds of key have: an end, a quota, a place in memory.
pub trait Key: Credential {
    /// Whether it opens anything at this instant.
    fn holds(&self, now: DateTime<Utc>) -> bool;

    /// How many calls it may make, and as whom it is counted.
    fn quota(&self) -> (Subject, Quota);

    /// The keys of this kind in memory.
    fn all(app: &App) -> &Credentials<Self>;

    /// The key as it is noted on a call.
    fn used(self: Arc<Self>) -> UsedKey;
}

impl Key for OrgKey {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        Self::holds(self, now)
    }

    fn quota(&self) -> (Subject, Quota) {
        (Subject::OrgKey(self.id), Self::quota(self))
    }

    fn all(app: &App) -> &Credentials<Self> {
        &app.org_keys
    }

    fn used(self: Arc<Self>) -> UsedKey {
        UsedKey::Org(self)
    }
}

impl Key for PropertyKey {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        Self::holds(self, now)
    }

    fn quota(&self) -> (Subject, Quota) {
        (Subject::PropertyKey(self.id), Self::quota(self))
    }

    fn all(app: &App) -> &Credentials<Self> {
        &app.property_keys
    }

    fn used(self: Arc<Self>) -> UsedKey {
        UsedKey::Property(self)
    }
}

/// The key of a text that has the form of one, if it holds now; 401 otherwise, 429 for who guesses too often.
pub(crate) async fn known<K: Key>(request: &Request, text: &str) -> Result<Arc<K>, ApiError> {
    let app = app(request);
    let key = match lookup::<K>(request, &app, &key_text::hash(text)).await? {
        Lookup::Known(key) => key,
        Lookup::Unknown { cold } => {
            if cold {
                app.public.guessed(network(request)).await?;
            }
            return Err(ApiError::unauthorized());
        }
    };
    let holds = key.holds(app.clock.now());
    Call::of(request).by_key(key.clone().used(), holds);
    if holds { Ok(key) } else { Err(ApiError::unauthorized()) }
}

async fn lookup<K: Key>(request: &Request, app: &App, hash: &KeyHash) -> Result<Lookup<K>, ApiError> {
    if let Some(known) = K::all(app).remembered(hash) {
        return Ok(known);
    }
    // Only what memory does not know costs the database, so only that counts as a guess.
    if let Some(standing) = app.quotas.exhausted(Subject::Guesses(network(request))) {
        return Err(standing.refusal());
    }
    K::all(app).lookup(hash).await
}

/// Charges a key for so many units, all or none, and notes on the call how it stands then; 429 when it has too few.
pub(crate) async fn charge<K: Key>(app: &App, call: &Call, key: &K, units: i32) -> Result<Standing, ApiError> {
    let (subject, quota) = key.quota();
    match app.quotas.spend_units(subject, quota, units).await {
        Ok(standing) => {
            call.stands(standing);
            Ok(standing)
        }
        Err(Refusal::Exhausted(standing)) => {
            call.stands(standing);
            Err(standing.refusal_for(units))
        }
        Err(Refusal::Unavailable(error)) => Err(error),
    }
}
