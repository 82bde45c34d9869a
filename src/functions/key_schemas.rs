//! The bodies of create-api-key, revoke-api-key and rotate-api-key.

use entity::api_key;
use poem_openapi::{Enum, Object, types::Example};
use uuid::{Uuid, uuid};

use crate::{
    auth::property_key::Right,
    error::ApiError,
    input::{Fields, Input},
    property_keys::DEFAULT_RATE_LIMIT,
    secret::Secret,
    wire::{Nullable, Timestamp},
};

const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=255;
const LIMITS: std::ops::RangeInclusive<i64> = 0..=2_147_483_647;
/// A week.
const GRACE_MINUTES: std::ops::RangeInclusive<i64> = 0..=10_080;
/// Tables that one list names at most.
const MOST_TABLES: usize = 200;

const EXAMPLE_PROPERTY: Uuid = uuid!("01900000-0000-7000-8000-00000000000a");
const EXAMPLE_KEY: Uuid = uuid!("0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10");

/// What a key may do with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum Scope {
    /// Look at rows.
    Read,
    /// Change rows.
    Write,
}

impl From<Right> for Scope {
    fn from(right: Right) -> Self {
        match right {
            Right::Read => Self::Read,
            Right::Write => Self::Write,
        }
    }
}

impl Scope {
    fn right(self) -> Right {
        match self {
            Self::Read => Right::Read,
            Self::Write => Right::Write,
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Read, Self::Write].into_iter().find(|scope| scope.right().as_str() == word)
    }
}

/// What a key is created for. Members may also be spelled in camelCase.
#[derive(Debug, Object)]
#[oai(example)]
pub struct NewApiKey {
    /// The property; where given, it must be the caller's.
    pub property_id: Option<Uuid>,
    /// For people.
    #[oai(validator(min_length = 1, max_length = 255))]
    pub name: String,
    /// What it may do. Default: both.
    #[oai(validator(min_items = 1, max_items = 2))]
    pub scopes: Option<Vec<Scope>>,
    /// The tables it may use; null = all but members, api_keys and audit_log, empty = none.
    #[oai(validator(max_items = 200))]
    pub allowed_tables: Nullable<Vec<String>>,
    /// Calls per minute.
    #[oai(default = "default_rate_limit", validator(minimum(value = "0"), maximum(value = "2147483647")))]
    pub rate_limit: i64,
    /// Calls per day of UTC; null = not counted.
    #[oai(validator(minimum(value = "0"), maximum(value = "2147483647")))]
    pub rate_limit_per_day: Option<i64>,
    /// When it ends by itself; null = never.
    pub expires_at: Nullable<Timestamp>,
}

fn default_rate_limit() -> i64 {
    DEFAULT_RATE_LIMIT.into()
}

impl NewApiKey {
    /// The scopes, each once.
    pub(super) fn rights(&self) -> Vec<Right> {
        let scopes = self.scopes.as_deref().unwrap_or(&[Scope::Read, Scope::Write]);
        [Scope::Read, Scope::Write].into_iter().filter(|scope| scopes.contains(scope)).map(Scope::right).collect()
    }
}

impl Example for NewApiKey {
    fn example() -> Self {
        Self {
            property_id: Some(EXAMPLE_PROPERTY),
            name: "Reporting agent".to_owned(),
            scopes: Some(vec![Scope::Read]),
            allowed_tables: Nullable(Some(vec!["players".to_owned(), "campaigns".to_owned()])),
            rate_limit: 100,
            rate_limit_per_day: Some(10_000),
            expires_at: Nullable(None),
        }
    }
}

impl Input for NewApiKey {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        let fields = fields.in_either_spelling(&[
            "property_id",
            "name",
            "scopes",
            "allowed_tables",
            "rate_limit",
            "rate_limit_per_day",
            "expires_at",
        ])?;
        let scopes = fields.texts("scopes", 2, "of the scopes read and write", |word| Scope::parse(word).is_some())?;
        if scopes.as_ref().is_some_and(Vec::is_empty) {
            return Err(ApiError::bad_request("scopes must name at least one of read and write, got []"));
        }
        let mut tables = fields.texts("allowed_tables", MOST_TABLES, "names of tables, or null", |_| true)?;
        if let Some(tables) = &mut tables {
            tables.sort_unstable();
            tables.dedup();
        }
        Ok(Self {
            property_id: fields.uuid("property_id")?,
            name: fields.required("name", fields.words("name", NAME_CHARS)?)?,
            scopes: scopes.map(|scopes| scopes.iter().filter_map(|word| Scope::parse(word)).collect()),
            allowed_tables: Nullable(tables),
            rate_limit: fields.integer("rate_limit", LIMITS)?.unwrap_or_else(default_rate_limit),
            rate_limit_per_day: fields.integer("rate_limit_per_day", LIMITS)?,
            expires_at: Nullable(fields.instant("expires_at")?.map(Timestamp)),
        })
    }
}

