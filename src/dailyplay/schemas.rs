//! The bodies of the session and key calls, with the names of the published document.

use poem_openapi::{
    Enum, Object,
    types::{Example, MaybeUndefined},
};

use crate::{
    sessions,
    wire::{JsonObject, Nullable, RowId, Timestamp, TokenText},
};

/// What a session is created for.
#[derive(Debug, Object)]
#[oai(example)]
pub struct CreateSessionRequest {
    /// Target game ID. At least one of game_id or stream_id is required.
    pub game_id: Option<RowId>,
    /// Target stream ID. At least one of game_id or stream_id is required.
    pub stream_id: Nullable<RowId>,
    /// Your own reference, such as a user or order ID.
    #[oai(validator(max_length = 255))]
    pub external_ref: Option<String>,
    /// Your own data, given back when the session is validated or consumed; at most 16 KiB of JSON.
    pub metadata: Option<JsonObject>,
    /// Minutes until the token expires. Default: 1440 (24 hours); at most a year.
    #[oai(default = "default_expiry", validator(minimum(value = "1"), maximum(value = "525600")))]
    pub expires_in_minutes: i64,
}

fn default_expiry() -> i64 {
    sessions::DEFAULT_EXPIRY_MINUTES
}

impl Example for CreateSessionRequest {
    fn example() -> Self {
        Self {
            game_id: Some(RowId(42)),
            stream_id: Nullable(None),
            external_ref: Some("user-12345".to_owned()),
            metadata: Some(JsonObject(serde_json::json!({ "campaign": "summer-promo" }))),
            expires_in_minutes: 60,
        }
    }
}

/// A session just created.
#[derive(Debug, Object)]
pub struct CreatedSession {
    /// The one-time session token.
    pub token: TokenText,
    /// The stream it opens.
    pub stream_id: Nullable<RowId>,
    /// The game it opens.
    #[oai(skip_serializing_if_is_none)]
    pub game_id: Option<RowId>,
    /// When the token expires.
    pub expires_at: Timestamp,
    /// Your reference.
    #[oai(skip_serializing_if_is_none)]
    pub external_ref: Option<String>,
    /// Where to send the player.
    pub play_url: String,
}

