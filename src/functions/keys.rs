//! create-api-key, revoke-api-key, rotate-api-key.

use chrono::TimeDelta;
use entity::api_key;
use poem::{Request, web::Data};
use poem_openapi::{OpenApi, param::Header, types::ToJSON};

use super::{
    Tag, audit,
    key_schemas::{NewApiKey, PropertyApiKey, PropertyApiKeyResponse, RevokeApiKey, RotateApiKey},
    once::{Once, Said, once},
    refusals::{Creating, Revoking, Rotating},
    same_property,
};
use crate::{
    app::App,
    caller::scheme::Manager,
    error::ApiError,
    input::{Body, query},
    property_keys::{self, NewPropertyKey},
    refusal::Refusal,
    secret::Secret,
};

type KeyAnswer = Once<PropertyApiKeyResponse>;

/// The functions that manage the keys of a property, for its owners and admins.
#[derive(Debug, Clone, Copy)]
pub struct KeyFunctions;

#[OpenApi(prefix_path = "/api/functions")]
impl KeyFunctions {
    /// Create a key of a property
    ///
    /// For owners and admins with a token; a key never makes a key. The key itself is in this answer and never again.
    #[oai(path = "/create-api-key", method = "post", operation_id = "createPropertyApiKey", tag = "Tag::Credentials")]
    async fn create(
        &self,
        app: Data<&App>,
        caller: Manager,
        request: &Request,
        /// The property to work in, for users of several
        #[oai(name = "X-Property-Id")]
        _property: Header<Option<String>>,
        /// Repeating a call under the same key has the effect of one call
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<String>>,
        body: Body<NewApiKey>,
    ) -> Result<KeyAnswer, Refusal<Creating>> {
        query::only(request, &[])?;
        let (caller, body, now) = (caller.0, body.0, app.clock.now());
        let asked = body.to_json();
        same_property(&caller, body.property_id)?;
        property_keys::require_tables(body.allowed_tables.0.as_deref().unwrap_or_default())?;
        let expires_at = body.expires_at.0.as_ref().map(|end| end.0);
        let new = NewPropertyKey {
            scopes: body.rights(),
            name: body.name,
            allowed_tables: body.allowed_tables.0,
            rate_limit: limit(body.rate_limit),
            rate_limit_per_day: body.rate_limit_per_day.map(limit),
            expires_at,
            created_by: caller.id(),
        };
        let audit = audit(&app, request, &caller, "createPropertyApiKey");
        let created = once(&app, request, &caller, &asked, async |txn| {
            // Asked here, because a repeated call gets its answer also when that instant has come.
            if expires_at.is_some_and(|end| end <= now) {
                return Err(ApiError::bad_request("expires_at must be in the future"));
            }
            let (row, key) = property_keys::create(txn, caller.organization, caller.property, new, audit, now).await?;
            Ok(said(row, Some(&key)))
        });
        Ok(created.await?)
    }

    /// Revoke a key of a property
    ///
    /// The answer comes when every server of this installation refuses the key. Revocation is for good; revoking twice
    /// is a success.
    #[oai(path = "/revoke-api-key", method = "post", operation_id = "revokePropertyApiKey", tag = "Tag::Credentials")]
    async fn revoke(
        &self,
        app: Data<&App>,
        caller: Manager,
        request: &Request,
        /// The property to work in, for users of several
        #[oai(name = "X-Property-Id")]
        _property: Header<Option<String>>,
        /// Repeating a call under the same key has the effect of one call
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<String>>,
        body: Body<RevokeApiKey>,
    ) -> Result<KeyAnswer, Refusal<Revoking>> {
        query::only(request, &[])?;
        let (caller, body) = (caller.0, body.0);
        same_property(&caller, body.property_id)?;
        let audit = audit(&app, request, &caller, "revokePropertyApiKey");
        let revoked = once(&app, request, &caller, &body, async |txn| {
            let row = property_keys::revoke(txn, caller.property, body.key_id, audit, app.clock.now()).await?;
            Ok(said(row, None))
        });
        let answer = revoked.await?;
        app.changes.acknowledged().await?;
        Ok(answer)
    }

    /// Give a key of a property a new secret
    ///
    /// The present secret works for `grace_minutes` longer, but not beyond the end of the key; without, it ends at once.
    /// Rotating again ends a grace that still lasts. The new secret is in this answer and never again.
    #[oai(path = "/rotate-api-key", method = "post", operation_id = "rotatePropertyApiKey", tag = "Tag::Credentials")]
    async fn rotate(
        &self,
        app: Data<&App>,
        caller: Manager,
        request: &Request,
        /// The property to work in, for users of several
        #[oai(name = "X-Property-Id")]
        _property: Header<Option<String>>,
        /// Repeating a call under the same key has the effect of one call
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<String>>,
        body: Body<RotateApiKey>,
    ) -> Result<KeyAnswer, Refusal<Rotating>> {
        query::only(request, &[])?;
        let (caller, body) = (caller.0, body.0);
        same_property(&caller, body.property_id)?;
        let grace = TimeDelta::minutes(body.grace_minutes);
        let audit = audit(&app, request, &caller, "rotatePropertyApiKey");
        let rotated = once(&app, request, &caller, &body, async |txn| {
            let now = app.clock.now();
            let (row, key) = property_keys::rotate(txn, caller.property, body.key_id, grace, audit, now).await?;
            Ok(said(row, Some(&key)))
        });
        let answer = rotated.await?;
        app.changes.acknowledged().await?;
        Ok(answer)
    }
}

/// A key as it is answered; with its text this once.
fn said(row: api_key::Model, key: Option<&Secret>) -> Said<PropertyApiKeyResponse> {
    let answer = |row, key| PropertyApiKeyResponse { success: true, data: PropertyApiKey::new(row, key) };
    Said { now: answer(row.clone(), key), later: answer(row, None) }
}

fn limit(number: i64) -> i32 {
    i32::try_from(number).expect("the reader lets in no larger number")
}
