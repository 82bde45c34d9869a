//! Face one: one-time game sessions for integrators, and the keys they use.
//!
//! Here are the shapes of the wire ([`schemas`]) and who may call what ([`callers`]); the work is in
//! [`crate::sessions`] and [`crate::keys`]. Each session call has two spellings, a path and `?action=`; [`actions`]
//! turns the second into the first, so that one handler serves both. [`play`] is the page that players see.

pub mod actions;
pub mod callers;
mod key_calls;
pub mod play;
mod refusals;
pub mod schemas;
mod session_calls;

pub use key_calls::KeyCalls;
pub use session_calls::SessionCalls;

use poem_openapi::Tags;

/// Where all calls of this face live.
pub const BASE_PATH: &str = "/api/org-api-keys";

/// How the reference groups the calls.
#[derive(Tags)]
enum Tag {
    /// One-time tokens: create, validate, consume, revoke.
    Sessions,
    /// Keys of an organization, for its owners and admins.
    #[oai(rename = "API Keys")]
    Keys,
}
