//! Organisation keys: list, create, change, delete, without HTTP.
//!
//! Each change is one transaction with its line in the audit trail; the trigger of the table writes the change log in
//! the same transaction, so no way of changing a key can forget the replicas.

#![expect(clippy::disallowed_methods, reason = "this module owns org_api_keys; its functions want the organisation")]

use chrono::{DateTime, Utc};
use entity::org_api_key;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, TransactionTrait,
};

use crate::{
    auth::key_text,
    error::ApiError,
    secret::Secret,
    tenant::OrgId,
    trail::{self, Entry},
};

/// The tier whose organisations may use keys and sessions.
pub const BUSINESS_TIER: &str = "business";
/// The sentence for all other tiers.
pub const NEEDS_BUSINESS: &str = "This organization is not on the Business tier, which the session API requires";

/// Keys that an organisation may have.
const MAX_KEYS: u64 = 1000;

/// What a key is created from.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// For people, 1 … 255 characters.
    pub name: String,
    /// For people, up to 2,000 characters.
    pub description: Option<String>,
    /// None: all games of the organisation; empty: none.
    pub allowed_game_ids: Option<Vec<i32>>,
    /// None: all streams of the organisation; empty: none.
    pub allowed_stream_ids: Option<Vec<i32>>,
    /// Calls per minute.
    pub rate_limit_per_minute: i32,
    /// Calls per day.
    pub rate_limit_per_day: i32,
    /// From this instant on it opens nothing.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What changes of a key: the outer `None` leaves a member as it is.
#[derive(Debug, Clone, Default)]
pub struct KeyUpdate {
    /// False revokes, true reactivates.
    pub is_active: Option<bool>,
    /// A new name.
    pub name: Option<String>,
    /// A new description, or none.
    pub description: Option<Option<String>>,
    /// A new list of games, or all.
    pub allowed_game_ids: Option<Option<Vec<i32>>>,
    /// A new list of streams, or all.
    pub allowed_stream_ids: Option<Option<Vec<i32>>>,
    /// A new limit.
    pub rate_limit_per_minute: Option<i32>,
    /// A new limit.
    pub rate_limit_per_day: Option<i32>,
    /// A new end, or none.
    pub expires_at: Option<Option<DateTime<Utc>>>,
}

/// The keys of an organisation, newest first.
pub async fn list(db: &DatabaseConnection, organization: OrgId) -> Result<Vec<org_api_key::Model>, ApiError> {
    let keys = org_api_key::Entity::find()
        .filter(org_api_key::Column::OrganizationId.eq(organization.0))
        .order_by_desc(org_api_key::Column::Id)
        .all(db)
        .await?;
    Ok(keys)
}

/// Creates a key; the clear text is in this answer and nowhere else.
pub async fn create(
    db: &DatabaseConnection,
    organization: OrgId,
    new: NewKey,
    audit: Entry,
) -> Result<(org_api_key::Model, Secret), ApiError> {
    require_business(db, organization).await?;
    let key = key_text::generate_org_key();
    let txn = db.begin().await?;
    require_room(&txn, organization).await?;
    let model = insert(&txn, organization, new, key_text::hash(key.expose()), key_text::display_prefix(key.expose()));
    let model = model.await?;
    let audit = audit.with_details(serde_json::json!({ "id": model.id, "name": model.name }));
    trail::write_entries(&txn, &[audit]).await?;
    txn.commit().await?;
    Ok((model, key))
}

/// Stores a key by its hash alone; also how keys of another installation are imported.
pub async fn insert(
    db: &impl ConnectionTrait,
    organization: OrgId,
    new: NewKey,
    hash: key_text::KeyHash,
    prefix: &str,
) -> Result<org_api_key::Model, ApiError> {
    let row = org_api_key::ActiveModel {
        organization_id: Set(organization.0),
        name: Set(new.name),
        description: Set(new.description),
        key_prefix: Set(prefix.to_owned()),
        key_hash: Set(hash.to_vec()),
        allowed_game_ids: Set(new.allowed_game_ids),
        allowed_stream_ids: Set(new.allowed_stream_ids),
        rate_limit_per_minute: Set(new.rate_limit_per_minute),
        rate_limit_per_day: Set(new.rate_limit_per_day),
        expires_at: Set(new.expires_at),
        ..Default::default()
    };
    Ok(row.insert(db).await?)
}

