//! Keys of a property (`pk_…`) as credentials.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbBackend, FromQueryResult, Statement};
use uuid::Uuid;

use crate::{
    auth::{credentials::Credential, key_text::KeyHash},
    error::ApiError,
    limits::Quota,
    tenant::{OrgId, PropertyId},
};

/// What a credential lets its holder do with a property's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Look at rows.
    Read,
    /// Change rows.
    Write,
}

impl Right {
    /// The name as scopes write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// What a secret of a property's key may do, as the database had it at `version`.
#[derive(Debug, Clone, FromQueryResult)]
pub struct PropertyKey {
    /// The key's id; a rotated secret and the present one are the same key.
    pub id: Uuid,
    property_id: Uuid,
    organization_id: i32,
    version: i64,
    /// For people.
    pub name: String,
    /// `read`, `write` or both.
    pub scopes: Vec<String>,
    /// None: every table that is not guarded; empty: none.
    pub allowed_tables: Option<Vec<String>>,
    rate_limit: i32,
    rate_limit_per_day: Option<i32>,
    /// When this secret ends: with its key, or with its grace where it was rotated and that comes earlier.
    pub expires_at: Option<DateTime<Utc>>,
    is_active: bool,
}

impl PropertyKey {
    /// The tenant that the key belongs to.
    pub fn property(&self) -> PropertyId {
        PropertyId(self.property_id)
    }

    /// The organisation of that tenant.
    pub fn organization(&self) -> OrgId {
        OrgId(self.organization_id)
    }

    /// Whether the secret opens anything at this instant.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.is_active && self.expires_at.is_none_or(|end| now < end)
    }

    /// How many calls the key may make, with whichever of its secrets.
    pub fn quota(&self) -> Quota {
        Quota { per_minute: self.rate_limit, per_day: self.rate_limit_per_day.map(Into::into) }
    }

    /// Whether its scopes include a right.
    pub fn may(&self, right: Right) -> bool {
        self.scopes.iter().any(|scope| scope == right.as_str())
    }

    /// Whether its list allows a table: no list allows all but the guarded ones, which need to be named.
    pub fn allows_table(&self, table: &str, guarded: bool) -> bool {
        self.allowed_tables.as_ref().map_or(!guarded, |list| list.iter().any(|name| name == table))
    }
}

impl Credential for PropertyKey {
    const KIND: &'static str = "api_key";

    async fn load(db: &DatabaseConnection, hash: &KeyHash) -> Result<Option<Self>, ApiError> {
        const SQL: &str = "select * from api_key_find($1)";
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, SQL, [hash.to_vec().into()]);
        Ok(Self::find_by_statement(statement).one(db).await?)
    }

    fn version(&self) -> i64 {
        self.version
    }
}
