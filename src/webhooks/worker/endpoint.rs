//! Endpoints as a worker knows them: opened once, and again when their rows have changed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use reqwest::header::HeaderMap;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    sealing::{Purpose, Sealer},
    webhooks::{Endpoint, SigningKey, headers},
};

/// An endpoint's rows at some time.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) property: Uuid,
    pub(super) id: Uuid,
    /// Tells whether the rows have changed.
    pub(super) version: String,
    pub(super) enabled: bool,
    pub(super) rate_limit: Option<u32>,
    /// Where to send, or why nothing can be sent.
    pub(super) target: Result<Target, String>,
}

/// Where to send, with the secrets before and after the end of a rotation.
#[derive(Debug, Clone)]
pub(super) struct Target {
    now: Arc<Endpoint>,
    then: Option<(Instant, Arc<Endpoint>)>,
}

impl Target {
    /// What is sent to at an instant.
    pub(super) fn at(&self, now: Instant) -> Arc<Endpoint> {
        match &self.then {
            Some((from, then)) if *from <= now => then.clone(),
            _ => self.now.clone(),
        }
    }
}

impl Known {
    /// Reads a row of the statement that asks for endpoints.
    pub(super) fn read(row: &Row, sealer: &Sealer) -> Result<Self, tokio_postgres::Error> {
        let (property, id): (Uuid, Uuid) = (row.try_get("property_id")?, row.try_get("id")?);
        let rate_limit: Option<i32> = row.try_get("rate_limit")?;
        let target = target(row, id, sealer).map_err(|error| {
            tracing::error!(webhook = %id, error = format!("{error:#}"), "an endpoint cannot be used");
            format!("{error:#}")
        });
        Ok(Self {
            property,
            id,
            version: row.try_get("version")?,
            enabled: row.try_get("enabled")?,
            rate_limit: rate_limit.and_then(|limit| u32::try_from(limit).ok()),
            target,
        })
    }
}

fn target(row: &Row, id: Uuid, sealer: &Sealer) -> anyhow::Result<Target> {
    let url: &str = row.try_get("url")?;
    let url: reqwest::Url = url.parse().context("its address cannot be read")?;
    let key = |sealed: &[u8]| {
        let bytes = sealer.open(Purpose::WebhookSecret, id, sealed)?;
        SigningKey::from_bytes(bytes).context("its secret has a length that no secret has")
    };
    let current = key(row.try_get::<_, Option<&[u8]>>("current")?.context("it has no secret")?)?;
    let headers = match row.try_get::<_, Option<&[u8]>>("headers")? {
        Some(sealed) => headers::from_bytes(&sealer.open(Purpose::WebhookHeaders, id, sealed)?)
            .context("its headers cannot be read")?,
        None => HeaderMap::new(),
    };
    let alone = Arc::new(Endpoint { url: url.clone(), headers: headers.clone(), keys: vec![current.clone()] });
    let Some(previous) = row.try_get::<_, Option<&[u8]>>("previous")? else {
        return Ok(Target { now: alone, then: None });
    };
    let both = Endpoint { url, headers, keys: vec![current, key(previous)?] };
    let left: f64 = row.try_get::<_, Option<f64>>("previous_for")?.unwrap_or(0.0);
    let until = Instant::now() + Duration::try_from_secs_f64(left.max(0.0)).unwrap_or_default();
    Ok(Target { now: Arc::new(both), then: Some((until, alone)) })
}
