//! Who calls: an organisation key, a dashboard user, or anybody; each is judged before the body is looked at.

use std::{net::IpAddr, sync::Arc};

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use crate::{
    app::App,
    auth::{key_text, member::User, org_key::OrgKey, token::IssuerKind},
    call::Call,
    caller::{
        app, credential, key, network,
        scheme::{NO_SCHEME, security_scheme},
        user,
    },
    error::ApiError,
};

/// A caller with an organisation key that holds and has quota left.
#[derive(Debug)]
pub struct KeyCaller(pub Arc<OrgKey>);

/// A dashboard user with a token that holds; rights are asked per organisation.
#[derive(Debug)]
pub struct UserCaller(pub User);

/// A caller without credential, known by its address.
#[derive(Debug)]
pub struct PublicCaller {
    network: IpAddr,
    app: App,
}

impl PublicCaller {
    /// Counts a wrong token against the address; 429 when it has guessed too often.
    pub async fn guessed(&self) -> std::result::Result<(), ApiError> {
        self.app.public.guessed(self.network).await
    }
}

async fn key_caller(request: &Request) -> std::result::Result<KeyCaller, ApiError> {
    let text = request.header("x-api-key").filter(|text| key_text::is_org_key(text));
    let key = key::known::<OrgKey>(request, text.ok_or_else(ApiError::unauthorized)?).await?;
    key::charge(&app(request), &Call::of(request), &*key, 1).await?;
    Ok(KeyCaller(key))
}

async fn user_caller(request: &Request) -> std::result::Result<UserCaller, ApiError> {
    let token = request.header("authorization").and_then(credential::bearer).ok_or_else(ApiError::unauthorized)?;
    let identity = user::identity(request, token).await?;
    // These are the dashboard's calls, and the dashboard's users are Clerk's.
    if identity.issuer != IssuerKind::Clerk {
        return Err(ApiError::unauthorized());
    }
    user::of(request, identity).map(UserCaller)
}

impl<'a> FromRequest<'a> for PublicCaller {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let (app, network) = (app(request), network(request));
        app.public.admit(network).await?;
        Ok(Self { network, app })
    }
}

security_scheme!(
    KeyCaller,
    key_caller,
    "apiKey" => MetaSecurityScheme {
        ty: "apiKey",
        description: Some("API key in the format `dpk_<40 hex chars>`. Used for session token operations."),
        name: Some("x-api-key"),
        key_in: Some("header"),
        ..NO_SCHEME
    },
);

security_scheme!(
    UserCaller,
    user_caller,
    "bearerAuth" => MetaSecurityScheme {
        description: Some("Clerk JWT bearer token. Used for dashboard and management endpoints."),
        scheme: Some("bearer"),
        bearer_format: Some("JWT"),
        ..NO_SCHEME
    },
);