/// Changes a key of an organisation; 404 when it has no such key.
pub async fn update(
    db: &DatabaseConnection,
    organization: OrgId,
    id: i32,
    change: KeyUpdate,
    audit: Entry,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let txn = db.begin().await?;
    let details = changed_members(id, &change);
    let row = org_api_key::ActiveModel {
        is_active: or_keep(change.is_active),
        name: or_keep(change.name),
        description: or_keep(change.description),
        allowed_game_ids: or_keep(change.allowed_game_ids),
        allowed_stream_ids: or_keep(change.allowed_stream_ids),
        rate_limit_per_minute: or_keep(change.rate_limit_per_minute),
        rate_limit_per_day: or_keep(change.rate_limit_per_day),
        expires_at: or_keep(change.expires_at),
        updated_at: Set(now),
        ..Default::default()
    };
    let outcome = org_api_key::Entity::update_many()
        .set(row)
        .filter(org_api_key::Column::OrganizationId.eq(organization.0))
        .filter(org_api_key::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    if outcome.rows_affected == 0 {
        return Err(ApiError::not_found("API key"));
    }
    trail::write_entries(&txn, &[audit.with_details(details)]).await?;
    txn.commit().await?;
    Ok(())
}

/// Deletes a key of an organisation; sessions it created and its trail stay. 404 when there is no such key.
pub async fn delete(db: &DatabaseConnection, organization: OrgId, id: i32, audit: Entry) -> Result<(), ApiError> {
    let txn = db.begin().await?;
    let outcome = org_api_key::Entity::delete_many()
        .filter(org_api_key::Column::OrganizationId.eq(organization.0))
        .filter(org_api_key::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    if outcome.rows_affected == 0 {
        return Err(ApiError::not_found("API key"));
    }
    trail::write_entries(&txn, &[audit.with_details(serde_json::json!({ "id": id }))]).await?;
    txn.commit().await?;
    Ok(())
}

async fn require_business(db: &DatabaseConnection, organization: OrgId) -> Result<(), ApiError> {
    let row = entity::organization::Entity::find_by_id(organization.0).one(db).await?;
    match row {
        Some(row) if row.tier == BUSINESS_TIER => Ok(()),
        _ => Err(ApiError::forbidden(NEEDS_BUSINESS)),
    }
}

/// A list of keys is answered whole, so it must stay short enough.
async fn require_room(db: &impl ConnectionTrait, organization: OrgId) -> Result<(), ApiError> {
    let count =
        org_api_key::Entity::find().filter(org_api_key::Column::OrganizationId.eq(organization.0)).count(db).await?;
    if count < MAX_KEYS {
        return Ok(());
    }
    let sentence = format!("An organization may have {MAX_KEYS} API keys; delete those that are no longer used");
    Err(ApiError::bad_request(sentence))
}

fn or_keep<T: Into<sea_orm::Value>>(change: Option<T>) -> sea_orm::ActiveValue<T> {
    change.map_or(sea_orm::ActiveValue::NotSet, Set)
}

/// The audit trail keeps what changed to what; nothing of a key's members is secret but its text, which never changes.
fn changed_members(id: i32, change: &KeyUpdate) -> serde_json::Value {
    let mut details = serde_json::Map::from_iter([("id".to_owned(), id.into())]);
    let mut note = |name: &str, value: Option<serde_json::Value>| {
        if let Some(value) = value {
            details.insert(name.to_owned(), value);
        }
    };
    note("is_active", change.is_active.map(Into::into));
    note("name", change.name.clone().map(Into::into));
    note("description", change.description.clone().map(Into::into));
    note("allowed_game_ids", change.allowed_game_ids.clone().map(Into::into));
    note("allowed_stream_ids", change.allowed_stream_ids.clone().map(Into::into));
    note("rate_limit_per_minute", change.rate_limit_per_minute.map(Into::into));
    note("rate_limit_per_day", change.rate_limit_per_day.map(Into::into));
    note("expires_at", change.expires_at.map(|end| serde_json::json!(end)));
    serde_json::Value::Object(details)
}
