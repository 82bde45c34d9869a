//! Which errors each group of calls documents, beside those that every call can give and [`crate::openapi`] adds; the
//! errors themselves are [`ApiError`].

use std::marker::PhantomData;

use poem_openapi::{
    ApiResponse,
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
};

use super::schemas::ErrorResponse;
use crate::error::ApiError;

/// A set of documented statuses, each with what it means here.
pub trait Documented: Send + Sync + 'static {
    /// Status and meaning.
    const STATUSES: &'static [(u16, &'static str)];
}

/// An [`ApiError`] whose possible statuses stand in the document.
#[derive(Debug)]
pub struct Refusal<D>(ApiError, PhantomData<D>);

impl<D, E: Into<ApiError>> From<E> for Refusal<D> {
    fn from(error: E) -> Self {
        Self(error.into(), PhantomData)
    }
}

impl<D: Documented> From<Refusal<D>> for poem::Error {
    fn from(refusal: Refusal<D>) -> Self {
        refusal.0.into()
    }
}

impl<D: Documented> ApiResponse for Refusal<D> {
    fn meta() -> MetaResponses {
        let responses = D::STATUSES
            .iter()
            .map(|(status, description)| MetaResponse {
                description,
                status: Some(*status),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "application/json",
                    schema: <Json<ErrorResponse> as Payload>::schema_ref(),
                }],
                headers: vec![],
            })
            .collect();
        MetaResponses { responses }
    }

    fn register(registry: &mut Registry) {
        <Json<ErrorResponse> as Payload>::register(registry);
    }
}

const BAD_REQUEST: (u16, &str) = (400, "Missing or invalid parameters");
const UNAUTHORIZED: (u16, &str) = (401, "Invalid or revoked API key / missing auth");
const FORBIDDEN: (u16, &str) = (403, "API key does not have access to the requested resource");
const GONE: (u16, &str) = (410, "Token already consumed or expired");

macro_rules! documented {
    ($($(#[$doc:meta])* $name:ident: $($status:expr),+;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name;

        impl Documented for $name {
            const STATUSES: &'static [(u16, &'static str)] = &[$($status),+];
        }
    )+};
}

documented! {
    /// createSession.
    Creating: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN;
    /// validateSession.
    Validating: BAD_REQUEST;
    /// consumeSession.
    Consuming: BAD_REQUEST, GONE;
    /// revokeSession.
    Revoking: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, GONE;
    /// listApiKeys and createApiKey.
    Managing: BAD_REQUEST, UNAUTHORIZED, (403, "Not an owner or admin of the organization");
    /// updateApiKey and deleteApiKey.
    Changing: BAD_REQUEST, UNAUTHORIZED, (403, "Not an owner or admin of the organization"), (404, "No such API key in this organization");
}
