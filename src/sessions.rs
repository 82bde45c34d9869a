//! One-time game sessions: what can be done with them, without HTTP.
//!
//! A session is created for a game or a stream, named by a random token, and consumed exactly once. Each of the four
//! steps is one function in the database (see the migration `game_sessions`), hence one round trip and one transaction:
//! of all who consume a token at once, the database lets one win.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DbBackend, FromQueryResult, JsonValue, Statement, Value};
use uuid::Uuid;

use crate::{error::ApiError, tenant::OrgId};

/// Minutes until a session expires when its creator does not say.
pub const DEFAULT_EXPIRY_MINUTES: i64 = 1440;
/// The longest life of a session, a year.
pub const MAX_EXPIRY_MINUTES: i64 = 525_600;
/// The largest metadata, in bytes of JSON.
pub const MAX_METADATA_BYTES: usize = 16 * 1024;
/// The longest `external_ref` and `player_uuid`, in characters.
pub const MAX_REFERENCE_CHARS: usize = 255;

/// What a session is created from.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The game to open.
    pub game_id: Option<i32>,
    /// The stream to open; at least one of the two.
    pub stream_id: Option<i32>,
    /// The creator's own reference.
    pub external_ref: Option<String>,
    /// The creator's own data.
    pub metadata: Option<JsonValue>,
    /// 1 … [`MAX_EXPIRY_MINUTES`].
    pub expires_in_minutes: i64,
}

/// A session just created; no `Debug`, since the token is a secret.
#[derive(Clone)]
pub struct Created {
    /// The secret that names it.
    pub token: Uuid,
    /// From this instant on it can no longer be consumed.
    pub expires_at: DateTime<Utc>,
}

/// How a session stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It can be consumed.
    Active,
    /// It was.
    Consumed,
    /// Nobody did in time.
    Expired,
    /// Its organisation took it back.
    Revoked,
}

/// A session as its token shows it.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Session {
    status: String,
    /// The stream it opens.
    pub stream_id: Option<i32>,
    /// The game it opens.
    pub game_id: Option<i32>,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
    /// The creator's reference.
    pub external_ref: Option<String>,
    /// The creator's data.
    pub metadata: Option<JsonValue>,
}

impl Session {
    /// The status at an instant; expiry is never stored.
    pub fn status(&self, now: DateTime<Utc>) -> Status {
        match self.status.as_str() {
            "consumed" => Status::Consumed,
            "revoked" => Status::Revoked,
            _ if self.expires_at <= now => Status::Expired,
            _ => Status::Active,
        }
    }
}

/// What consuming gave.
#[derive(Debug, Clone)]
pub enum Consumed {
    /// This caller, and no other, may let the player play.
    Won(Play),
    /// The token plays no more.
    TooLate,
    /// There never was such a token.
    Unknown,
}

/// The play that a consumed session grants.
#[derive(Debug, Clone)]
pub struct Play {
    /// The session's number.
    pub session_id: i64,
    /// The organisation that created it.
    pub organization: OrgId,
    /// The stream it opens.
    pub stream_id: Option<i32>,
    /// The game it opens.
    pub game_id: Option<i32>,
    /// The creator's reference.
    pub external_ref: Option<String>,
    /// The creator's data.
    pub metadata: Option<JsonValue>,
}

/// The statements, public so that a benchmark measures these and no others.
pub mod sql {
    /// [`create`](super::create): one row, one column, how it ended.
    pub const CREATE: &str = "select session_create($1, $2, $3, $4, $5, $6, $7, $8, $9) as outcome";
    /// [`read`](super::read): no row or one.
    pub const READ: &str = "select * from session_read($1)";
    /// [`consume`](super::consume): one row.
    pub const CONSUME: &str = "select * from session_consume($1, $2, $3)";
    /// [`revoke`](super::revoke): one row, one column, whether it was done.
    pub const REVOKE: &str = "select session_revoke($1, $2, $3) as revoked";
}

