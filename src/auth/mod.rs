//! Who is calling, and whether the credential still holds.
//!
//! The cast:
//! - a **key** (`dpk_…`, `pk_…`) is text that only its holder has; we keep its SHA-256 ([`key_text`]).
//! - a **credential** is what a key stands for: its organisation or property, limits and allow-lists, read from the
//!   database once and then from memory ([`credentials`]), by whatever table its kind lives in ([`org_key`],
//!   [`property_key`]).
//! - the **change log** tells every replica that a credential changed ([`changes`]). A revocation is answered when each
//!   live replica has applied it, and a replica that cannot read the log stops trusting its memory.
//! - a **token** is a user's, signed by an issuer ([`token`]); what the user may do stands in our own memberships,
//!   never in the token: in an organisation ([`member`]), in a property ([`places`]).
//!
//! What may change between two calls (activity, expiry, limits, lists) is judged on each call, after the cache.

pub mod changes;
pub mod credentials;
pub mod key_text;
pub mod member;
pub mod org_key;
pub mod places;
pub mod property_key;
pub mod token;
