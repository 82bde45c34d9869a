//! listApiKeys, createApiKey, updateApiKey, deleteApiKey.

use poem::{Request, web::Data};
use poem_openapi::{OpenApi, param::Query, payload::Json, types::MaybeUndefined};

use super::{
    Tag,
    callers::UserCaller,
    refusals::{Changing, Managing},
    schemas::{
        ApiKey, CreateApiKeyRequest, CreateApiKeyResponse, CreatedApiKey, ListApiKeysResponse, SuccessResponse,
        UpdateApiKeyRequest,
    },
};
use crate::{
    app::App,
    auth::member::User,
    call::Call,
    error::ApiError,
    http::{ClientAddress, RequestId},
    input::{Body, Fields, Input, query},
    keys::{self, KeyUpdate, NewKey},
    refusal::Refusal,
    tenant::OrgId,
    trail::{Actor, Entry},
    wire::{Nullable, RowId, Timestamp},
};

const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=255;
const DESCRIPTION_CHARS: std::ops::RangeInclusive<usize> = 0..=2000;
const LIMITS: std::ops::RangeInclusive<i64> = 0..=2_147_483_647;

/// The key calls.
#[derive(Debug, Clone, Copy)]
pub struct KeyCalls;

#[OpenApi]
impl KeyCalls {
    /// List API keys for an organization
    ///
    /// Returns all API keys for the specified organization, newest first, without their secrets.
    #[oai(path = "/api/org-api-keys", method = "get", operation_id = "listApiKeys", tag = "Tag::Keys")]
    async fn list(
        &self,
        app: Data<&App>,
        caller: UserCaller,
        request: &Request,
        /// Organization ID
        org_id: Query<RowId>,
    ) -> Result<Json<ListApiKeysResponse>, Refusal<Managing>> {
        query::only(request, &["org_id"])?;
        let organization = OrgId(org_id.0.0);
        Call::of(request).about(organization);
        caller.0.require_key_manager(&app.db, organization).await?;
        let data = keys::list(&app.db, organization).await?.into_iter().map(ApiKey::from).collect();
        Ok(Json(ListApiKeysResponse { success: true, data }))
    }

    /// Create a new API key
    ///
    /// Creates a new API key for an organization. The raw key is only returned once in the response.
    #[oai(path = "/api/org-api-keys", method = "post", operation_id = "createApiKey", tag = "Tag::Keys")]
    async fn create(
        &self,
        app: Data<&App>,
        caller: UserCaller,
        request: &Request,
        body: Body<CreateApiKeyRequest>,
    ) -> Result<Json<CreateApiKeyResponse>, Refusal<Managing>> {
        query::only(request, &[])?;
        let body = body.0;
        let organization = OrgId(body.org_id.0);
        let audit = authorize(&app, request, &caller.0, organization, "createApiKey").await?;
        let (row, key) = keys::create(&app.db, organization, new_key(body), audit).await?;
        Call::of(request).audited();
        let data = CreatedApiKey {
            id: RowId(row.id),
            name: row.name,
            key_prefix: row.key_prefix,
            key: key.expose().to_owned(),
        };
        Ok(Json(CreateApiKeyResponse { success: true, data }))
    }

    /// Update or revoke an API key
    ///
    /// Update API key properties. Set `is_active` to false to revoke, or true to reactivate. The answer comes when every
    /// server of this installation has applied the change.
    #[oai(path = "/api/org-api-keys", method = "patch", operation_id = "updateApiKey", tag = "Tag::Keys")]
    async fn update(
        &self,
        app: Data<&App>,
        caller: UserCaller,
        request: &Request,
        body: Body<UpdateApiKeyRequest>,
    ) -> Result<Json<SuccessResponse>, Refusal<Changing>> {
        query::only(request, &[])?;
        let body = body.0;
        let (organization, id) = (OrgId(body.org_id.0), body.id.0);
        let audit = authorize(&app, request, &caller.0, organization, "updateApiKey").await?;
        keys::update(&app.db, organization, id, key_update(body), audit, app.clock.now()).await?;
        Call::of(request).audited();
        app.changes.acknowledged().await?;
        Ok(Json(SuccessResponse { success: true }))
    }

    /// Permanently delete an API key
    ///
    /// Permanently removes the API key record. Session tokens it created stay valid; its usage and audit trail stays. The
    /// answer comes when every server of this installation has forgotten the key.
    #[oai(path = "/api/org-api-keys", method = "delete", operation_id = "deleteApiKey", tag = "Tag::Keys")]
    async fn delete(
        &self,
        app: Data<&App>,
        caller: UserCaller,
        request: &Request,
        /// API key ID
        id: Query<RowId>,
        /// Organization ID
        org_id: Query<RowId>,
    ) -> Result<Json<SuccessResponse>, Refusal<Changing>> {
        query::only(request, &["id", "org_id"])?;
        let organization = OrgId(org_id.0.0);
        let audit = authorize(&app, request, &caller.0, organization, "deleteApiKey").await?;
        keys::delete(&app.db, organization, id.0.0, audit).await?;
        Call::of(request).audited();
        app.changes.acknowledged().await?;
        Ok(Json(SuccessResponse { success: true }))
    }
}

