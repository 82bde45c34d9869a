//! What benchmarks stand on: an embedded Postgres with a tenant, the server as a process of its own, pgbench as the
//! floor, a lean HTTP client, and the kernel's word on what each of them cost.
//!
//! A bare time says as much about the machine as about the program. So whatever is measured here is measured in rounds,
//! in turn with its floor, by the same rule: load from the same number of clients, a moment to warm up that does not
//! count, then the window that does ([`window`]). Ratios of one round go together, and their median is the result.

#![allow(dead_code, reason = "not every benchmark needs every helper")]

pub(crate) mod http;
pub(crate) mod pgbench;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod stage;
pub(crate) mod table;
pub(crate) mod window;

/// Clients at once, on both sides; as many as the server's default pool has connections.
pub(crate) const CLIENTS: usize = 16;
