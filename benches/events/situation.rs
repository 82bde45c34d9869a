//! The four situations, each a property of its own, and what is asked of it.

use anyhow::Context;
use playhouse::{
    auth::property_key::Right,
    clock::Clock,
    property_keys::{self, NewPropertyKey},
    secret::Secret,
    tables::{
        body::{self, Purpose},
        catalog::Playhouse,
        grammar,
        media::BodyMedia,
        registry::Catalog,
        sql::{
            Level,
            write::{Conflict, Inserting, Returning},
        },
    },
    tenant::{OrgId, PropertyId},
};
use uuid::Uuid;

use crate::support::{http::Requests, pgbench, stage::Stage};

/// Inserts that a client has ready; more than it can send in a block of turns.
const INSERTS: usize = 10_000;
/// Where the number of a new player stands in the body.
const NUMBER: &str = "S-0000000000";
const NEW: &str = r#"{"external_id":"S-0000000000","email":"new@example.com","phone":"+17025550100","first_name":"Ada","last_name":"Lovelace","status":"active","tier":"Gold","adt":12.5,"visits":3}"#;

/// A situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation {
    /// The session fires no triggers.
    Free,
    /// No log is kept, and nobody listens.
    Silent,
    /// The log is kept.
    Kept,
    /// The log is kept, and a webhook listens.
    Heard,
}

impl Situation {
    pub(crate) const ALL: [Self; 4] = [Self::Free, Self::Silent, Self::Kept, Self::Heard];

    /// What its sessions say when they connect. As a replica's they fire none of the triggers; a new player has no other.
    pub(crate) fn session_replication_role(self) -> &'static str {
        if self == Self::Free { "replica" } else { "origin" }
    }

    /// A property that has seen the same, so that nothing but the triggers differs.
    pub(crate) fn property(self) -> PropertyId {
        PropertyId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self as u128))
    }
}

/// The properties and their keys.
#[derive(Debug)]
pub(crate) struct Scene {
    keys: Vec<Secret>,
}

impl Scene {
    /// Lays it.
    pub(crate) async fn lay(stage: &Stage) -> anyhow::Result<Self> {
        let mut keys = Vec::new();
        for situation in Situation::ALL {
            let (org, property) = (stage.tenant.org, situation.property());
            let log = matches!(situation, Situation::Kept | Situation::Heard);
            stage
                .execute(&format!(
                    "insert into properties (id, organization_id, name, settings) \
                     values ('{property}', {org}, '{situation:?}', jsonb_build_object('event_log', {log}))"
                ))
                .await?;
            let new = NewPropertyKey {
                name: "Bench".to_owned(),
                scopes: vec![Right::Read, Right::Write],
                allowed_tables: None,
                rate_limit: i32::MAX,
                rate_limit_per_day: None,
                expires_at: None,
                created_by: "bench".to_owned(),
            };
            keys.push(property_keys::insert(&stage.db, OrgId(org), property, new, Clock::default().now()).await?.1);
        }
        let listener = Situation::Heard.property();
        stage
            .execute(&format!(
                "insert into webhooks (property_id, url) values ('{listener}', 'https://example.com/'); \
                 update webhook_lanes set blocked_until = now() + interval '1 day'; \
                 alter table players set (autovacuum_enabled = off); \
                 alter table event_outbox set (autovacuum_enabled = off); \
                 alter table webhook_deliveries set (autovacuum_enabled = off)"
            ))
            .await?;
        Ok(Self { keys })
    }

    /// Everybody makes the same rows in the same empty tables.
    pub(crate) async fn prepare(&self, stage: &Stage) -> anyhow::Result<()> {
        stage.execute("truncate players cascade; truncate events, event_outbox, webhook_deliveries").await?;
        stage.execute("vacuum analyze players").await?;
        stage.execute("checkpoint").await
    }

    /// The requests of a client.
    pub(crate) fn requests(&self, situation: Situation, client: usize) -> anyhow::Result<Requests> {
        let key = self.keys[situation as usize].expose();
        let one = Requests::same("POST", "/api/players", &[("x-api-key", key)], NEW).answered(201);
        one.each(NUMBER, (0..INSERTS).map(|number| format!("S-{client:03}{number:07}")).collect())
    }

    /// The server's own statement, with the new player's number as its parameter.
    pub(crate) fn statement(situation: Situation) -> anyhow::Result<String> {
        let (registry, tenant) = (Playhouse::registry(), situation.property());
        let table = registry.table("players").context("there are players")?;
        let query = grammar::parse("").map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let level = Level::of(registry, table, &query, tenant, &|_| Ok(()))?;
        let payload = body::read(table, BodyMedia::Json, NEW.as_bytes(), None, Purpose::Insert, tenant, false)?;
        let (conflict, returning) = (Conflict::Refuse, Returning::Rows);
        let how = Inserting { on: None, conflict, returning, now: chrono::DateTime::UNIX_EPOCH };
        let statement = level.insert(&payload, &how)?.statement;
        let arguments = statement.params.iter().enumerate().map(|(place, value)| match (place, value) {
            (0, _) => format!("'{tenant}'::uuid"),
            (_, Some(value)) if value == NUMBER => NUMBER.to_owned(),
            (_, Some(value)) => format!("'{value}'"),
            (_, None) => "null".to_owned(),
        });
        let arguments: Vec<String> = arguments.collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Ok(pgbench::fill(&statement.text, &arguments).replace(NUMBER, "$1::text"))
    }
}
