//! Errors whose statuses stand in the OpenAPI documents; the errors themselves are [`ApiError`].

use std::marker::PhantomData;

use poem_openapi::{
    ApiResponse,
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
};

use crate::{dailyplay::schemas::ErrorResponse, error::ApiError};

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

/// Sets of documented statuses: a type for each, with what its statuses mean.
macro_rules! documented {
    ($($(#[$doc:meta])* $name:ident: $($status:expr),+;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name;

        impl $crate::refusal::Documented for $name {
            const STATUSES: &'static [(u16, &'static str)] = &[$($status),+];
        }
    )+};
}

pub(crate) use documented;
