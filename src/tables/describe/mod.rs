//! The OpenAPI description of the tables, made from the registry alone.
//!
//! Each table has paths of its own, with the operations that its access allows, typed rows and bodies, and a filter
//! parameter for each column and operator that fit together. The grammar behind the filters is told once, as the
//! description of the tag `tables`.

mod answers; // what operations answer
mod columns; // a column as a member of objects
mod common; // the list of tables, the batch, errors
mod examples; // the same on every run
mod filters; // filter parameters
mod model; // the framework's words
mod names; // what things are called
mod parameters; // all other parameters
mod reads; // operations that read
mod schemas; // the objects of a table
mod words; // usual columns
mod writes; // operations that write

use model::{Api, Components, Operation, Path, Tag, text};

use super::{
    registry::{Catalog, Registry, Verb},
    table::{Access, Table},
};
use crate::caller::scheme;

/// Every path of the tables with its operations.
pub fn meta<C: Catalog>() -> Vec<Api> {
    let registry = C::registry();
    let mut paths = common::paths();
    paths.extend(registry.tables().iter().flat_map(|table| table_paths(registry, table)));
    vec![Api { paths }]
}

/// Puts what the paths refer to among the components: objects, tags, ways to show a credential.
///
/// # Panics
///
/// When two different things have the same name.
pub fn register<C: Catalog>(components: &mut Components) {
    let registry = C::registry();
    scheme::register(components);
    common::register(components);
    components.create_tag(Tag {
        name: names::TABLES_TAG,
        description: Some(include_str!("grammar.md").trim_ascii_end()),
        external_docs: None,
    });
    for table in registry.tables() {
        schemas::register(components, registry, table);
        let description = Some(text(about(registry, table)));
        components.create_tag(Tag { name: table.name, description, external_docs: None });
    }
}

fn table_paths(registry: &Registry, table: &Table) -> [Path; 3] {
    let fitting = |verbs: &[Verb]| -> Vec<Operation> {
        let verbs = verbs.iter().filter(|verb| verb.fits(table.access));
        verbs.map(|verb| operation(registry, table, *verb)).collect()
    };
    let path = |below: &str, verbs| Path { path: format!("/api/{}{below}", table.name), operations: fitting(verbs) };
    [
        path("", &[Verb::List, Verb::Create, Verb::UpdateMany, Verb::Put, Verb::DeleteMany]),
        path("/query", &[Verb::Query]),
        path("/{id}", &[Verb::Get, Verb::Update, Verb::Replace, Verb::Delete]),
    ]
}

fn operation(registry: &Registry, table: &Table, verb: Verb) -> Operation {
    let described = match verb {
        Verb::List => reads::list(registry, table),
        Verb::Query => reads::query(table),
        Verb::Get => reads::get(registry, table),
        Verb::Create => writes::create(table),
        Verb::UpdateMany => writes::update_many(registry, table),
        Verb::Put => writes::put(registry, table),
        Verb::DeleteMany => writes::delete_many(registry, table),
        Verb::Update => writes::update(registry, table),
        Verb::Replace => writes::replace(registry, table),
        Verb::Delete => writes::delete(registry, table),
    };
    Operation { operation_id: Some(registry.operation(table, verb)), ..described }
}

fn about(registry: &Registry, table: &Table) -> String {
    let mut about = match table.access {
        Access::Full => format!("Rows of `{}`: read, create, change, delete.", table.name),
        Access::AppendOnly => {
            format!("Rows of `{}`: read and create. They are evidence: nobody changes or deletes them.", table.name)
        }
        Access::ReadOnly => format!("Rows of `{}`: read. They are written by the server.", table.name),
    };
    if table.guarded {
        about.push_str(" A key must name this table among its allowed tables, a person must be an administrator.");
    }
    if table.seen.is_some() {
        about.push_str(" A credential sees those of its rows that tell of tables which it may use.");
    }
    if !table.search.is_empty() {
        about.push_str(&format!(" `q` looks into {}.", parameters::quoted(table.search)));
    }
    about + &schemas::related(registry, table)
}
