//! The OpenAPI documents as they are served and printed, made once from the code.

use poem::{Response, handler, http::header, web::Data};

use crate::{
    api,
    app::App,
    events,
    openapi::{self, Documents},
    tables::{catalog::Playhouse, registry::Catalog},
};

/// The base of the printed and committed documents: where a fresh installation listens.
pub const PRINTED_BASE: &str = "http://127.0.0.1:8080";

/// The documents with a base that every reader can replace; no database is needed.
pub fn documents(base_url: &str) -> Documents {
    let mut spec = serde_json::from_str(&api::service().spec()).expect("the framework writes JSON");
    events::describe::add(&mut spec, Playhouse::registry());
    openapi::documents(&spec.to_string(), base_url)
}

fn json(text: &str) -> Response {
    Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "public, max-age=300")
        .body(text.to_owned())
}

/// `/openapi.json`: the canonical document, OpenAPI 3.1.
#[handler]
pub(crate) fn openapi_3_1(app: Data<&App>) -> Response {
    json(&app.documents().v3_1)
}

/// `/openapi-3.0.json`, for tools that need the older version.
#[handler]
pub(crate) fn openapi_3_0(app: Data<&App>) -> Response {
    json(&app.documents().v3_0)
}

/// `/openapi/dailyplay.json`: the session and key calls in the form of the published document.
#[handler]
pub(crate) fn dailyplay(app: Data<&App>) -> Response {
    json(&app.documents().dailyplay)
}

/// `/docs`: an interactive reference that needs nothing from outside.
#[handler]
pub(crate) fn docs() -> openapi::docs::Docs {
    openapi::docs::Docs
}
