//! The tests: one binary, one file or folder per capability, names that are sentences.

mod answers;
mod configuration;
mod dailyplay;
mod embedded;
mod events;
mod failure;
mod http_floor;
mod limits;
mod openapi;
mod pages;
mod plans;
mod property_keys;
mod rows;
mod schema;
mod spec_files;
mod spec_seed;
mod support;
mod tables;
mod tables_spec;
mod tenant_pool;
mod tokens;
mod webhooks;
