//! The description of the tables: all that a client author needs, and nothing that is hidden.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod catalogs;
mod filters;
mod objects;
mod operations;
