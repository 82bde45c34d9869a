//! Every face of the server, in one tuple: what is listed here is served, documented and walked by the tests.

use std::{collections::BTreeMap, sync::LazyLock};

use poem::http::Method;
use poem_openapi::{ContactObject, OpenApi, OpenApiService};

use crate::{
    dailyplay::{KeyCalls, SessionCalls},
    functions::{KeyFunctions, WebhookFunctions, Whoami},
    tables::{catalog::Playhouse, serve::Tables},
};

/// The faces, in the order of the documents: integrators' sessions, the dashboard's keys, a property's
/// credentials, its webhooks and its tables.
pub type Faces = (SessionCalls, KeyCalls, Whoami, KeyFunctions, WebhookFunctions, Tables<Playhouse>);

/// The faces as an endpoint that also knows its OpenAPI document.
pub fn service() -> OpenApiService<Faces, ()> {
    OpenApiService::new(
        (SessionCalls, KeyCalls, Whoami, KeyFunctions, WebhookFunctions, Tables::default()),
        "Playhouse API",
        env!("CARGO_PKG_VERSION"),
    )
    .description(
        "A self-hosted, multi-tenant platform API for games and player engagement. Integrators create one-time game \
             sessions with an organization's API key; the dashboard manages those keys with a user's token; agents and \
             back offices work on the tables of a property with its API key.",
    )
    .contact(ContactObject::new().name("Playhouse"))
}

/// The paths that no face serves: health, documents, the play page.
pub const PLAIN_PATHS: &[&str] = &[
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/openapi-3.0.json",
    "/openapi/dailyplay.json",
    "/docs",
    "/play/game/{id}",
    "/play/stream/{id}",
];

/// Path patterns and the methods that they know.
static METHODS: LazyLock<BTreeMap<String, Vec<Method>>> = LazyLock::new(|| {
    let mut methods: BTreeMap<String, Vec<Method>> = BTreeMap::new();
    for api in Faces::meta() {
        for path in api.paths {
            let known = methods.entry(path.path).or_default();
            known.extend(path.operations.into_iter().map(|operation| operation.method));
        }
    }
    for path in PLAIN_PATHS {
        methods.entry((*path).to_owned()).or_default().push(Method::GET);
    }
    methods
});

/// Whether the errors of a path also name their reason for programs: those of all faces but the first, whose bodies are
/// the original's.
pub fn is_coded(path: &str) -> bool {
    let below = |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below("/api") && !below(crate::dailyplay::BASE_PATH)
}

/// The methods of a path as an `Allow` header lists them; `None` for a path that nobody serves.
pub fn allow(path: &str) -> Option<String> {
    let mut known: Vec<&str> = Vec::new();
    for (pattern, methods) in METHODS.iter() {
        if matches(pattern, path) {
            known.extend(methods.iter().map(Method::as_str));
        }
    }
    if known.is_empty() {
        return None;
    }
    if known.contains(&"GET") {
        known.push("HEAD");
    }
    known.push("OPTIONS");
    known.sort_unstable();
    known.dedup();
    Some(known.join(", "))
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut asked = path.split('/');
    let fits = pattern.split('/').all(|wanted| match asked.next() {
        Some(segment) if wanted.starts_with(['{', ':']) => !segment.is_empty(),
        Some(segment) => segment == wanted,
        None => false,
    });
    fits && asked.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_coded_everywhere_but_on_the_first_face() {
        for path in ["/api", "/api/", "/api/players", "/api/functions/x", "/api/org-api-keys-2"] {
            assert!(is_coded(path), "{path}");
        }
        for path in ["/", "/apix", "/livez", "/api/org-api-keys", "/api/org-api-keys/sessions/x"] {
            assert!(!is_coded(path), "{path}");
        }
    }

    #[test]
    fn a_path_knows_its_methods() {
        assert_eq!(allow("/api/org-api-keys").as_deref(), Some("DELETE, GET, HEAD, OPTIONS, PATCH, POST"));
        assert_eq!(allow("/api/org-api-keys/sessions").as_deref(), Some("OPTIONS, POST"));
        assert_eq!(allow("/api/org-api-keys/sessions/x").as_deref(), Some("DELETE, GET, HEAD, OPTIONS"));
        assert_eq!(allow("/play/game/42").as_deref(), Some("GET, HEAD, OPTIONS"));
        assert_eq!(allow("/api/org-api-keys/"), None);
        assert_eq!(allow("/nowhere"), None);
    }
}
