//! What happens in a property, as events that are kept and sent to subscribers.
//!
//! The database writes them: triggers on the tables see every change in its own transaction, whoever makes it (the
//! migration `table_events` tells how). Here are their types, the call for what is no change of a row, and the periodic
//! work: telling of sessions that expired, and forgetting old weeks.

pub mod describe; // what the OpenAPI document says of them
pub mod readers; // who may read which
pub mod record; // what is no change of a row
pub mod types; // what can happen
pub mod upkeep; // what workers do now and then
