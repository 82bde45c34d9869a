//! Who calls: an organisation key, a dashboard user, or anybody; each is judged before the body is looked at.

use std::{net::IpAddr, sync::Arc};

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use crate::{
    app::App,
    auth::{
        credentials::Lookup,
        key_text,
        member::User,
        org_key::OrgKey,
        token::{IssuerKind, TokenRefusal},
    },
    call::Call,
    error::ApiError,
    http::ClientAddress,
    limits::{Refusal, Subject},
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

fn app(request: &Request) -> App {
    request.data::<App>().expect("the server puts the app into each request").clone()
}

fn network(request: &Request) -> IpAddr {
    request.data::<ClientAddress>().expect("the floor knows where each request comes from").network().addr()
}

async fn key_caller(request: &Request) -> std::result::Result<KeyCaller, ApiError> {
    let app = app(request);
    let text = request.header("x-api-key").filter(|text| key_text::is_org_key(text));
    let hash = key_text::hash(text.ok_or_else(ApiError::unauthorized)?);
    let key = match app.org_keys.remembered(&hash) {
        Some(known) => known,
        None => {
            // Only what memory does not know costs the database, so only that counts as a guess.
            if let Some(standing) = app.quotas.exhausted(Subject::Guesses(network(request))) {
                return Err(standing.refusal());
            }
            app.org_keys.lookup(&hash).await?
        }
    };
    let key = match key {
        Lookup::Known(key) => key,
        Lookup::Unknown { cold } => {
            if cold {
                app.public.guessed(network(request)).await?;
            }
            return Err(ApiError::unauthorized());
        }
    };
    let call = Call::of(request);
    if !key.holds(app.clock.now()) {
        call.by_dead_key(key);
        return Err(ApiError::unauthorized());
    }
    match app.quotas.spend(Subject::OrgKey(key.id), key.quota()).await {
        Ok(standing) => {
            call.by_key(key.clone(), standing);
            Ok(KeyCaller(key))
        }
        Err(Refusal::Exhausted(standing)) => {
            call.by_key(key, standing);
            Err(standing.refusal())
        }
        Err(Refusal::Unavailable(error)) => Err(error),
    }
}

async fn user_caller(request: &Request) -> std::result::Result<UserCaller, ApiError> {
    let app = app(request);
    let token = request.header("authorization").and_then(bearer).ok_or_else(ApiError::unauthorized)?;
    let identity = app.issuers.verify(token).await.map_err(|refusal| match refusal {
        TokenRefusal::KeysUnavailable => ApiError::unavailable("The issuer's keys cannot be had now, try again"),
        refusal => {
            tracing::debug!(%refusal, "token refused");
            ApiError::unauthorized()
        }
    })?;
    // These are the dashboard's calls, and the dashboard's users are Clerk's.
    if identity.issuer != IssuerKind::Clerk {
        return Err(ApiError::unauthorized());
    }
    let user = User::from_identity(identity)?;
    Call::of(request).by_user(user.clone());
    Ok(UserCaller(user))
}

/// The token of a `Bearer` credential; keys are not tokens.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let is_key = token.starts_with(key_text::ORG_KEY_PREFIX) || token.starts_with("pk_");
    (scheme.eq_ignore_ascii_case("bearer") && !token.contains([' ', ',']) && !is_key).then_some(token)
}

impl<'a> FromRequest<'a> for PublicCaller {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let (app, network) = (app(request), network(request));
        app.public.admit(network).await?;
        Ok(Self { network, app })
    }
}

/// What poem-openapi asks of an extractor that is a security scheme.
macro_rules! security_scheme {
    ($caller:ty, $name:literal, $check:path, $scheme:expr) => {
        impl<'a> ApiExtractor<'a> for $caller {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                registry.create_security_scheme($name, $scheme);
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![$name]
            }

            async fn from_request(
                request: &'a Request,
                _body: &mut RequestBody,
                _options: ExtractParamOptions<()>,
            ) -> Result<Self> {
                Ok($check(request).await?)
            }
        }
    };
}

const NO_SCHEME: MetaSecurityScheme = MetaSecurityScheme {
    ty: "http",
    description: None,
    name: None,
    key_in: None,
    scheme: None,
    bearer_format: None,
    flows: None,
    openid_connect_url: None,
};

security_scheme!(
    KeyCaller,
    "apiKey",
    key_caller,
    MetaSecurityScheme {
        ty: "apiKey",
        description: Some("API key in the format `dpk_<40 hex chars>`. Used for session token operations."),
        name: Some("x-api-key"),
        key_in: Some("header"),
        ..NO_SCHEME
    }
);

security_scheme!(
    UserCaller,
    "bearerAuth",
    user_caller,
    MetaSecurityScheme {
        description: Some("Clerk JWT bearer token. Used for dashboard and management endpoints."),
        scheme: Some("bearer"),
        bearer_format: Some("JWT"),
        ..NO_SCHEME
    }
);
