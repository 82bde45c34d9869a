//! A token becomes a person.

use poem::Request;

use super::app;
use crate::{
    auth::{
        member::User,
        token::{Identity, TokenRefusal},
    },
    call::Call,
    error::ApiError,
};

/// The identity in a token that holds; 401 otherwise, 503 while its issuer's keys cannot be had.
pub(crate) async fn identity(request: &Request, token: &str) -> Result<Identity, ApiError> {
    app(request).issuers.verify(token).await.map_err(|refusal| match refusal {
        TokenRefusal::KeysUnavailable => ApiError::unavailable("The issuer's keys cannot be had now, try again"),
        refusal => {
            tracing::debug!(%refusal, "token refused");
            ApiError::unauthorized()
        }
    })
}

/// The person behind an identity, noted on the call; 403 while the sign-in is not complete.
pub(crate) fn of(request: &Request, identity: Identity) -> Result<User, ApiError> {
    let user = User::from_identity(identity)?;
    Call::of(request).by_user(user.clone());
    Ok(user)
}
