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
    auth::property_key::Right,
    call::Call,
    caller::PropertyCaller,
    error::ApiError,
    http::{ClientAddress, RequestId},
    tables::{catalog::Playhouse, registry::Catalog},
    tenant,
    trail::Entry,
};

pub mod key_schemas;
mod keys;
mod once;
mod refusals;
pub mod webhook_schemas;
mod webhooks;
pub mod whoami;

pub use keys::KeyFunctions;
pub use webhooks::WebhookFunctions;
pub use whoami::Whoami;

/// How the reference groups the calls.
#[derive(Tags)]
enum Tag {
    /// What a credential is, and the keys of a property.
    Credentials,
    /// What is done with webhooks beyond their rows: secrets, tests, sending again.
    Webhooks,
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

/// A function, and who may call it.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The last part of its path.
    pub name: &'static str,
    /// The tables that it touches, for who may write; none: only owners and admins may call it.
    tables: Option<&'static [&'static str]>,
}

/// All functions.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "create-api-key", tables: None },
    Function { name: "revoke-api-key", tables: None },
    Function { name: "rotate-api-key", tables: None },
    Function { name: "rotate-webhook-secret", tables: Some(WEBHOOKS) },
    Function { name: "test-webhook", tables: Some(WEBHOOKS) },
    Function { name: "redeliver", tables: Some(DELIVERIES) },
];

/// What functions on webhooks touch.
const WEBHOOKS: &[&str] = &["webhooks"];
/// What functions on deliveries touch.
const DELIVERIES: &[&str] = &["webhooks", "webhook_deliveries"];

impl Function {
    /// Whether a caller may call it.
    pub fn is_for(&self, caller: &PropertyCaller) -> bool {
        match self.tables {
            Some(tables) => caller.may(Right::Write) && permitted(caller, tables).is_ok(),
            None => caller.require_manager().is_ok(),
        }
    }
}

/// The right to the tables that a function touches.
fn permitted(caller: &PropertyCaller, tables: &[&str]) -> Result<(), ApiError> {
    let guarded = |table: &str| Playhouse::registry().table(table).is_some_and(|table| table.guarded);
    match tables.iter().find(|table| !caller.may_use(table, guarded(table))) {
        Some(table) => Err(ApiError::forbidden(format!("This credential may not use the table {table}"))
            .with_code("table_not_allowed")),
        None => Ok(()),
    }
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
