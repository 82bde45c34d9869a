//! Playhouse: a self-hosted, multi-tenant platform API for games and player engagement.
//!
//! The map, from the outside in; each module's own page tells its story.

pub mod answer; // answers, before they are HTTP
pub mod api; // every face in one tuple
pub mod app; // what requests and workers share
pub mod auth; // who is calling
pub mod call; // notes on one call: headers, usage, audit
pub mod caller; // who calls: keys and users, read from the headers
pub mod cli; // the commands
pub mod clock; // the time
pub mod config; // the settings
pub mod dailyplay; // face one: sessions and keys over HTTP
pub mod database; // connections and migrations
pub mod demo; // the demo tenants
pub mod documents; // the OpenAPI documents as served
pub mod error; // what every face answers when it cannot
pub mod events; // what happened, for subscribers
pub mod figures; // gauges for /metrics
pub mod functions; // face three: what is done to a property, and whoami
pub mod health; // /livez, /readyz, /metrics
pub mod http; // the floor under every request
pub mod idempotency; // the same call twice is one call
pub mod input; // reading bodies and queries
mod kept_file; // a file that is made once
pub mod keys; // organisation keys, the work
pub mod limits; // quotas and throttles
pub mod logging; // the log
pub mod openapi; // the documents, made from the code
pub mod outside; // the time and the names of the world
pub mod postgres; // the embedded Postgres
pub mod property_keys; // a property's keys, the work
pub mod queue; // work that waits in a table
pub mod refusal; // errors as the documents tell them
pub mod sealing; // secrets at rest
pub mod secret; // text that must never be printed
pub mod server; // routes and middleware, start and stop
pub mod sessions; // one-time sessions, the work
pub mod tables; // face two: a property's tables over REST
pub mod tenant; // whose data a query may touch
pub mod tenant_pool; // connections that carry a tenant
pub mod trail; // audit trail and usage, in batches
pub mod webhooks; // events, sent to whoever asked for them
pub mod wire; // types of the wire
pub mod workers; // the work behind the requests
