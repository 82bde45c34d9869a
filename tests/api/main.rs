//! The tests: one binary, one file or folder per capability, names that are sentences.

mod configuration;
mod embedded;
mod http_floor;
mod schema;
mod support;
mod tokens;
