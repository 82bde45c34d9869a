//! The settings as the code sees them; `config/default.toml` holds their meanings, units and ranges.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::Deserialize;

use super::parse;
use crate::secret::Secret;

/// Listeners, and how much of the outside they bear.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port of the API; port 0 is any free one.
    #[serde(deserialize_with = "parse::text")]
    pub listen: SocketAddr,
    /// Address and port for health and metrics alone.
    #[serde(default, deserialize_with = "parse::optional")]
    pub admin_listen: Option<SocketAddr>,
    /// How the outside reaches this server, without a slash at the end; ask [`super::Config::base_url`].
    #[serde(default, deserialize_with = "parse::base_address")]
    pub public_url: Option<String>,
    /// Networks whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "parse::networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may call, as browsers write them.
    #[serde(deserialize_with = "parse::origins")]
    pub cors_origins: Vec<String>,
    /// Largest body that is read, in bytes.
    #[serde(deserialize_with = "parse::between::<_, _, 1_024, 1_073_741_824>")]
    pub max_body_bytes: usize,
    /// Seconds for a body to arrive.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 3_600>")]
    pub body_timeout_seconds: u64,
    /// Seconds for a head to arrive.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 600>")]
    pub header_timeout_seconds: u64,
    /// Connections that are open at once.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 1_000_000>")]
    pub max_connections: usize,
    /// Seconds for requests in flight to finish at a stop.
    #[serde(deserialize_with = "parse::between::<_, _, 0, 3_600>")]
    pub drain_seconds: u64,
    /// Seconds between readiness going off and the listener closing.
    #[serde(deserialize_with = "parse::between::<_, _, 0, 300>")]
    pub shutdown_delay_seconds: u64,
}

/// Where the rows live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The server; none means an embedded one.
    #[serde(default, deserialize_with = "parse::postgres")]
    pub url: Option<Secret>,
    /// The same server for migrations, when they need another user or path.
    #[serde(default, deserialize_with = "parse::postgres")]
    pub migrate_url: Option<Secret>,
    /// A replica for reads; not used yet.
    #[serde(default, deserialize_with = "parse::postgres")]
    pub read_url: Option<Secret>,
    /// Connections of this process.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 1_000>")]
    pub max_connections: u32,
    /// Seconds that a request waits for a connection.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 60>")]
    pub acquire_timeout_seconds: u64,
    /// Seconds after which a statement is broken off.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 3_600>")]
    pub statement_timeout_seconds: u64,
}

/// What this process keeps outside the database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The folder; relative to the working directory.
    #[serde(deserialize_with = "parse::text")]
    pub directory: PathBuf,
}

/// Game sessions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Pattern of play links with `{base}`, `{kind}`, `{id}` and, always, `{token}`.
    #[serde(deserialize_with = "parse::play_url")]
    pub play_url: String,
}

/// Throttles per client address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Calls without a credential.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 10_000_000>")]
    pub public_per_minute: u32,
    /// Calls without a credential whose token is unknown.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 10_000_000>")]
    pub public_unknown_per_minute: u32,
}

/// Usage and audit records.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Days that records are kept.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 36_500>")]
    pub retention_days: u32,
}

/// Deliveries to subscribers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Whether http endpoints are accepted.
    #[serde(deserialize_with = "parse::text")]
    pub allow_http: bool,
    /// Reserved networks that are reachable all the same.
    #[serde(deserialize_with = "parse::networks")]
    pub allow_subnets: Vec<IpNet>,
    /// Waits after the first, second, … failed attempt; its length is the number of retries.
    #[serde(deserialize_with = "parse::schedule")]
    pub schedule: Vec<Duration>,
    /// Seconds for one delivery as a whole.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 300>")]
    pub timeout_seconds: u64,
    /// Endpoints that a property may have.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 10_000>")]
    pub max_endpoints_per_property: u32,
    /// Deliveries under way to one endpoint.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 1_000>")]
    pub max_in_flight_per_endpoint: u32,
    /// Deliveries under way to all endpoints of one property.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 10_000>")]
    pub max_in_flight_per_property: u32,
    /// Deliveries under way from this process.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 10_000>")]
    pub max_in_flight: usize,
    /// Hours of nothing but failures after which an endpoint is disabled.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 8_760>")]
    pub disable_after_hours: u32,
    /// Days that events, deliveries and attempts are kept.
    #[serde(deserialize_with = "parse::between::<_, _, 1, 3_650>")]
    pub retention_days: u32,
}

/// Mail that goes out; not used yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The server that sends it.
    #[serde(default, deserialize_with = "parse::smtp")]
    pub smtp_url: Option<Secret>,
    /// The folder that receives it in place of a server.
    #[serde(default, deserialize_with = "parse::optional")]
    pub folder: Option<PathBuf>,
}

/// Text messages that go out; not used yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// Base address of a Twilio-compatible provider, without a slash at the end.
    #[serde(default, deserialize_with = "parse::base_address")]
    pub provider_url: Option<String>,
    /// The account there.
    #[serde(default, deserialize_with = "parse::optional")]
    pub account: Option<String>,
    /// The token of the account.
    #[serde(default, deserialize_with = "parse::secret")]
    pub token: Option<Secret>,
}

/// Rules of consent and time; not used yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compliance {
    /// A fixed instant in place of the present.
    #[serde(default, deserialize_with = "parse::optional")]
    pub clock: Option<DateTime<Utc>>,
}

/// Keys of this installation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Encrypts what is stored encrypted; none means one of this machine.
    #[serde(default, deserialize_with = "parse::key")]
    pub encryption_key: Option<Secret>,
}

/// What is written to standard error.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Text or JSON.
    #[serde(deserialize_with = "parse::text")]
    pub format: Format,
    /// A level or directives.
    #[serde(deserialize_with = "parse::filter")]
    pub filter: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For collectors: one object per line.
    Json,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("it is neither text nor json"),
        }
    }
}
