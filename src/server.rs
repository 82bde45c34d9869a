//! The server: which path leads where, and what every request passes on its way.
//!
//! Outermost first: the floor ([`crate::http`]: ids, limits, errors, log), the app, the notes on the caller
//! ([`crate::call`]), the second spelling of the session calls ([`crate::dailyplay::actions`]), the faces.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use poem::{EndpointExt, Route, endpoint::BoxEndpoint, get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    api,
    app::App,
    call::Calls,
    config::Config,
    dailyplay::{
        actions::{self, Actions},
        play,
    },
    documents, health,
    http::{self, Cors, FloorSettings, Limits},
    outside::Outside,
    workers::Workers,
};

/// What a process does of a server's work.
#[derive(Debug, Clone, Copy)]
pub struct Duties {
    /// Answers API calls.
    pub api: bool,
    /// Does the periodic work.
    pub workers: bool,
}

impl Duties {
    /// Both, as one process usually does.
    pub const ALL: Self = Self { api: true, workers: true };
}

/// A server that has its ports and will serve when run.
#[derive(Debug)]
pub struct Server {
    app: App,
    listener: TcpListener,
    admin: Option<TcpListener>,
}

impl Server {
    /// Takes the ports of the settings, where 0 is any, and builds the app behind them.
    pub async fn bind(mut config: Config, database_url: &str, outside: Outside) -> anyhow::Result<Self> {
        let listen = async |address: SocketAddr| {
            TcpListener::bind(address).await.with_context(|| {
                format!("cannot listen on {address}; PLAYHOUSE_SERVER__LISTEN chooses another address or port")
            })
        };
        let listener = listen(config.server.listen).await?;
        config.server.listen = listener.local_addr()?;
        let admin = match config.server.admin_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        Ok(Self { app: App::build(config, database_url, outside)?, listener, admin })
    }

    /// What it serves.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Serves until stopped, then finishes: readiness off, a pause for balancers to notice, requests in flight drained,
    /// leases given back, the audit trail written.
    pub async fn run(self, stop: CancellationToken, duties: Duties) -> anyhow::Result<()> {
        let Self { app, listener, admin } = self;
        let settings = &app.config.server;
        let limits = Limits {
            max_connections: settings.max_connections,
            header_timeout: Duration::from_secs(settings.header_timeout_seconds),
            max_body_bytes: settings.max_body_bytes,
            body_timeout: Duration::from_secs(settings.body_timeout_seconds),
            // Long enough for Postgres to break off a statement by itself.
            answer_timeout: Duration::from_secs(
                app.config.database.acquire_timeout_seconds + app.config.database.statement_timeout_seconds + 2,
            ),
            ..Limits::default()
        };
        let floor = FloorSettings {
            limits,
            trusted_proxies: settings.trusted_proxies.clone(),
            cors: Cors::new(&settings.cors_origins, actions::is_public)?,
            allow: Arc::new(api::allow),
            coded: api::is_coded,
            metrics: app.metrics.clone(),
        };
        let drain = Duration::from_secs(settings.drain_seconds);
        let mut workers = Workers::start(&app, duties).await;
        let closing = CancellationToken::new();
        let mut serving = tokio::task::JoinSet::new();
        if let Some(admin) = admin {
            let endpoint = http::floor(health_routes().data(app.clone()), floor.clone());
            serving.spawn(http::serve(admin, endpoint, limits, closing.clone(), drain));
        }
        let endpoint = match duties.api {
            true => http::floor(routes(&app), floor),
            false => http::floor(health_routes().data(app.clone()).boxed(), floor),
        };
        serving.spawn(http::serve(listener, endpoint, limits, closing.clone(), drain));

        let failed = tokio::select! {
            () = stop.cancelled() => false,
            () = workers.failed() => true,
            Some(_) = serving.join_next() => true,
        };
        tracing::info!("stopping: no longer ready, finishing what is in flight");
        app.draining.cancel();
        tokio::time::sleep(Duration::from_secs(settings.shutdown_delay_seconds)).await;
        closing.cancel();
        let mut cut = 0;
        while let Some(ended) = serving.join_next().await {
            cut += ended.unwrap_or_default();
        }
        if cut > 0 {
            tracing::warn!(cut, "connections were cut because their requests did not end in time");
        }
        workers.stop().await;
        app.close().await;
        anyhow::ensure!(!failed, "a part of the server ended by itself");
        tracing::info!("stopped");
        Ok(())
    }
}

fn health_routes() -> Route {
    Route::new()
        .at("/livez", get(health::livez))
        .at("/readyz", get(health::readyz))
        .at("/metrics", get(health::metrics))
}

fn routes(app: &App) -> BoxEndpoint<'static> {
    let faces = api::service().with(Actions).with(Calls(app.clone()));
    let open = match app.config.server.admin_listen {
        // What operators read has a listener of its own; the public one tells balancers whether it lives.
        Some(_) => Route::new().at("/livez", get(health::livez)).at("/readyz", get(health::readyz)),
        None => health_routes(),
    };
    open.at("/openapi.json", get(documents::openapi_3_1))
        .at("/openapi-3.0.json", get(documents::openapi_3_0))
        .at("/openapi/dailyplay.json", get(documents::dailyplay))
        .at("/docs", get(documents::docs))
        .at("/play/game/:id", get(play::page))
        .at("/play/stream/:id", get(play::page))
        .nest_no_strip("/", faces)
        .data(app.clone())
        .boxed()
}
