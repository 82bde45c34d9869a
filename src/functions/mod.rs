//! Face three: what is done to a property beyond reading and writing its rows, as `POST /api/functions/{name}`, and
//! `GET /api/whoami`, which tells a credential what it is.
//!
//! Bodies take their members in snake_case and camelCase and refuse unknown ones. A function works in one transaction
//! that speaks for the caller's property (`in_property`) and answers `{"success":true,"data":…}`.

use poem::Request;
use poem_openapi::Tags;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use crate::{
    app::App,
    call::Call,
    caller::PropertyCaller,
    error::ApiError,
    http::{ClientAddress, RequestId},
    tenant,
    trail::Entry,
};

pub mod key_schemas;
mod keys;
mod once;
mod refusals;
pub mod whoami;

pub use keys::KeyFunctions;
pub use whoami::Whoami;

/// How the reference groups the calls.
#[derive(Tags)]
enum Tag {
    /// What a credential is, and the keys of a property.
    Credentials,
}

/// Carries out a function's work in one transaction that speaks for the caller's property.
async fn in_property<T>(
    app: &App,
    caller: &PropertyCaller,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let txn = tenant::begin(&app.db, caller.property).await?;
    let outcome = work(&txn).await?;
    txn.commit().await?;
    Ok(outcome)
}

/// The line that a change will leave in the audit trail, written with it.
fn audit(app: &App, request: &Request, caller: &PropertyCaller, action: &'static str) -> Entry {
    Entry::new(caller.organization, &caller.actor(), action, 200, app.clock.now())
        .in_property(caller.property)
        .from_client(request.data::<ClientAddress>().copied(), request.data::<RequestId>())
}

/// The change is committed with its line in the trail.
fn audited(request: &Request) {
    Call::of(request).audited();
}

/// A body may say which property it means, as long as it is the caller's.
fn same_property(caller: &PropertyCaller, named: Option<Uuid>) -> Result<(), ApiError> {
    match named {
        Some(other) if other != caller.property.0 => {
            let sentence = "property_id names another property than the one that this credential works in";
            Err(ApiError::forbidden(sentence).with_code("property_mismatch"))
        }
        _ => Ok(()),
    }
}
