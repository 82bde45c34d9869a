//! Keys of a property: create, list, revoke, rotate, without HTTP.
//!
//! Each change works in a transaction that speaks for the property ([`tenant::begin`]) and writes its line of the audit
//! trail there; triggers write the change log in the same one. Revocation is for good: a secret that was withdrawn once never works again.

#![expect(clippy::disallowed_methods, reason = "this module owns api_keys; its functions want the property")]

use chrono::{DateTime, TimeDelta, Utc};
use entity::{api_key, api_key_secret};
use poem::http::StatusCode;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    auth::{
        key_text::{self, KeyHash},
        property_key::Right,
    },
    error::ApiError,
    input::shown,
    secret::Secret,
    tables::{
        catalog::Playhouse,
        registry::{Catalog, nearest},
    },
    tenant::{self, OrgId, PropertyId},
    trail::{self, Entry},
};

/// Calls per minute of a key about which nothing else is said.
pub const DEFAULT_RATE_LIMIT: i32 = 100;

/// What a key is created from.
#[derive(Debug, Clone)]
pub struct NewPropertyKey {
    /// For people, 1 … 255 characters.
    pub name: String,
    /// At least one.
    pub scopes: Vec<Right>,
    /// None: every table that is not guarded; empty: none.
    pub allowed_tables: Option<Vec<String>>,
    /// Calls per minute.
    pub rate_limit: i32,
    /// Calls per day; none: days are not counted.
    pub rate_limit_per_day: Option<i32>,
    /// From this instant on it opens nothing.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who makes it, as the audit trail names actors.
    pub created_by: String,
}

/// That each name is one of a table; 400 with the nearest name for one that is not, since a list with a slip in it would
/// lock its holder out of what it means.
pub fn require_tables(names: &[String]) -> Result<(), ApiError> {
    let registry = Playhouse::registry();
    let Some(unknown) = names.iter().find(|name| registry.table(name).is_none()) else { return Ok(()) };
    let error = ApiError::bad_request(format!("allowed_tables names {}, which is no table", shown(unknown)));
    Err(match nearest(unknown, registry.tables().iter().map(|table| table.name)) {
        Some(near) => error.with_hint(format!("Perhaps you meant the table '{near}'")),
        None => error,
    })
}

/// The keys of a property, newest first.
pub async fn list(db: &DatabaseConnection, property: PropertyId) -> Result<Vec<api_key::Model>, ApiError> {
    let txn = tenant::begin(db, property).await?;
    let keys = api_key::Entity::find().filter(api_key::Column::PropertyId.eq(property.0));
    let keys = keys.order_by_desc(api_key::Column::Id).all(&txn).await?;
    txn.commit().await?;
    Ok(keys)
}

/// Creates a key; the clear text is in this answer and nowhere else.
pub async fn create(
    txn: &DatabaseTransaction,
    organization: OrgId,
    property: PropertyId,
    new: NewPropertyKey,
    audit: Entry,
    now: DateTime<Utc>,
) -> Result<(api_key::Model, Secret), ApiError> {
    let (row, key) = insert(txn, organization, property, new, now).await?;
    let details = json!({ "id": row.id, "name": row.name, "scopes": row.scopes, "allowed_tables": row.allowed_tables });
    trail::write_entries(txn, &[audit.with_details(details)]).await?;
    Ok((row, key))
}

