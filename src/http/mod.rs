//! What every request passes before a face sees it, and every answer on its way out.
//!
//! | who | does |
//! |---|---|
//! | [`accept`](self::serve) | takes connections, bounds them in number and time, drains them on stop |
//! | `socket` | tells an idle connection from a stalling one; lets a refused client read why |
//! | `head` | refuses heads whose end or length could be read in two ways |
//! | [`Floor`] | request id, panics, error bodies, headers, log and figures of every answer |
//! | [`ClientAddress`] | who is calling, as far as trusted proxies can tell |
//! | `guard` | refuses what two readers could understand differently |
//! | [`Cors`] | decides which web pages may read the answer |
//! | `body` | reads the body, bounded in size and time, and in what all bodies together hold |
//! | `answer` | turns whatever went wrong into the one error body |
//! | `log` | one line per request, without secrets |
//! | [`Metrics`] | the figures behind `/metrics` |
//!
//! The order is: connection limits, request id, client address, CORS decision, guard, body, preflight, face. The guard
//! goes before the body because a refusal should cost nothing; the CORS decision goes before the guard so that a web
//! page can read why it was refused; what the floor adds to an answer comes last, so that refusals and panics have it.
//!
//! Requests that never become one (broken framing, too many header lines, a half-sent head) are answered with a bare
//! status or closed. Two things stay with a proxy in front: the number of connections per address, and TLS.

mod accept;
mod answer;
mod body;
mod client;
mod cors;
mod floor;
mod guard;
mod head;
mod log;
mod metrics;
mod socket;

use std::{sync::Arc, time::Duration};

use ipnet::IpNet;
use poem::{Endpoint, http::HeaderMap};

pub use self::{
    accept::serve,
    client::ClientAddress,
    cors::Cors,
    floor::{Floor, RequestId},
    metrics::Metrics,
};

/// Headers that the answer to an error must carry, put into the error's data by whoever knows them.
#[derive(Debug, Clone, Default)]
pub struct ExtraHeaders(pub HeaderMap);

/// Tells the methods of a path as an `Allow` header lists them, or `None` where there is no such path.
pub type Allow = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How much may be asked of the server, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at the same time; further ones wait in the system's queue. Must stay below the process's
    /// limit of open files.
    pub max_connections: usize,
    /// How long a client may take to send a request's head, and a new connection to send anything.
    pub header_timeout: Duration,
    /// How long a connection may stay open without a request or any progress of an answer. Longer than the idle time of
    /// the proxy in front, which would otherwise send requests into a closing connection.
    pub idle_timeout: Duration,
    /// Bytes of all header lines of one request together; beyond it 431.
    pub max_header_bytes: usize,
    /// Header lines of one request; beyond it 431.
    pub max_headers: usize,
    /// Bytes of the path and query; beyond it 414.
    pub max_uri_bytes: usize,
    /// Bytes of a request body; beyond it 413.
    pub max_body_bytes: usize,
    /// Bytes of the bodies of all requests that are being read or answered, at least one body's; beyond it 503.
    pub max_buffered_bytes: usize,
    /// How long a client may take to send a whole body; beyond it 408.
    pub body_timeout: Duration,
    /// How long a face may take to answer; beyond it 503.
    pub answer_timeout: Duration,
    /// Requests in progress on one HTTP/2 connection.
    pub max_streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            max_header_bytes: 16 * 1024,
            max_headers: 100,
            max_uri_bytes: 8 * 1024,
            max_body_bytes: 1024 * 1024,
            max_buffered_bytes: 256 * 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(15),
            max_streams: 200,
        }
    }
}

/// All that the floor needs to know about this installation.
#[derive(Clone)]
pub struct FloorSettings {
    /// Bounds of one request.
    pub limits: Limits,
    /// Proxies whose `X-Forwarded-For` is believed; empty believes nobody.
    pub trusted_proxies: Vec<IpNet>,
    /// Which web pages may read answers.
    pub cors: Cors,
    /// The methods of each path.
    pub allow: Allow,
    /// The paths whose errors also name their reason for programs, with a code.
    pub coded: fn(&str) -> bool,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
}

/// Puts the floor under an endpoint that answers for all faces.
pub fn floor<E: Endpoint>(endpoint: E, settings: FloorSettings) -> Floor<E> {
    Floor::new(endpoint, settings)
}
