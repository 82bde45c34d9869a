//! The description of the tables: all that a client author needs, and nothing that is hidden.

mod catalogs;
mod filters;
mod objects;
mod operations;
