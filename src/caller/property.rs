//! Who calls the property's face, and what they may do there.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem::Request;

use super::{
    app, choice,
    credential::{self, Credential},
    key, user,
};
use crate::{
    app::App,
    auth::{
        member::{Role, User},
        places::Place,
        property_key::{PropertyKey, Right},
    },
    call::Call,
    error::ApiError,
    limits::standing::Standing,
    tenant::{OrgId, PropertyId},
    trail::Actor,
};

/// Somebody with a credential that holds for one property.
#[derive(Debug, Clone)]
pub struct PropertyCaller {
    /// The tenant that the call is about.
    pub property: PropertyId,
    /// The tenant's organisation.
    pub organization: OrgId,
    who: Who,
    app: App,
    call: Call,
}

/// What the credential is.
#[derive(Debug, Clone)]
pub enum Who {
    /// A key of the property.
    Key(Arc<PropertyKey>),
    /// A user, in a role at the property.
    User {
        /// Who it is.
        user: User,
        /// The property, and the role there.
        place: Place,
        /// When the token ends.
        expires_at: DateTime<Utc>,
    },
}

impl PropertyCaller {
    /// The caller of a request, charged one unit of the key's quota.
    ///
    /// # Errors
    ///
    /// 401 without a credential that holds; 429 when the quota is used up; 400 and 403 as `X-Property-Id` demands; 403
    /// for a user of no property; 503 when the database or the issuer is away.
    pub async fn of(request: &Request) -> Result<Self, ApiError> {
        Self::charged(request, Some(1)).await
    }

    /// The same without a charge, for calls that cost what their body says: they owe a [`Self::spend`].
    ///
    /// # Errors
    ///
    /// As [`Self::of`], without the 429 of a used-up quota.
    pub async fn uncharged(request: &Request) -> Result<Self, ApiError> {
        Self::charged(request, None).await
    }

    async fn charged(request: &Request, units: Option<i32>) -> Result<Self, ApiError> {
        let (app, call) = (app(request), Call::of(request));
        match credential::of(request).ok_or_else(ApiError::unauthorized)? {
            Credential::Key(text) => {
                let key = key::known::<PropertyKey>(request, text).await?;
                if let Some(units) = units {
                    key::charge(&app, &call, &*key, units).await?;
                }
                choice::agree(key.property(), choice::named(request.headers())?)?;
                let (property, organization) = (key.property(), key.organization());
                Ok(Self { property, organization, who: Who::Key(key), app, call })
            }
            Credential::Token(token) => {
                let identity = user::identity(request, token).await?;
                let expires_at = identity.expires_at;
                let user = user::of(request, identity)?;
                let place = choice::place(request, &app, &user).await?;
                call.about_property(place.organization, place.property);
                let (property, organization) = (place.property, place.organization);
                Ok(Self { property, organization, who: Who::User { user, place, expires_at }, app, call })
            }
        }
    }

    /// The right to look at rows or to change them; 403 that names the missing scope or the role.
    pub fn require(&self, right: Right) -> Result<(), ApiError> {
        if right == Right::Write {
            self.call.writes();
        }
        if self.may(right) {
            return Ok(());
        }
        let sentence = match &self.who {
            Who::Key(_) => format!("This API key does not have the scope {}", right.as_str()),
            Who::User { place, .. } => format!(
                "The role {} may only read here; to {} takes editor, admin or owner",
                place.role.as_str(),
                right.as_str()
            ),
        };
        Err(ApiError::forbidden(sentence).with_code("scope_missing"))
    }

    /// Whether the caller has a right.
    pub fn may(&self, right: Right) -> bool {
        match &self.who {
            Who::Key(key) => key.may(right),
            Who::User { place, .. } => place.role.may(right),
        }
    }

    /// Whether the caller may touch a table. A key's list says so; without one it is all but the guarded tables. Of
    /// users, only owners and admins see those.
    pub fn may_use(&self, table: &str, guarded: bool) -> bool {
        match &self.who {
            Who::Key(key) => key.allows_table(table, guarded),
            Who::User { place, .. } => !guarded || place.role >= Role::Admin,
        }
    }

    /// The right to manage keys and members: an owner or admin with a token of their own; 403 for everybody else.
    pub fn require_manager(&self) -> Result<&User, ApiError> {
        let refuse = |code, sentence: String| Err(ApiError::forbidden(sentence).with_code(code));
        match &self.who {
            Who::Key(_) => {
                let sentence = "An API key may not manage API keys; sign in as an owner or admin of the property";
                refuse("user_required", sentence.to_owned())
            }
            Who::User { user, .. } if user.impersonator.is_some() => {
                refuse("impersonated", "An impersonated user may not change API keys".to_owned())
            }
            Who::User { user, place, .. } if place.role >= Role::Admin => Ok(user),
            Who::User { place, .. } => {
                let role = place.role.as_str();
                refuse("scope_missing", format!("The role {role} may not manage API keys; that takes admin or owner"))
            }
        }
    }

    /// Charges a key so many units more, all of them or none; users have no quota. 429 when there are fewer left.
    pub async fn spend(&self, units: u32) -> Result<(), ApiError> {
        let Who::Key(key) = &self.who else { return Ok(()) };
        let units = i32::try_from(units).unwrap_or(i32::MAX);
        key::charge(&self.app, &self.call, &**key, units).await.map(drop)
    }

    /// How the key's quota stood after its last charge.
    pub fn standing(&self) -> Option<Standing> {
        self.call.standing()
    }

    /// What the credential is.
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// A name that stays the same over calls: `key:<id>` or `user:<issuer>:<subject>`.
    pub fn id(&self) -> String {
        match &self.who {
            Who::Key(key) => format!("key:{}", key.id),
            Who::User { user, .. } => format!("user:{}:{}", user.issuer.as_str(), user.subject),
        }
    }

    /// How the caller stands in the audit trail.
    pub fn actor(&self) -> Actor {
        match &self.who {
            Who::Key(key) => Actor::PropertyKey(key.id),
            Who::User { user, .. } => Actor::User(user.actor()),
        }
    }
}
