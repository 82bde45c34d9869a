//! What a credential is, what it may do, and how much of it is left.

use poem::Request;
use poem_openapi::{Enum, Object, OpenApi, param::Header, payload::Json};
use uuid::Uuid;

use super::{Tag, key_schemas::Scope, refusals::Asking};
use crate::{
    auth::property_key::Right,
    caller::{PropertyCaller, property::Who},
    input::query,
    limits::standing::Standing,
    refusal::Refusal,
    wire::{Nullable, Timestamp},
};

/// The call that tells a credential what it is.
#[derive(Debug, Clone, Copy)]
pub struct Whoami;

#[OpenApi]
impl Whoami {
    /// Tell a credential what it is
    ///
    /// Its property, scopes, tables and limits, what remains of them and when they reset. Costs one call like any other.
    #[oai(path = "/api/whoami", method = "get", operation_id = "whoami", tag = "Tag::Credentials")]
    async fn whoami(
        &self,
        caller: PropertyCaller,
        request: &Request,
        /// The property to work in, for users of several
        #[oai(name = "X-Property-Id")]
        _property: Header<Option<String>>,
    ) -> Result<Json<WhoamiResponse>, Refusal<Asking>> {
        query::only(request, &[])?;
        Ok(Json(WhoamiResponse { success: true, data: CredentialInfo::of(&caller) }))
    }
}

/// The kind of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum CredentialKind {
    /// A key of a property.
    Key,
    /// A user's token.
    User,
}

/// The stretch of time that a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum Window {
    /// A minute of UTC.
    Minute,
    /// A day of UTC.
    Day,
}

/// How a limit stands after this call.
#[derive(Debug, Object)]
pub struct LimitInfo {
    /// What it counts.
    pub window: Window,
    /// Calls allowed.
    pub limit: i64,
    /// Calls left.
    pub remaining: i64,
    /// Whole seconds until the window ends.
    pub reset_seconds: u64,
}

/// A credential, as its holder may know it.
#[derive(Debug, Object)]
pub struct CredentialInfo {
    /// A key or a user.
    pub kind: CredentialKind,
    /// The key's id, or issuer and subject of the user's token.
    pub id: String,
    /// The key's name; null for a user.
    pub name: Nullable<String>,
    /// The property that it works in.
    pub property_id: Uuid,
    /// The user's role there.
    #[oai(skip_serializing_if_is_none)]
    pub role: Option<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The tables it may use; null = all but members, api_keys and audit_log, which owners and admins may use too.
    pub allowed_tables: Nullable<Vec<String>>,
    /// When it ends by itself.
    pub expires_at: Nullable<Timestamp>,
    /// Its limits; a user has none.
    pub limits: Vec<LimitInfo>,
}

/// The answer to whoami.
#[derive(Debug, Object)]
pub struct WhoamiResponse {
    /// Always true.
    pub success: bool,
    /// The credential.
    pub data: CredentialInfo,
}

impl CredentialInfo {
    fn of(caller: &PropertyCaller) -> Self {
        let scopes = [Right::Read, Right::Write].into_iter().filter(|right| caller.may(*right)).map(Scope::from);
        let (property_id, scopes) = (caller.property.0, scopes.collect());
        match caller.who() {
            Who::Key(key) => Self {
                kind: CredentialKind::Key,
                id: key.id.to_string(),
                name: Nullable(Some(key.name.clone())),
                property_id,
                role: None,
                scopes,
                allowed_tables: Nullable(key.allowed_tables.clone()),
                expires_at: Nullable(key.expires_at.map(Timestamp)),
                limits: caller.standing().map(limits).unwrap_or_default(),
            },
            Who::User { user, place, expires_at } => Self {
                kind: CredentialKind::User,
                id: format!("{}:{}", user.issuer.as_str(), user.subject),
                name: Nullable(None),
                property_id,
                role: Some(place.role.as_str().to_owned()),
                scopes,
                allowed_tables: Nullable(None),
                expires_at: Nullable(Some(Timestamp(*expires_at))),
                limits: Vec::new(),
            },
        }
    }
}

fn limits(standing: Standing) -> Vec<LimitInfo> {
    let minute = LimitInfo {
        window: Window::Minute,
        limit: standing.quota.per_minute.into(),
        remaining: standing.minute_left,
        reset_seconds: standing.minute_reset,
    };
    let day = standing.quota.per_day.map(|limit| LimitInfo {
        window: Window::Day,
        limit,
        remaining: standing.day_left,
        reset_seconds: standing.day_reset,
    });
    std::iter::once(minute).chain(day).collect()
}
