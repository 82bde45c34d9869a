//! A service without a house behind it: the operations of the face as their documents must show them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi, OpenApiService, SecurityScheme, Tags,
    auth::{ApiKey as HeaderKey, Bearer},
    param::{Path, Query},
    payload::Json,
    types::{Any, Example},
};
use serde_json::Value;
use uuid::Uuid;

pub(crate) fn spec() -> String {
    OpenApiService::new((Sessions, Keys, Others), "Playhouse", "0.1.0").summary("A platform").spec()
}

#[derive(Tags)]
enum Tag {
    /// One-time tokens for plays
    Sessions,
    /// Keys of an organization
    #[oai(rename = "API Keys")]
    ApiKeys,
}

/// An organization's key: `dpk_` and 40 hex characters
#[derive(SecurityScheme)]
#[oai(rename = "organizationKey", ty = "api_key", key_name = "x-api-key", key_in = "header")]
struct OrganizationKey(#[expect(dead_code, reason = "only described")] HeaderKey);

/// A token of Clerk
#[derive(SecurityScheme)]
#[oai(rename = "clerk", ty = "bearer")]
struct Clerk(#[expect(dead_code, reason = "only described")] Bearer);

/// A play that a token is wanted for
#[derive(Object)]
#[oai(example)]
struct CreateSessionRequest {
    /// The game; this or a stream
    game_id: Option<i64>,
    /// The stream; this or a game
    #[oai(nullable)]
    stream_id: Option<i64>,
    /// What the play is called at your place
    #[oai(validator(max_length = 255))]
    external_ref: Option<String>,
    /// Anything that you want back
    metadata: Option<HashMap<String, Any<Value>>>,
    /// Minutes until the token expires
    #[oai(default = "day", validator(minimum(value = "1"), maximum(value = "525600")))]
    expires_in_minutes: i64,
}

fn day() -> i64 {
    1440
}

impl Example for CreateSessionRequest {
    fn example() -> Self {
        Self {
            game_id: Some(42),
            stream_id: None,
            external_ref: Some("order-7".into()),
            metadata: None,
            expires_in_minutes: 60,
        }
    }
}

#[derive(Enum)]
#[oai(rename_all = "lowercase")]
enum SessionStatus {
    Active,
    Consumed,
    Expired,
    Revoked,
}

macro_rules! answer {
    ($name:ident, $kind:ty) => {
        #[derive(Object)]
        struct $name {
            success: bool,
            data: $kind,
        }
    };
}

#[derive(Object)]
struct CreatedSession {
    token: Uuid,
    #[oai(nullable)]
    stream_id: Option<i64>,
    #[oai(skip_serializing_if_is_none)]
    game_id: Option<i64>,
    expires_at: Option<DateTime<Utc>>,
    external_ref: Option<String>,
}
answer!(CreateSessionResponse, CreatedSession);

#[derive(Object)]
struct Validation {
    valid: bool,
    /// Where the token stands at this moment
    status: Option<SessionStatus>,
    #[oai(nullable)]
    stream_id: Option<i64>,
    game_id: Option<i64>,
    expires_at: Option<DateTime<Utc>>,
    external_ref: Option<String>,
    metadata: Option<HashMap<String, Any<Value>>>,
}
answer!(ValidateSessionResponse, Validation);

/// Who plays
#[derive(Object)]
#[oai(example)]
struct ConsumeSessionRequest {
    /// UUID identifying the player
    player_uuid: Option<String>,
}

impl Example for ConsumeSessionRequest {
    fn example() -> Self {
        Self { player_uuid: Some("player-uuid-here".into()) }
    }
}

#[derive(Object)]
struct Play {
    session_id: i64,
    org_id: i64,
    #[oai(nullable)]
    stream_id: Option<i64>,
    game_id: Option<i64>,
    external_ref: Option<String>,
    metadata: Option<HashMap<String, Any<Value>>>,
}
answer!(ConsumeSessionResponse, Play);

#[derive(Object)]
struct CreateApiKeyRequest {
    org_id: i64,
    name: String,
    description: Option<String>,
    #[oai(nullable)]
    allowed_game_ids: Option<Vec<i64>>,
    #[oai(nullable)]
    allowed_stream_ids: Option<Vec<i64>>,
    #[oai(default = "sixty")]
    rate_limit_per_minute: i64,
    #[oai(default = "ten_thousand")]
    rate_limit_per_day: i64,
    expires_at: Option<DateTime<Utc>>,
}

fn sixty() -> i64 {
    60
}

fn ten_thousand() -> i64 {
    10_000
}

#[derive(Object)]
struct CreatedKey {
    id: i64,
    name: String,
    key_prefix: String,
    key: String,
}
answer!(CreateApiKeyResponse, CreatedKey);

#[derive(Object)]
struct UpdateApiKeyRequest {
    id: i64,
    org_id: i64,
    is_active: Option<bool>,
}

#[derive(Object)]
struct ApiKey {
    id: i64,
    name: String,
    key_prefix: String,
    is_active: bool,
    #[oai(nullable)]
    allowed_game_ids: Option<Vec<i64>>,
    #[oai(nullable)]
    allowed_stream_ids: Option<Vec<i64>>,
    rate_limit_per_minute: i64,
    rate_limit_per_day: i64,
    #[oai(nullable)]
    expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}
answer!(ListApiKeysResponse, Vec<ApiKey>);

#[derive(Object)]
struct SuccessResponse {
    success: bool,
}

#[derive(Object)]
struct ErrorResponse {
    success: bool,
    error: String,
}

#[derive(ApiResponse)]
#[expect(dead_code, reason = "only described")]
enum Consumed {
    /// The play may begin
    #[oai(status = 200)]
    Ok(Json<ConsumeSessionResponse>),
    /// The token plays no more
    #[oai(status = 410)]
    Gone(Json<ErrorResponse>),
}

struct Sessions;

#[OpenApi(tag = "Tag::Sessions")]
impl Sessions {
    /// Create a session
    #[oai(path = "/api/org-api-keys/sessions", method = "post", operation_id = "createSession")]
    async fn create(&self, _key: OrganizationKey, _body: Json<CreateSessionRequest>) -> Json<CreateSessionResponse> {
        unreachable!("only described")
    }

    /// Look at a session
    #[oai(path = "/api/org-api-keys/sessions/:token", method = "get", operation_id = "validateSession")]
    async fn validate(&self, #[oai(name = "token")] _token: Path<Uuid>) -> Json<ValidateSessionResponse> {
        unreachable!("only described")
    }

    /// Play a session
    #[oai(path = "/api/org-api-keys/sessions/:token/consume", method = "post", operation_id = "consumeSession")]
    async fn consume(&self, #[oai(name = "token")] _token: Path<Uuid>, _body: Json<ConsumeSessionRequest>) -> Consumed {
        unreachable!("only described")
    }

    /// Take a session back
    #[oai(path = "/api/org-api-keys/sessions/:token", method = "delete", operation_id = "revokeSession")]
    async fn revoke(&self, _key: OrganizationKey, #[oai(name = "token")] _token: Path<Uuid>) -> Json<SuccessResponse> {
        unreachable!("only described")
    }
}

struct Keys;

#[OpenApi(tag = "Tag::ApiKeys", prefix_path = "/api/org-api-keys")]
impl Keys {
    /// List keys
    #[oai(path = "/", method = "get", operation_id = "listApiKeys")]
    async fn list(&self, _member: Clerk, #[oai(name = "org_id")] _org: Query<i64>) -> Json<ListApiKeysResponse> {
        unreachable!("only described")
    }

    /// Create a key
    #[oai(path = "/", method = "post", operation_id = "createApiKey")]
    async fn create(&self, _member: Clerk, _body: Json<CreateApiKeyRequest>) -> Json<CreateApiKeyResponse> {
        unreachable!("only described")
    }

    /// Change a key
    #[oai(path = "/", method = "patch", operation_id = "updateApiKey")]
    async fn update(&self, _member: Clerk, _body: Json<UpdateApiKeyRequest>) -> Json<SuccessResponse> {
        unreachable!("only described")
    }

    /// Delete a key
    #[oai(path = "/", method = "delete", operation_id = "deleteApiKey")]
    async fn delete(
        &self,
        _member: Clerk,
        #[oai(name = "id")] _id: Query<i64>,
        #[oai(name = "org_id")] _org: Query<i64>,
    ) -> Json<SuccessResponse> {
        unreachable!("only described")
    }
}

struct Others;

#[OpenApi]
impl Others {
    /// Something that is no part of the face
    #[oai(path = "/api/players", method = "get", operation_id = "players_list")]
    async fn list(&self) -> Json<SuccessResponse> {
        unreachable!("only described")
    }
}
