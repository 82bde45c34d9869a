//! createSession, validateSession, consumeSession, revokeSession.

use poem::{Request, web::Data};
use poem_openapi::{OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use super::{
    Tag,
    actions::TokenProblem,
    callers::{KeyCaller, PublicCaller},
    refusals::{Consuming, Creating, Revoking, Validating},
    schemas::{
        ConsumeSessionRequest, ConsumeSessionResponse, ConsumedSession, CreateSessionRequest, CreateSessionResponse,
        CreatedSession, SessionStatus, SuccessResponse, ValidateSessionResponse, ValidatedSession,
    },
};
use crate::{
    app::App,
    error::ApiError,
    input::{Body, Fields, Input, query, shown},
    keys,
    refusal::Refusal,
    sessions::{self, Consumed, NewSession, Status},
    wire::{JsonObject, Nullable, RowId, Timestamp, TokenText},
};

/// The session calls.
#[derive(Debug, Clone, Copy)]
pub struct SessionCalls;

#[OpenApi(prefix_path = "/api/org-api-keys/sessions")]
impl SessionCalls {
    /// Create a one-time session token
    ///
    /// Creates a single-use session token that grants one play of a game or stream. Send the player to the answer's
    /// `play_url`, or put the token into your own game's URL. Also callable as
    /// `POST /api/org-api-keys?action=create-session`.
    #[oai(path = "/", method = "post", operation_id = "createSession", tag = "Tag::Sessions")]
    async fn create(
        &self,
        app: Data<&App>,
        caller: KeyCaller,
        request: &Request,
        body: Body<CreateSessionRequest>,
    ) -> Result<Json<CreateSessionResponse>, Refusal<Creating>> {
        query::only(request, &[])?;
        let (key, new) = (caller.0, new_session(body.0)?);
        if !key.is_business() {
            return Err(ApiError::forbidden(keys::NEEDS_BUSINESS).into());
        }
        let allowed =
            new.game_id.is_none_or(|id| key.allows_game(id)) && new.stream_id.is_none_or(|id| key.allows_stream(id));
        if !allowed {
            return Err(ApiError::forbidden(sessions::NO_ACCESS).into());
        }
        let created = sessions::create(&app.db, key.organization(), key.id, new.clone(), app.clock.now()).await?;
        let play_url = sessions::play_url(&app.config.sessions.play_url, &app.base_url, &new, created.token);
        let data = CreatedSession {
            token: TokenText(created.token.to_string()),
            stream_id: Nullable(new.stream_id.map(RowId)),
            game_id: new.game_id.map(RowId),
            expires_at: Timestamp(created.expires_at),
            external_ref: new.external_ref,
            play_url,
        };
        Ok(Json(CreateSessionResponse { success: true, data }))
    }

    /// Validate a session token
    ///
    /// Checks whether a session token is still valid (active and not expired) without consuming it. An unknown token
    /// answers `{"valid": false}`. Also callable as `GET /api/org-api-keys?action=validate-session&token=<uuid>`.
    #[oai(path = "/:token", method = "get", operation_id = "validateSession", tag = "Tag::Sessions")]
    async fn validate(
        &self,
        app: Data<&App>,
        caller: PublicCaller,
        request: &Request,
        /// The session token UUID to validate
        token: Path<TokenText>,
    ) -> Result<Json<ValidateSessionResponse>, Refusal<Validating>> {
        let token = public_token(request, &caller, &token.0).await?;
        query::only(request, &[])?;
        let data = match sessions::read(&app.db, token).await? {
            Some(session) => {
                let status = session.status(app.clock.now());
                ValidatedSession {
                    valid: status == Status::Active,
                    status: Some(status.into()),
                    stream_id: Some(Nullable(session.stream_id.map(RowId))),
                    game_id: session.game_id.map(RowId),
                    expires_at: Some(Timestamp(session.expires_at)),
                    external_ref: session.external_ref,
                    metadata: session.metadata.map(JsonObject),
                }
            }
            None => {
                caller.guessed().await?;
                ValidatedSession::default()
            }
        };
        Ok(Json(ValidateSessionResponse { success: true, data }))
    }

    /// Consume a session token
    ///
    /// Atomically consumes a session token so it cannot be reused: of all who consume it, one gets 200 and all others
    /// 410. Call this when the user starts playing. Also callable as
    /// `POST /api/org-api-keys?action=consume-session` with the token in the body.
    #[oai(path = "/:token/consume", method = "post", operation_id = "consumeSession", tag = "Tag::Sessions")]
    async fn consume(
        &self,
        app: Data<&App>,
        caller: PublicCaller,
        request: &Request,
        /// The session token to consume
        token: Path<TokenText>,
        body: Body<ConsumeSessionRequest>,
    ) -> Result<Json<ConsumeSessionResponse>, Refusal<Consuming>> {
        let token = public_token(request, &caller, &token.0).await?;
        query::only(request, &[])?;
        let play = match sessions::consume(&app.db, token, body.0.player_uuid, app.clock.now()).await? {
            Consumed::Won(play) => play,
            Consumed::TooLate => return Err(gone().into()),
            Consumed::Unknown => {
                caller.guessed().await?;
                return Err(gone().into());
            }
        };
        let data = ConsumedSession {
            session_id: play.session_id,
            org_id: RowId(play.organization.0),
            stream_id: Nullable(play.stream_id.map(RowId)),
            game_id: play.game_id.map(RowId),
            external_ref: play.external_ref,
            metadata: play.metadata.map(JsonObject),
        };
        Ok(Json(ConsumeSessionResponse { success: true, data }))
    }

    /// Revoke a session token
    ///
    /// Takes back a session of your organization that nobody has consumed. Also callable as
    /// `POST /api/org-api-keys?action=revoke-session` with the token in the body.
    #[oai(path = "/:token", method = "delete", operation_id = "revokeSession", tag = "Tag::Sessions")]
    async fn revoke(
        &self,
        app: Data<&App>,
        caller: KeyCaller,
        request: &Request,
        /// The session token to revoke
        token: Path<TokenText>,
    ) -> Result<Json<SuccessResponse>, Refusal<Revoking>> {
        let token = parse_token(request, &token.0)?;
        query::only(request, &[])?;
        if !caller.0.is_business() {
            return Err(ApiError::forbidden(keys::NEEDS_BUSINESS).into());
        }
        if sessions::revoke(&app.db, caller.0.organization(), token, app.clock.now()).await? {
            Ok(Json(SuccessResponse { success: true }))
        } else {
            Err(gone().into())
        }
    }
}

/// One sentence for every token that plays no more, so that nobody learns which tokens exist.
fn gone() -> ApiError {
    ApiError::new(poem::http::StatusCode::GONE, "Session is invalid, already consumed, or expired")
}

/// The token of a public call; one that is none counts as a guess.
async fn public_token(request: &Request, caller: &PublicCaller, text: &TokenText) -> Result<Uuid, ApiError> {
    match parse_token(request, text) {
        Ok(token) => Ok(token),
        Err(error) => {
            caller.guessed().await?;
            Err(error)
        }
    }
}

fn parse_token(request: &Request, text: &TokenText) -> Result<Uuid, ApiError> {
    if let Some(TokenProblem(problem)) = request.data::<TokenProblem>() {
        return Err(problem.clone());
    }
    // The hyphenated form only: other spellings of a UUID would be further names of the same secret.
    Uuid::try_parse(&text.0)
        .ok()
        .filter(|_| text.0.len() == 36)
        .ok_or_else(|| ApiError::bad_request(format!("token must be a UUID with hyphens, got {}", shown(&text.0))))
}

fn new_session(body: CreateSessionRequest) -> Result<NewSession, ApiError> {
    let new = NewSession {
        game_id: body.game_id.map(|id| id.0),
        stream_id: body.stream_id.0.map(|id| id.0),
        external_ref: body.external_ref,
        metadata: body.metadata.map(|metadata| metadata.0),
        expires_in_minutes: body.expires_in_minutes,
    };
    if new.game_id.is_none() && new.stream_id.is_none() {
        return Err(ApiError::bad_request("At least one of game_id or stream_id is required"));
    }
    Ok(new)
}

impl Input for CreateSessionRequest {
    fn read(fields: Fields) -> Result<Self, ApiError> {
        Ok(Self {
            game_id: fields.row_id("game_id")?.map(RowId),
            stream_id: Nullable(fields.row_id("stream_id")?.map(RowId)),
            external_ref: fields.text("external_ref", 0..=sessions::MAX_REFERENCE_CHARS)?,
            metadata: fields.object("metadata", sessions::MAX_METADATA_BYTES)?.map(JsonObject),
            expires_in_minutes: fields
                .integer("expires_in_minutes", 1..=sessions::MAX_EXPIRY_MINUTES)?
                .unwrap_or(sessions::DEFAULT_EXPIRY_MINUTES),
        })
    }
}

impl Input for ConsumeSessionRequest {
    const REQUIRED: bool = false;

    fn read(fields: Fields) -> Result<Self, ApiError> {
        Ok(Self { player_uuid: fields.text("player_uuid", 0..=sessions::MAX_REFERENCE_CHARS)? })
    }
}

impl From<Status> for SessionStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::Consumed => Self::Consumed,
            Status::Expired => Self::Expired,
            Status::Revoked => Self::Revoked,
        }
    }
}
