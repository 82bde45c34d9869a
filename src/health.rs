//! What balancers and dashboards ask: is it alive, may it be sent requests, how is it doing.

use poem::{IntoResponse, Response, handler, http::header, web::Data};

use crate::{app::App, error::ApiError};

/// The process answers; says nothing of the database, since a restart would not bring that back.
#[handler]
pub(crate) fn livez() -> &'static str {
    "ok\n"
}

/// This replica may be sent requests; 503 says why not.
#[handler]
pub(crate) fn readyz(app: Data<&App>) -> Result<&'static str, ApiError> {
    app.ready().map(|()| "ok\n")
}

/// The figures of this process, for Prometheus.
#[handler]
pub(crate) fn metrics(app: Data<&App>) -> Response {
    app.refresh_figures();
    Response::builder()
        .header(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
        .body(app.metrics.render())
        .into_response()
}
