//! Webhooks: what changes in a property, sent to whoever asked to hear of it.
//!
//! The wire is [Standard Webhooks](https://www.standardwebhooks.com): a POST of the event's bytes with the headers
//! `webhook-id`, `webhook-timestamp` and `webhook-signature`, so that a receiver can use a library that knows nothing of
//! this server. An endpoint's address comes from a tenant, and this server stands in a network that the tenant must not
//! see: the [guard] decides what may be reached, when an endpoint is saved and again whenever a connection is
//! made. What an endpoint does to us is bounded by the [sender](Sender): time, bytes, and no following of redirects.

pub mod address; // which addresses are not the public internet's
pub mod alarm; // who may have something to hear
mod answer; // what an endpoint answered, as far as it is read
pub mod endpoints; // endpoints as their owners save them
mod failure; // why an attempt failed, in words
pub mod guard; // what may be reached
pub mod headers; // an endpoint's own headers
pub mod lookup; // names to addresses
mod outcome; // what an attempt means
mod retry_after; // how long an endpoint asks us to wait
mod schedule; // when to try again
mod secret; // the secrets that sign
mod send; // one attempt
pub mod signature; // the signature of a delivery
mod tls; // whose certificates are believed
pub mod worker; // the deliveries

pub(crate) use failure::of_send as describe;
pub use guard::{Guard, Refusal};
pub use outcome::{Attempted, Outcome};
pub use schedule::Schedule;
pub(crate) use secret::PREFIX as SECRET_PREFIX;
pub use secret::SigningKey;
pub use send::{Endpoint, Sender};
pub(crate) use tls::config as tls_config;
