//! Webhooks: what receivers get, and what they can do to us.

pub(crate) mod delivering;
mod endpoints;
mod key;
mod listen;
mod sending;
mod snippets;
