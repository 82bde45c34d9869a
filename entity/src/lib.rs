//! The tables of Playhouse: one file per table, the row and its relations, nothing else.

pub mod audit_entry;
pub mod credential_change;
pub mod game;
pub mod game_session;
pub mod membership;
pub mod org_api_key;
pub mod org_api_key_usage;
pub mod organization;
pub mod property;
pub mod rate_counter;
pub mod replica;
pub mod session_token;
pub mod stream;
