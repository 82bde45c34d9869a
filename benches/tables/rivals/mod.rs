//! The same endpoints as one would write them by hand for one question each, in a process of their own: with JSON made
//! by Postgres, and with SeaORM models and serde.
//!
//! They know their tenant from the key and charge the key's quota, with the server's own memory for both, since no
//! endpoint can do without; both walls stand. What else the server does (reading a query, making SQL of it, links,
//! ranges, notes for the audit trail, limits against bad clients), they save.

mod json_agg;
mod models;

use std::{io::Write, time::Duration};

use playhouse::{
    app::App,
    auth::{credentials::Lookup, key_text},
    config::Config,
    error::ApiError,
    limits::Subject,
    outside::Outside,
    server::Duties,
    tenant::PropertyId,
    workers::Workers,
};
use poem::{
    EndpointExt, Request, Route, Server,
    endpoint::make_sync,
    http::StatusCode,
    listener::{Acceptor, Listener, TcpListener},
    middleware::AddData,
};
use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};

use super::question::Question;

/// How long answers under way may take when it stops.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serves until it is told to stop.
pub(crate) async fn serve() -> anyhow::Result<()> {
    playhouse::auth::token::install_crypto();
    let config = Config::from_sources(std::env::vars(), None)?;
    let app = App::build(config, &std::env::var("DATABASE_URL")?, Outside::default())?;
    let workers = Workers::start(&app, Duties { api: true, workers: false }).await;
    let mut routes = Route::new().at("/readyz", make_sync(|_| StatusCode::OK));
    for question in Question::ALL {
        let path = |way: &str| match question {
            Question::One => format!("/{way}/{}/:id", question.word()),
            _ => format!("/{way}/{}", question.word()),
        };
        routes = routes.at(path("json_agg"), json_agg::JsonAgg::new(question)?);
        routes = routes.at(path("models"), models::Models(question));
    }
    let mut stop = signal(SignalKind::terminate())?;
    let stopped = async move { _ = stop.recv().await };
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await?;
    for address in acceptor.local_addr().iter().filter_map(|address| address.as_socket_addr()) {
        writeln!(std::io::stderr(), "serving address={address}")?;
    }
    let server = Server::new_with_acceptor(acceptor);
    server.run_with_graceful_shutdown(routes.with(AddData::new(app.clone())), stopped, Some(PATIENCE)).await?;
    workers.stop().await;
    app.close().await;
    Ok(())
}

/// Whom the key of a request belongs to, charged for the call.
async fn admit(app: &App, request: &Request) -> Result<PropertyId, ApiError> {
    let text = request.header("x-api-key").filter(|text| key_text::is_property_key(text));
    let text = text.ok_or_else(ApiError::unauthorized)?;
    let Lookup::Known(key) = app.property_keys.lookup(&key_text::hash(text)).await? else {
        return Err(ApiError::unauthorized());
    };
    let spent = app.quotas.spend(Subject::PropertyKey(key.id), key.quota()).await;
    match (key.holds(app.clock.now()), spent) {
        (true, Ok(_)) => Ok(key.property()),
        _ => Err(ApiError::unauthorized()),
    }
}

/// What a new player is made of.
#[derive(Debug, Deserialize)]
struct NewPlayer {
    external_id: String,
    email: Option<String>,
    phone: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    status: String,
    tier: Option<String>,
    adt: Option<sea_orm::prelude::Decimal>,
    visits: Option<i32>,
}

/// Reads a body.
async fn body<T: for<'de> Deserialize<'de>>(request: &mut Request) -> poem::Result<T> {
    let bytes = request.take_body().into_bytes().await?;
    serde_json::from_slice(&bytes).map_err(poem::error::BadRequest)
}