/// The sentence for a game or stream that is not the key's to open, whatever the reason.
pub const NO_ACCESS: &str = "API key does not have access to the requested resource";

/// Creates a session for an organisation, noting the key that asked.
///
/// Fails with 403 for a game or stream that is not the organisation's, and with 400 for a game and a stream of
/// different properties.
pub async fn create(
    db: &DatabaseConnection,
    organization: OrgId,
    key: i32,
    new: NewSession,
    now: DateTime<Utc>,
) -> Result<Created, ApiError> {
    #[derive(FromQueryResult)]
    struct Outcome {
        outcome: String,
    }
    let created = Created { token: Uuid::new_v4(), expires_at: now + TimeDelta::minutes(new.expires_in_minutes) };
    let values: [Value; 9] = [
        organization.0.into(),
        key.into(),
        created.token.into(),
        new.game_id.into(),
        new.stream_id.into(),
        new.external_ref.into(),
        new.metadata.into(),
        now.into(),
        created.expires_at.into(),
    ];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql::CREATE, values);
    let row = Outcome::find_by_statement(statement).one(db).await?.ok_or_else(ApiError::internal)?;
    match row.outcome.as_str() {
        "created" => Ok(created),
        "split" => Err(ApiError::bad_request("game_id and stream_id must belong to the same property")),
        _ => Err(ApiError::forbidden(NO_ACCESS)),
    }
}

/// The session of a token, if there is one.
pub async fn read(db: &DatabaseConnection, token: Uuid) -> Result<Option<Session>, ApiError> {
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql::READ, [token.into()]);
    Ok(Session::find_by_statement(statement).one(db).await?)
}

/// Consumes a session for a player: true for exactly one caller.
pub async fn consume(
    db: &DatabaseConnection,
    token: Uuid,
    player: Option<String>,
    now: DateTime<Utc>,
) -> Result<Consumed, ApiError> {
    #[derive(FromQueryResult)]
    struct Row {
        consumed: bool,
        known: bool,
        session_id: Option<i64>,
        organization_id: Option<i32>,
        stream_id: Option<i32>,
        game_id: Option<i32>,
        external_ref: Option<String>,
        metadata: Option<JsonValue>,
    }
    let statement =
        Statement::from_sql_and_values(DbBackend::Postgres, sql::CONSUME, [token.into(), player.into(), now.into()]);
    let row = Row::find_by_statement(statement).one(db).await?.ok_or_else(ApiError::internal)?;
    match (row.consumed, row.session_id, row.organization_id) {
        (true, Some(session_id), Some(organization)) => Ok(Consumed::Won(Play {
            session_id,
            organization: OrgId(organization),
            stream_id: row.stream_id,
            game_id: row.game_id,
            external_ref: row.external_ref,
            metadata: row.metadata,
        })),
        _ if row.known => Ok(Consumed::TooLate),
        _ => Ok(Consumed::Unknown),
    }
}

/// Takes back a session of an organisation; false when it is not active, not the organisation's, or not there.
pub async fn revoke(
    db: &DatabaseConnection,
    organization: OrgId,
    token: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, ApiError> {
    #[derive(FromQueryResult)]
    struct Row {
        revoked: bool,
    }
    let values = [organization.0.into(), token.into(), now.into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql::REVOKE, values);
    Ok(Row::find_by_statement(statement).one(db).await?.is_some_and(|row| row.revoked))
}

/// Where a player is sent with a token: the template of `sessions.play_url` filled in.
///
/// A session of a game and a stream opens the game.
pub fn play_url(template: &str, base: &str, new: &NewSession, token: Uuid) -> String {
    let (kind, id) = match (new.game_id, new.stream_id) {
        (Some(id), _) => ("game", id),
        (None, id) => ("stream", id.unwrap_or_default()),
    };
    template
        .replace("{base}", base)
        .replace("{kind}", kind)
        .replace("{id}", &id.to_string())
        .replace("{token}", &token.to_string())
}
