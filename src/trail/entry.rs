//! One line of the audit trail.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    http::{ClientAddress, RequestId},
    tenant::{OrgId, PropertyId},
};

/// Who acted.
#[derive(Debug, Clone)]
pub enum Actor {
    /// An organisation key, by its number.
    OrgKey(i32),
    /// A property's key, by its id.
    PropertyKey(Uuid),
    /// An operator at the shell.
    System,
    /// A user, as [`crate::auth::member::User::actor`] writes it.
    User(String),
}

/// One line of the audit trail; never a secret.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    id: Uuid,
    organization_id: i32,
    property_id: Option<Uuid>,
    actor_kind: &'static str,
    actor_id: String,
    action: &'static str,
    status: u16,
    client_address: Option<IpAddr>,
    request_id: Option<String>,
    details: Option<serde_json::Value>,
    at: DateTime<Utc>,
}

impl Entry {
    /// What an actor did in an organisation, and how it was answered.
    pub fn new(organization: OrgId, actor: &Actor, action: &'static str, status: u16, at: DateTime<Utc>) -> Self {
        let (actor_kind, actor_id) = match actor {
            Actor::OrgKey(id) => ("org_api_key", id.to_string()),
            Actor::PropertyKey(id) => ("api_key", id.to_string()),
            Actor::System => ("system", "shell".to_owned()),
            Actor::User(user) => ("user", user.clone()),
        };
        Self {
            id: Uuid::now_v7(),
            organization_id: organization.0,
            property_id: None,
            actor_kind,
            actor_id,
            action,
            status,
            client_address: None,
            request_id: None,
            details: None,
            at,
        }
    }

    /// Adds the property that it was done in, whose own trail then has the line.
    #[must_use]
    pub fn in_property(mut self, property: impl Into<Option<PropertyId>>) -> Self {
        self.property_id = property.into().map(|property| property.0);
        self
    }

    /// Adds where the call came from.
    #[must_use]
    pub fn from_client(mut self, address: Option<ClientAddress>, request_id: Option<&RequestId>) -> Self {
        self.client_address = address.map(ClientAddress::ip);
        self.request_id = request_id.map(|id| id.as_str().to_owned());
        self
    }

    /// Adds what more there is to know.
    #[must_use]
    pub fn with_details(mut self, details: serde_json::Value) -> Self {
        self.details = Some(details);
        self
    }
}

/// Writes entries in the caller's transaction; how many were not there yet.
pub async fn write_entries(db: &impl ConnectionTrait, entries: &[Entry]) -> Result<u64, DbErr> {
    // The join leaves out entries of an organisation that was deleted meanwhile, which would fail all others.
    const SQL: &str = "insert into audit_log (organization_id, id, property_id, actor_kind, actor_id, action, status, \
         client_address, request_id, details, at) \
         select e.organization_id, e.id, e.property_id, e.actor_kind, e.actor_id, e.action, e.status, \
         e.client_address, e.request_id, e.details, e.at from jsonb_to_recordset($1::jsonb) as e(organization_id integer, \
         id uuid, property_id uuid, actor_kind text, actor_id text, action text, status smallint, client_address inet, \
         request_id text, details jsonb, at timestamptz) join organizations o on o.id = e.organization_id \
         on conflict do nothing";
    if entries.is_empty() {
        return Ok(0);
    }
    // As text: a tree of values would take many times the room of thousands of entries.
    let rows = serde_json::to_string(entries).expect("an entry is made of plain values");
    let outcome = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, SQL, [rows.into()])).await?;
    Ok(outcome.rows_affected())
}
