//! Callers as security schemes of the OpenAPI documents.

use poem::{Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use super::PropertyCaller;
use crate::{auth::property_key::Right, call::Call, error::ApiError};

/// A scheme about which nothing is said.
pub(crate) const NO_SCHEME: MetaSecurityScheme = MetaSecurityScheme {
    ty: "http",
    description: None,
    name: None,
    key_in: None,
    scheme: None,
    bearer_format: None,
    flows: None,
    openid_connect_url: None,
};

/// What poem-openapi asks of an extractor that is a security scheme: its type, how a request is checked, and the name
/// of each scheme that will do, with what it is.
macro_rules! security_scheme {
    ($caller:ty, $check:expr, $($name:expr => $scheme:expr),+ $(,)?) => {
        impl<'a> ApiExtractor<'a> for $caller {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                $(registry.create_security_scheme($name, $scheme);)+
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![$($name),+]
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

pub(crate) use security_scheme;

/// The name of the scheme of property keys.
pub const PROPERTY_KEY: &str = "propertyKey";
/// The name of the scheme of users' tokens on the property's face.
pub const PROPERTY_BEARER: &str = "propertyBearer";

/// Makes both schemes of the property's face known to a document.
pub fn register(registry: &mut Registry) {
    registry.create_security_scheme(PROPERTY_KEY, property_key());
    registry.create_security_scheme(PROPERTY_BEARER, property_bearer());
}

fn property_key() -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty: "apiKey",
        description: Some(
            "A key of one property, `pk_` and 49 letters and digits, with its scopes, tables and quota. \
             `Authorization: Bearer pk_…` is the same.",
        ),
        name: Some("X-Api-Key"),
        key_in: Some("header"),
        ..NO_SCHEME
    }
}

fn property_bearer() -> MetaSecurityScheme {
    MetaSecurityScheme {
        description: Some(
            "A user's token (Cognito or Clerk). A user of several properties chooses one with `X-Property-Id`.",
        ),
        scheme: Some("bearer"),
        bearer_format: Some("JWT"),
        ..NO_SCHEME
    }
}

security_scheme!(
    PropertyCaller,
    PropertyCaller::of,
    PROPERTY_KEY => property_key(),
    PROPERTY_BEARER => property_bearer(),
);

/// A user who may manage the keys of a property; nobody else gets as far as the body.
#[derive(Debug, Clone)]
pub struct Manager(pub PropertyCaller);

impl Manager {
    async fn of(request: &Request) -> std::result::Result<Self, ApiError> {
        let caller = PropertyCaller::of(request).await?;
        Call::of(request).writes();
        caller.require_manager()?;
        Ok(Self(caller))
    }
}

/// Somebody who may change rows of the property; nobody else gets as far as the body.
#[derive(Debug, Clone)]
pub struct Writer(pub PropertyCaller);

impl Writer {
    async fn of(request: &Request) -> std::result::Result<Self, ApiError> {
        let caller = PropertyCaller::of(request).await?;
        caller.require(Right::Write)?;
        Ok(Self(caller))
    }
}

security_scheme!(
    Writer,
    Writer::of,
    PROPERTY_KEY => property_key(),
    PROPERTY_BEARER => property_bearer(),
);

security_scheme!(Manager, Manager::of, PROPERTY_BEARER => property_bearer());
