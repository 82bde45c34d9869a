//! What follows the rows of endpoints, in their transaction.

use futures_util::{FutureExt, future::BoxFuture};
use uuid::Uuid;

use super::{
    headers::GivenHeaders,
    subscription::{Reach, Rights},
    vault,
};
use crate::{
    app::App,
    error::ApiError,
    idempotency::Ledger,
    secret::Secret,
    tables::warden::{Sequel, Writ, Written},
    tenant::PropertyId,
    tenant_pool::Transaction,
};

/// What one row of a body means beyond its columns.
#[derive(Debug)]
pub(super) struct Change {
    /// The row, where the body names it; none: all that are written.
    pub(super) id: Option<String>,
    /// Whether deliveries go elsewhere from now on.
    pub(super) moves: bool,
    /// What it may hear of from now on.
    pub(super) reach: Option<Reach>,
    /// The headers that it has from now on.
    pub(super) headers: Option<GivenHeaders>,
}

/// What is to follow.
#[derive(Debug)]
pub(super) struct Aftermath {
    app: App,
    property: PropertyId,
    changes: Vec<Change>,
    rights: Rights,
}

impl Aftermath {
    pub(super) fn new(writ: &Writ<'_>, changes: Vec<Change>, rights: Rights) -> Self {
        Self { app: writ.app.clone(), property: writ.caller.property, changes, rights }
    }
}

impl Sequel for Aftermath {
    fn follow<'a>(
        &'a self,
        written: &'a Written,
        transaction: &'a mut Transaction<'_>,
    ) -> BoxFuture<'a, Result<Vec<Secret>, ApiError>> {
        self.follow_all(written, transaction).boxed()
    }
}

impl Aftermath {
    async fn follow_all(&self, written: &Written, transaction: &mut Transaction<'_>) -> Result<Vec<Secret>, ApiError> {
        // Its deliveries are looked for from now on.
        self.app.alarm.expect(self.property);
        if written.are_new {
            self.require_room(transaction).await?;
        }
        let mut secrets = Vec::new();
        for id in &written.ids {
            let endpoint = id.parse().map_err(|_| ApiError::internal())?;
            let named = |change: &&Change| change.id.as_ref().is_none_or(|named| named == id);
            let change = self.changes.iter().find(named).ok_or_else(ApiError::internal)?;
            // Also to hear of less: what waits to be sent, or failed and is sent again, was heard before.
            if !written.are_new && (change.moves || change.reach.is_some()) {
                self.require_reach(endpoint, transaction).await?;
            }
            if let Some(reach) = &change.reach {
                self.set_reach(endpoint, reach, transaction).await?;
            }
            if written.are_new {
                let headers = match &change.headers {
                    Some(headers) => {
                        headers.require_values()?;
                        headers.over(&Default::default())?
                    }
                    None => Default::default(),
                };
                secrets.push(vault::create(transaction, &self.app, self.property, endpoint, &headers).await?);
            } else if let Some(headers) = &change.headers {
                let present = match headers.keeps_some() {
                    true => vault::headers(transaction, &self.app, self.property, endpoint).await?,
                    false => Default::default(),
                };
                let headers = headers.over(&present)?;
                vault::set_headers(transaction, &self.app, self.property, endpoint, &headers).await?;
            }
        }
        Ok(secrets)
    }

    /// Refuses new endpoints, which stand already, when the property has too many with them.
    async fn require_room(&self, transaction: &mut Transaction<'_>) -> Result<(), ApiError> {
        // One call after the other, so that two at once do not both find the last place; the second statement sees what
        // the call before has committed.
        const LOCK: &str = "select pg_advisory_xact_lock(hashtextextended('webhooks of ' || $1, 0))";
        const COUNT: &str = "select 1 from webhooks where property_id = $1::uuid limit $2::bigint + 1";
        let (property, most) = (self.property.to_string(), self.app.config.webhooks.max_endpoints_per_property);
        transaction.rows(LOCK, vec![property.clone()]).await?;
        if transaction.rows(COUNT, vec![property, most.to_string()]).await?.len() <= most as usize {
            return Ok(());
        }
        let sentence = format!("A property may have {most} webhooks, and with these it would have more");
        Err(ApiError::bad_request(sentence)
            .with_code("too_many_webhooks")
            .with_hint("Delete those that are no longer used, or let one hear of several event types"))
    }

    /// Refuses to change where an endpoint leads, or what it hears of, when it hears of more than the caller may read.
    async fn require_reach(&self, endpoint: Uuid, transaction: &mut Transaction<'_>) -> Result<(), ApiError> {
        const FIND: &str =
            "select to_json(allowed_tables)::text from webhooks where property_id = $1::uuid and id = $2::uuid";
        let rows = transaction.rows(FIND, vec![self.property.to_string(), endpoint.to_string()]).await?;
        let tables = rows.into_iter().next().and_then(|mut row| row.pop()).flatten();
        let tables = tables.map(|json| serde_json::from_str(&json)).transpose().map_err(|_| ApiError::internal())?;
        if self.rights.cover(&Reach(tables)) {
            return Ok(());
        }
        let sentence = "url and event_types: this endpoint hears of tables that this credential may not use";
        Err(ApiError::forbidden(sentence)
            .with_code("table_not_allowed")
            .with_hint("Make an endpoint of your own, or let a credential of all tables change this one"))
    }

    async fn set_reach(
        &self,
        endpoint: Uuid,
        reach: &Reach,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), ApiError> {
        const SET: &str = "update webhooks set allowed_tables = nullif($3, '')::text[] \
             where property_id = $1::uuid and id = $2::uuid \
             and allowed_tables is distinct from nullif($3, '')::text[]";
        let values = vec![self.property.to_string(), endpoint.to_string(), reach.literal()];
        transaction.rows(SET, values).await.map(drop)
    }
}