/// Stores a new key without a line in the trail.
pub async fn insert(
    db: &impl ConnectionTrait,
    organization: OrgId,
    property: PropertyId,
    new: NewPropertyKey,
    now: DateTime<Utc>,
) -> Result<(api_key::Model, Secret), ApiError> {
    let key = key_text::generate_property_key();
    let row = api_key::ActiveModel {
        property_id: Set(property.0),
        id: Set(Uuid::now_v7()),
        organization_id: Set(organization.0),
        name: Set(new.name),
        key_prefix: Set(key_text::property_display_prefix(key.expose()).to_owned()),
        scopes: Set(new.scopes.into_iter().map(|scope| scope.as_str().to_owned()).collect()),
        allowed_tables: Set(new.allowed_tables),
        rate_limit: Set(new.rate_limit),
        rate_limit_per_day: Set(new.rate_limit_per_day),
        expires_at: Set(new.expires_at),
        created_by: Set(new.created_by),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let row = row.insert(db).await?;
    add_secret(db, property, row.id, key_text::hash(key.expose())).await?;
    Ok((row, key))
}

/// Withdraws a key with all its secrets; one that is revoked already stays as it is. 404 when there is no such key.
pub async fn revoke(
    txn: &DatabaseTransaction,
    property: PropertyId,
    id: Uuid,
    audit: Entry,
    now: DateTime<Utc>,
) -> Result<api_key::Model, ApiError> {
    let row = locked(txn, property, id).await?;
    let row = match row.revoked_at {
        Some(_) => row,
        None => {
            let change = api_key::ActiveModel {
                property_id: Set(property.0),
                id: Set(id),
                revoked_at: Set(Some(now)),
                updated_at: Set(now),
                ..Default::default()
            };
            change.update(txn).await?
        }
    };
    trail::write_entries(txn, &[audit.with_details(json!({ "id": id, "name": row.name }))]).await?;
    Ok(row)
}

/// Gives a key a new secret. The present one works for `grace` longer, or ends at once when that is zero; one whose
/// grace still lasted ends now. 404 when there is no such key, 409 when it is revoked or has expired.
pub async fn rotate(
    txn: &DatabaseTransaction,
    property: PropertyId,
    id: Uuid,
    grace: TimeDelta,
    audit: Entry,
    now: DateTime<Utc>,
) -> Result<(api_key::Model, Secret), ApiError> {
    let row = locked(txn, property, id).await?;
    let refuse = |code, sentence| Err(ApiError::new(StatusCode::CONFLICT, sentence).with_code(code));
    if row.revoked_at.is_some() {
        return refuse("key_revoked", "A revoked API key cannot be rotated; create a new one");
    }
    if row.expires_at.is_some_and(|end| end <= now) {
        return refuse("key_expired", "An expired API key cannot be rotated; create a new one");
    }
    let has_grace = grace > TimeDelta::zero();
    retire_secret(txn, property, id, has_grace).await?;
    let key = key_text::generate_property_key();
    let change = api_key::ActiveModel {
        property_id: Set(property.0),
        id: Set(id),
        key_prefix: Set(key_text::property_display_prefix(key.expose()).to_owned()),
        previous_expires_at: Set(has_grace.then(|| now + grace)),
        updated_at: Set(now),
        ..Default::default()
    };
    let row = change.update(txn).await?;
    add_secret(txn, property, id, key_text::hash(key.expose())).await?;
    let details = json!({ "id": id, "name": row.name, "grace_minutes": grace.num_minutes() });
    trail::write_entries(txn, &[audit.with_details(details)]).await?;
    Ok((row, key))
}

/// The row of a key, which nobody else changes until the transaction ends.
async fn locked(txn: &DatabaseTransaction, property: PropertyId, id: Uuid) -> Result<api_key::Model, ApiError> {
    let row = api_key::Entity::find_by_id((property.0, id)).lock_exclusive().one(txn).await?;
    row.ok_or_else(|| ApiError::not_found("API key"))
}

async fn add_secret(db: &impl ConnectionTrait, property: PropertyId, id: Uuid, hash: KeyHash) -> Result<(), ApiError> {
    let secret = api_key_secret::ActiveModel {
        property_id: Set(property.0),
        api_key_id: Set(id),
        is_current: Set(true),
        key_hash: Set(hash.to_vec()),
        ..Default::default()
    };
    api_key_secret::Entity::insert(secret).exec_without_returning(db).await?;
    Ok(())
}

/// Ends the secret before the present one, and makes the present one the one before, or ends it too.
async fn retire_secret(
    txn: &DatabaseTransaction,
    property: PropertyId,
    id: Uuid,
    has_grace: bool,
) -> Result<(), ApiError> {
    let mut ended = api_key_secret::Entity::delete_many()
        .filter(api_key_secret::Column::PropertyId.eq(property.0))
        .filter(api_key_secret::Column::ApiKeyId.eq(id));
    if has_grace {
        ended = ended.filter(api_key_secret::Column::IsCurrent.eq(false));
    }
    ended.exec(txn).await?;
    if has_grace {
        api_key_secret::Entity::update_many()
            .col_expr(api_key_secret::Column::IsCurrent, false.into())
            .filter(api_key_secret::Column::PropertyId.eq(property.0))
            .filter(api_key_secret::Column::ApiKeyId.eq(id))
            .exec(txn)
            .await?;
    }
    Ok(())
}