/// The right to change keys, and the line that the change will leave in the audit trail.
async fn authorize(
    app: &App,
    request: &Request,
    user: &User,
    organization: OrgId,
    action: &'static str,
) -> Result<Entry, ApiError> {
    Call::of(request).about(organization);
    user.require_key_change(&app.db, organization).await?;
    let entry = Entry::new(organization, &Actor::User(user.actor()), action, 200, app.clock.now());
    Ok(entry.from_client(request.data::<ClientAddress>().copied(), request.data::<RequestId>()))
}

fn new_key(body: CreateApiKeyRequest) -> NewKey {
    NewKey {
        name: body.name,
        description: body.description,
        allowed_game_ids: plain(body.allowed_game_ids),
        allowed_stream_ids: plain(body.allowed_stream_ids),
        rate_limit_per_minute: limit(body.rate_limit_per_minute),
        rate_limit_per_day: limit(body.rate_limit_per_day),
        expires_at: body.expires_at.map(|end| end.0),
    }
}

fn key_update(body: UpdateApiKeyRequest) -> KeyUpdate {
    KeyUpdate {
        is_active: body.is_active,
        name: body.name,
        description: change(body.description, Some),
        allowed_game_ids: change(body.allowed_game_ids, plain),
        allowed_stream_ids: change(body.allowed_stream_ids, plain),
        rate_limit_per_minute: body.rate_limit_per_minute.map(limit),
        rate_limit_per_day: body.rate_limit_per_day.map(limit),
        expires_at: change(body.expires_at, |end| end.0.map(|end| end.0)),
    }
}

fn plain(ids: Nullable<Vec<RowId>>) -> Option<Vec<i32>> {
    ids.0.map(|ids| ids.into_iter().map(|id| id.0).collect())
}

fn limit(number: i64) -> i32 {
    i32::try_from(number).expect("the reader lets in no larger number")
}

/// Absent leaves as it is, null removes, a value sets.
fn change<T, U>(member: MaybeUndefined<T>, value: impl FnOnce(T) -> Option<U>) -> Option<Option<U>> {
    match member {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(new) => Some(value(new)),
    }
}

/// A member that may be absent, null or a value.
fn three_way<T>(fields: &Fields, name: &str, value: Option<T>) -> MaybeUndefined<T> {
    match value {
        Some(value) => MaybeUndefined::Value(value),
        None if fields.has(name) => MaybeUndefined::Null,
        None => MaybeUndefined::Undefined,
    }
}

fn row_ids(fields: &Fields, name: &str) -> Result<Option<Vec<RowId>>, ApiError> {
    Ok(fields.row_ids(name)?.map(|ids| ids.into_iter().map(RowId).collect()))
}

impl Input for CreateApiKeyRequest {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        Ok(Self {
            org_id: fields.required("org_id", fields.row_id("org_id")?.map(RowId))?,
            name: fields.required("name", fields.words("name", NAME_CHARS)?)?,
            description: fields.words("description", DESCRIPTION_CHARS)?,
            allowed_game_ids: Nullable(row_ids(&fields, "allowed_game_ids")?),
            allowed_stream_ids: Nullable(row_ids(&fields, "allowed_stream_ids")?),
            rate_limit_per_minute: fields.integer("rate_limit_per_minute", LIMITS)?.unwrap_or(60),
            rate_limit_per_day: fields.integer("rate_limit_per_day", LIMITS)?.unwrap_or(10_000),
            expires_at: fields.instant("expires_at")?.map(Timestamp),
        })
    }
}

impl Input for UpdateApiKeyRequest {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        let games = row_ids(&fields, "allowed_game_ids")?.map(|ids| Nullable(Some(ids)));
        let streams = row_ids(&fields, "allowed_stream_ids")?.map(|ids| Nullable(Some(ids)));
        let end = fields.instant("expires_at")?.map(|end| Nullable(Some(Timestamp(end))));
        Ok(Self {
            id: fields.required("id", fields.row_id("id")?.map(RowId))?,
            org_id: fields.required("org_id", fields.row_id("org_id")?.map(RowId))?,
            is_active: fields.boolean("is_active")?,
            name: fields.words("name", NAME_CHARS)?,
            description: three_way(&fields, "description", fields.words("description", DESCRIPTION_CHARS)?),
            allowed_game_ids: three_way(&fields, "allowed_game_ids", games),
            allowed_stream_ids: three_way(&fields, "allowed_stream_ids", streams),
            rate_limit_per_minute: fields.integer("rate_limit_per_minute", LIMITS)?,
            rate_limit_per_day: fields.integer("rate_limit_per_day", LIMITS)?,
            expires_at: three_way(&fields, "expires_at", end),
        })
    }
}

impl From<entity::org_api_key::Model> for ApiKey {
    fn from(row: entity::org_api_key::Model) -> Self {
        let ids = |list: Option<Vec<i32>>| Nullable(list.map(|ids| ids.into_iter().map(RowId).collect()));
        Self {
            id: RowId(row.id),
            name: row.name,
            description: Nullable(row.description),
            key_prefix: row.key_prefix,
            is_active: row.is_active,
            allowed_game_ids: ids(row.allowed_game_ids),
            allowed_stream_ids: ids(row.allowed_stream_ids),
            rate_limit_per_minute: row.rate_limit_per_minute,
            rate_limit_per_day: row.rate_limit_per_day,
            expires_at: Nullable(row.expires_at.map(Timestamp)),
            created_at: Timestamp(row.created_at),
            last_used_at: Nullable(row.last_used_at.map(Timestamp)),
        }
    }
}
