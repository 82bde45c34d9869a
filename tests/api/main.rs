//! The tests: one binary, one file or folder per capability, names that are sentences.

mod answers;
mod configuration;
mod dailyplay;
mod embedded;
mod failure;
mod http_floor;
mod limits;
mod openapi;
mod pages;
mod schema;
mod spec_files;
mod spec_seed;
mod support;
mod tokens;
