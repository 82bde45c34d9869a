//! What the tests stand on: one embedded Postgres, a database per test, servers on any port.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails here")]
#![allow(dead_code, reason = "not every test needs every helper")]

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod clients;
pub(crate) mod database;
pub(crate) mod issuer;
pub(crate) mod process;
pub(crate) mod property_keys;
pub(crate) mod receiver;

pub(crate) use app::TestApp;
