//! What a user may do in an organisation: our memberships decide, the token only says who it is.

#![expect(clippy::disallowed_methods, reason = "this module owns memberships; its questions name an organisation")]

use entity::membership;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};

use crate::{
    auth::{
        property_key::Right,
        token::{Identity, IssuerKind},
    },
    error::ApiError,
    tenant::OrgId,
};

/// A role in an organisation, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads what players and campaigns are.
    Viewer,
    /// Reads the same and the analytics.
    Analyst,
    /// Reads and writes rows.
    Editor,
    /// Manages keys and members too.
    Admin,
    /// Everything.
    Owner,
}

impl Role {
    /// The role of a stored word; an unknown word gives no right.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "viewer" => Self::Viewer,
            "analyst" => Self::Analyst,
            "editor" => Self::Editor,
            "admin" => Self::Admin,
            "owner" => Self::Owner,
            _ => return None,
        })
    }

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Whether the role includes a right on a property's rows.
    pub fn may(self, right: Right) -> bool {
        right == Right::Read || self >= Self::Editor
    }
}

/// A user whose token holds, before anything is known of rights.
#[derive(Debug, Clone)]
pub struct User {
    /// Which kind of issuer signed the token.
    pub issuer: IssuerKind,
    /// Who it is, in the issuer's words.
    pub subject: String,
    /// Who is behind it, when somebody impersonates the user.
    pub impersonator: Option<String>,
}

impl User {
    /// The user of a verified token; 403 while the issuer still waits for a step of the sign-in.
    pub fn from_identity(identity: Identity) -> Result<Self, ApiError> {
        if identity.pending {
            return Err(ApiError::forbidden("The sign-in of this user is not complete"));
        }
        Ok(Self { issuer: identity.issuer, subject: identity.subject, impersonator: identity.impersonator })
    }

    /// How the user stands in the audit trail.
    pub fn actor(&self) -> String {
        match &self.impersonator {
            Some(impersonator) => format!("{}:{} by {impersonator}", self.issuer.as_str(), self.subject),
            None => format!("{}:{}", self.issuer.as_str(), self.subject),
        }
    }

    /// The right to see an organisation's keys: an owner or admin of that organisation, and nobody of another.
    pub async fn require_key_manager(&self, db: &DatabaseConnection, organization: OrgId) -> Result<(), ApiError> {
        let roles = membership::Entity::find()
            .filter(membership::Column::Issuer.eq(self.issuer.as_str()))
            .filter(membership::Column::Subject.eq(&*self.subject))
            .filter(membership::Column::OrganizationId.eq(organization.0))
            .filter(membership::Column::PropertyId.is_null())
            .all(db)
            .await?;
        if roles.iter().filter_map(|member| Role::parse(&member.role)).any(|role| role >= Role::Admin) {
            Ok(())
        } else {
            Err(ApiError::forbidden("Only an owner or admin of this organization may manage its API keys"))
        }
    }

    /// The right to change keys: that of seeing them, and nobody acting in the user's name.
    pub async fn require_key_change(&self, db: &DatabaseConnection, organization: OrgId) -> Result<(), ApiError> {
        if self.impersonator.is_some() {
            return Err(ApiError::forbidden("An impersonated user may not change API keys"));
        }
        self.require_key_manager(db, organization).await
    }
}
