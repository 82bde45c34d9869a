//! Tables to describe, and the document of a face that has them.

use std::sync::LazyLock;

use playhouse::{
    dailyplay::{KeyCalls, SessionCalls},
    openapi::{Documents, documents},
    tables::{
        registry::{Catalog, Registry},
        serve::Tables,
        table::Table,
    },
};
use poem_openapi::OpenApiService;
use serde_json::Value;

/// A table of each access: one that joins, one whose ids are whole numbers, and columns that nobody may see.
#[derive(Debug)]
pub(super) struct Arcade;

impl Catalog for Arcade {
    fn registry() -> &'static Registry {
        static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
            let players = Table::of::<entity::player::Entity>("player")
                .search(&["external_id", "email"])
                .hide(&["coin_in"])
                .choices("status", &["active", "closed"]);
            let games = Table::of::<entity::game::Entity>("game").hide(&["organization_id", "settings"]);
            let streams = Table::of::<entity::stream::Entity>("stream").hide(&["organization_id"]).append_only();
            let sessions = Table::of::<entity::game_session::Entity>("game_session")
                .hide(&["organization_id", "org_api_key_id"])
                .junction()
                .read_only()
                .guarded();
            Registry::new(vec![players, games, streams, sessions])
        });
        &REGISTRY
    }
}

/// The documents of a server with these tables beside its other face.
pub(super) fn told<C: Catalog>() -> Documents {
    let faces = (SessionCalls, KeyCalls, Tables::<C>::default());
    documents(&OpenApiService::new(faces, "Playhouse API", "1").spec(), "https://play.example.com")
}

/// The newer document.
pub(super) fn document<C: Catalog>() -> Value {
    serde_json::from_str(&told::<C>().v3_1).expect("documents are JSON")
}

/// An operation of a document.
pub(super) struct Operation<'d> {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) tag: String,
    pub(super) body: &'d Value,
}

/// The operations of the tables.
pub(super) fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().expect("there are paths");
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, body)| Operation {
            method: method.clone(),
            path: path.clone(),
            id: body["operationId"].as_str().unwrap_or_default().to_owned(),
            tag: body["tags"][0].as_str().unwrap_or_default().to_owned(),
            body,
        })
    });
    all.filter(|operation| !operation.path.starts_with("/api/org-api-keys")).collect()
}

/// What a value means, through its reference if it is one.
pub(super) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let target = document.pointer(reference.trim_start_matches('#'));
            resolved(document, target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
        }
        None => value,
    }
}

/// The parameters of an operation.
pub(super) fn parameters<'d>(document: &'d Value, operation: &'d Value) -> Vec<&'d Value> {
    let list = operation["parameters"].as_array().into_iter().flatten();
    list.map(|parameter| resolved(document, parameter)).collect()
}