/// Which key to revoke. Members may also be spelled in camelCase.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RevokeApiKey {
    /// The property; where given, it must be the caller's.
    pub property_id: Option<Uuid>,
    /// The key.
    pub key_id: Uuid,
}

impl Example for RevokeApiKey {
    fn example() -> Self {
        Self { property_id: None, key_id: EXAMPLE_KEY }
    }
}

impl Input for RevokeApiKey {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        let fields = fields.in_either_spelling(&["property_id", "key_id"])?;
        let key_id = fields.required("key_id", fields.uuid("key_id")?)?;
        Ok(Self { property_id: fields.uuid("property_id")?, key_id })
    }
}

/// Which key gets a new secret. Members may also be spelled in camelCase.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RotateApiKey {
    /// The property; where given, it must be the caller's.
    pub property_id: Option<Uuid>,
    /// The key.
    pub key_id: Uuid,
    /// How long the present secret works beside the new one, up to a week. Default: 0, it ends at once.
    #[oai(default, validator(minimum(value = "0"), maximum(value = "10080")))]
    pub grace_minutes: i64,
}

impl Example for RotateApiKey {
    fn example() -> Self {
        Self { property_id: None, key_id: EXAMPLE_KEY, grace_minutes: 60 }
    }
}

impl Input for RotateApiKey {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        let fields = fields.in_either_spelling(&["property_id", "key_id", "grace_minutes"])?;
        let key_id = fields.required("key_id", fields.uuid("key_id")?)?;
        let grace_minutes = fields.integer("grace_minutes", GRACE_MINUTES)?.unwrap_or_default();
        Ok(Self { property_id: fields.uuid("property_id")?, key_id, grace_minutes })
    }
}

/// A key of a property.
#[derive(Object)]
pub struct PropertyApiKey {
    /// The key's id.
    pub id: Uuid,
    /// The property that it opens.
    pub property_id: Uuid,
    /// For people.
    pub name: String,
    /// The key itself: when it is created and when it is rotated, this once.
    #[oai(skip_serializing_if_is_none)]
    pub key: Option<String>,
    /// Its first 11 characters, to recognize it by.
    pub key_prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The tables it may use; null = all but members, api_keys and audit_log, empty = none.
    pub allowed_tables: Nullable<Vec<String>>,
    /// Calls per minute.
    pub rate_limit: i32,
    /// Calls per day of UTC; null = not counted.
    pub rate_limit_per_day: Nullable<i32>,
    /// False when revoked.
    pub is_active: bool,
    /// When it ends by itself.
    pub expires_at: Nullable<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Nullable<Timestamp>,
    /// Until when the secret before the present one works too.
    pub previous_expires_at: Nullable<Timestamp>,
    /// When it was last used, to within a few seconds.
    pub last_used_at: Nullable<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl PropertyApiKey {
    /// A key as it is answered; with its text where that was just made.
    pub(super) fn new(row: api_key::Model, key: Option<&Secret>) -> Self {
        let at = |at: Option<_>| Nullable(at.map(Timestamp));
        Self {
            id: row.id,
            property_id: row.property_id,
            name: row.name,
            key: key.map(|key| key.expose().to_owned()),
            key_prefix: row.key_prefix,
            scopes: row.scopes,
            allowed_tables: Nullable(row.allowed_tables),
            rate_limit: row.rate_limit,
            rate_limit_per_day: Nullable(row.rate_limit_per_day),
            is_active: row.is_active,
            expires_at: at(row.expires_at),
            revoked_at: at(row.revoked_at),
            previous_expires_at: at(row.previous_expires_at),
            last_used_at: at(row.last_used_at),
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

/// The answer of the functions that manage keys.
#[derive(Object)]
pub struct PropertyApiKeyResponse {
    /// Always true.
    pub success: bool,
    /// The key.
    pub data: PropertyApiKey,
}
