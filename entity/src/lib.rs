//! The tables of Playhouse: one file per table, the row and its relations, nothing else.

pub mod api_key;
pub mod api_key_secret;
pub mod api_key_usage;
pub mod audit_entry;
pub mod campaign;
pub mod consent;
pub mod content_item;
pub mod credential_change;
pub mod game;
pub mod game_session;
pub mod idempotency_key;
pub mod journey;
pub mod member;
pub mod membership;
pub mod org_api_key;
pub mod org_api_key_usage;
pub mod organization;
pub mod player;
pub mod property;
pub mod rate_counter;
pub mod replica;
pub mod segment;
pub mod session_token;
pub mod stream;
pub mod suppression;
pub mod template;