/// The answer to createSession.
#[derive(Debug, Object)]
pub struct CreateSessionResponse {
    /// Always true.
    pub success: bool,
    /// The session.
    pub data: CreatedSession,
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum SessionStatus {
    /// It can be consumed.
    Active,
    /// It was consumed.
    Consumed,
    /// It was not consumed in time.
    Expired,
    /// Its organization took it back.
    Revoked,
}

/// A session as its token shows it; `valid` alone when there is no such session.
#[derive(Debug, Object, Default)]
pub struct ValidatedSession {
    /// True exactly when the status is `active`.
    pub valid: bool,
    /// How it stands now.
    #[oai(skip_serializing_if_is_none)]
    pub status: Option<SessionStatus>,
    /// The stream it opens; always there when the session is.
    #[oai(skip_serializing_if_is_none)]
    pub stream_id: Option<Nullable<RowId>>,
    /// The game it opens.
    #[oai(skip_serializing_if_is_none)]
    pub game_id: Option<RowId>,
    /// When it expires.
    #[oai(skip_serializing_if_is_none)]
    pub expires_at: Option<Timestamp>,
    /// Its creator's reference.
    #[oai(skip_serializing_if_is_none)]
    pub external_ref: Option<String>,
    /// Its creator's data.
    #[oai(skip_serializing_if_is_none)]
    pub metadata: Option<JsonObject>,
}

/// The answer to validateSession.
#[derive(Debug, Object)]
pub struct ValidateSessionResponse {
    /// Always true.
    pub success: bool,
    /// The session.
    pub data: ValidatedSession,
}

/// Who consumes a session.
#[derive(Debug, Object)]
#[oai(example)]
pub struct ConsumeSessionRequest {
    /// UUID identifying the player
    #[oai(validator(max_length = 255))]
    pub player_uuid: Option<String>,
}

impl Example for ConsumeSessionRequest {
    fn example() -> Self {
        Self { player_uuid: Some("player-uuid-here".to_owned()) }
    }
}

/// The play that a consumed session grants.
#[derive(Debug, Object)]
pub struct ConsumedSession {
    /// The session's number.
    #[oai(validator(minimum(value = "1")))]
    pub session_id: i64,
    /// The organization that created it.
    pub org_id: RowId,
    /// The stream it opens.
    pub stream_id: Nullable<RowId>,
    /// The game it opens.
    #[oai(skip_serializing_if_is_none)]
    pub game_id: Option<RowId>,
    /// Its creator's reference.
    #[oai(skip_serializing_if_is_none)]
    pub external_ref: Option<String>,
    /// Its creator's data.
    #[oai(skip_serializing_if_is_none)]
    pub metadata: Option<JsonObject>,
}

/// The answer to consumeSession.
#[derive(Debug, Object)]
pub struct ConsumeSessionResponse {
    /// Always true.
    pub success: bool,
    /// The play.
    pub data: ConsumedSession,
}

/// What a key is created from.
#[derive(Debug, Object)]
#[oai(example)]
pub struct CreateApiKeyRequest {
    /// Organization ID
    pub org_id: RowId,
    /// Descriptive name for the key
    #[oai(validator(min_length = 1, max_length = 255))]
    pub name: String,
    /// Optional description
    #[oai(validator(max_length = 2000))]
    pub description: Option<String>,
    /// Restrict key to specific game IDs. Null = all games, empty = none.
    pub allowed_game_ids: Nullable<Vec<RowId>>,
    /// Restrict key to specific stream IDs. Null = all streams, empty = none.
    pub allowed_stream_ids: Nullable<Vec<RowId>>,
    /// Max requests per minute
    #[oai(default = "default_per_minute", validator(minimum(value = "0"), maximum(value = "2147483647")))]
    pub rate_limit_per_minute: i64,
    /// Max requests per day
    #[oai(default = "default_per_day", validator(minimum(value = "0"), maximum(value = "2147483647")))]
    pub rate_limit_per_day: i64,
    /// Optional auto-expiry date
    pub expires_at: Option<Timestamp>,
}

fn default_per_minute() -> i64 {
    60
}

fn default_per_day() -> i64 {
    10_000
}

impl Example for CreateApiKeyRequest {
    fn example() -> Self {
        Self {
            org_id: RowId(1),
            name: "Production CRM".to_owned(),
            description: Some("Used by the CRM to issue game links".to_owned()),
            allowed_game_ids: Nullable(Some(vec![RowId(42), RowId(43)])),
            allowed_stream_ids: Nullable(None),
            rate_limit_per_minute: default_per_minute(),
            rate_limit_per_day: default_per_day(),
            expires_at: chrono::DateTime::from_timestamp(1_798_761_600, 0).map(Timestamp),
        }
    }
}

/// A key just created, with its text for the only time.
#[derive(Object)]
pub struct CreatedApiKey {
    /// The key's number.
    pub id: RowId,
    /// Its name.
    pub name: String,
    /// First 8 characters for identification
    pub key_prefix: String,
    /// The full API key. Only shown once at creation time.
    pub key: String,
}

/// The answer to createApiKey.
#[derive(Object)]
pub struct CreateApiKeyResponse {
    /// Always true.
    pub success: bool,
    /// The key.
    pub data: CreatedApiKey,
}

/// What changes of a key; members left out stay as they are.
#[derive(Debug, Object)]
#[oai(example)]
pub struct UpdateApiKeyRequest {
    /// API key ID
    pub id: RowId,
    /// Organization ID
    pub org_id: RowId,
    /// Set false to revoke, true to reactivate
    pub is_active: Option<bool>,
    /// A new name
    #[oai(validator(min_length = 1, max_length = 255))]
    pub name: Option<String>,
    /// A new description; null removes it
    #[oai(validator(max_length = 2000))]
    pub description: MaybeUndefined<String>,
    /// New game IDs; null = all games, empty = none
    pub allowed_game_ids: MaybeUndefined<Nullable<Vec<RowId>>>,
    /// New stream IDs; null = all streams, empty = none
    pub allowed_stream_ids: MaybeUndefined<Nullable<Vec<RowId>>>,
    /// Max requests per minute
    #[oai(validator(minimum(value = "0"), maximum(value = "2147483647")))]
    pub rate_limit_per_minute: Option<i64>,
    /// Max requests per day
    #[oai(validator(minimum(value = "0"), maximum(value = "2147483647")))]
    pub rate_limit_per_day: Option<i64>,
    /// A new expiry date; null removes it
    pub expires_at: MaybeUndefined<Nullable<Timestamp>>,
}

impl Example for UpdateApiKeyRequest {
    fn example() -> Self {
        Self {
            id: RowId(1),
            org_id: RowId(1),
            is_active: Some(false),
            name: None,
            description: MaybeUndefined::Undefined,
            allowed_game_ids: MaybeUndefined::Undefined,
            allowed_stream_ids: MaybeUndefined::Undefined,
            rate_limit_per_minute: None,
            rate_limit_per_day: None,
            expires_at: MaybeUndefined::Undefined,
        }
    }
}

/// A key as the dashboard lists it.
#[derive(Debug, Object)]
pub struct ApiKey {
    /// The key's number.
    pub id: RowId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Nullable<String>,
    /// First 8 characters for identification
    pub key_prefix: String,
    /// False when revoked.
    pub is_active: bool,
    /// The games it may open; null = all, empty = none.
    pub allowed_game_ids: Nullable<Vec<RowId>>,
    /// The streams it may open; null = all, empty = none.
    pub allowed_stream_ids: Nullable<Vec<RowId>>,
    /// Max requests per minute
    pub rate_limit_per_minute: i32,
    /// Max requests per day
    pub rate_limit_per_day: i32,
    /// When it ends by itself.
    pub expires_at: Nullable<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to within a few seconds.
    pub last_used_at: Nullable<Timestamp>,
}

/// The answer to listApiKeys.
#[derive(Debug, Object)]
pub struct ListApiKeysResponse {
    /// Always true.
    pub success: bool,
    /// The keys, newest first.
    pub data: Vec<ApiKey>,
}

/// The answer of a call that has nothing to tell.
#[derive(Debug, Object)]
pub struct SuccessResponse {
    /// Always true.
    pub success: bool,
}

/// The body of every error.
#[derive(Debug, Object)]
#[oai(example)]
pub struct ErrorResponse {
    /// Always false.
    pub success: bool,
    /// One sentence that says what went wrong.
    pub error: String,
    /// Seconds until the call may be made again; on 429 only.
    #[oai(skip_serializing_if_is_none)]
    pub retry_after: Option<i64>,
    /// The id to report; on 500 only.
    #[oai(skip_serializing_if_is_none)]
    pub request_id: Option<String>,
}

impl Example for ErrorResponse {
    fn example() -> Self {
        Self { success: false, error: "Description of what went wrong".to_owned(), retry_after: None, request_id: None }
    }
}
