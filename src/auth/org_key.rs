//! Organisation keys (`dpk_…`) as credentials.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbBackend, FromQueryResult, Statement};

use crate::{
    auth::{credentials::Credential, key_text::KeyHash},
    error::ApiError,
    limits::Quota,
    tenant::OrgId,
};

/// What an organisation key may do, as the database had it at `version`.
#[derive(Debug, Clone, FromQueryResult)]
pub struct OrgKey {
    /// The key's number.
    pub id: i32,
    organization_id: i32,
    version: i64,
    is_active: bool,
    expires_at: Option<DateTime<Utc>>,
    allowed_game_ids: Option<Vec<i32>>,
    allowed_stream_ids: Option<Vec<i32>>,
    rate_limit_per_minute: i32,
    rate_limit_per_day: i32,
    tier: String,
}

impl OrgKey {
    /// The organisation that the key belongs to.
    pub fn organization(&self) -> OrgId {
        OrgId(self.organization_id)
    }

    /// Whether the key opens anything at this instant.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.is_active && self.expires_at.is_none_or(|end| now < end)
    }

    /// How many calls it may make.
    pub fn quota(&self) -> Quota {
        Quota { per_minute: self.rate_limit_per_minute, per_day: Some(self.rate_limit_per_day.into()) }
    }

    /// Whether its lists allow a game: no list allows all, an empty list none.
    pub fn allows_game(&self, id: i32) -> bool {
        self.allowed_game_ids.as_ref().is_none_or(|list| list.contains(&id))
    }

    /// Whether its lists allow a stream: no list allows all, an empty list none.
    pub fn allows_stream(&self, id: i32) -> bool {
        self.allowed_stream_ids.as_ref().is_none_or(|list| list.contains(&id))
    }

    /// Whether the organisation's tier includes the session calls.
    pub fn is_business(&self) -> bool {
        self.tier == crate::keys::BUSINESS_TIER
    }
}

impl Credential for OrgKey {
    const KIND: &'static str = "org_api_key";

    async fn load(db: &DatabaseConnection, hash: &KeyHash) -> Result<Option<Self>, ApiError> {
        const SQL: &str = "select k.id, k.organization_id, k.version, k.is_active, k.expires_at, k.allowed_game_ids, \
             k.allowed_stream_ids, k.rate_limit_per_minute, k.rate_limit_per_day, o.tier \
             from org_api_keys k join organizations o on o.id = k.organization_id where k.key_hash = $1";
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, SQL, [hash.to_vec().into()]);
        Ok(Self::find_by_statement(statement).one(db).await?)
    }

    fn version(&self) -> i64 {
        self.version
    }
}
