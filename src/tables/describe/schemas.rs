//! The objects of a table: a row, a new one, a change, and lists of them.

use serde_json::json;

use super::{
    columns::{self, Use, capital, member},
    examples,
    model::{Components, Schema, closed, inline, list, named, string, text},
    names::{Names, of_choices, shown_once},
};
use crate::tables::{
    registry::Registry,
    relation::{self, Cardinality},
    table::{Access, Column, KEY, Table},
    warden::ShownOnce,
};

/// Puts the objects of a table among the components.
pub(super) fn register(components: &mut Components, registry: &Registry, table: &Table) {
    let names = Names::of(table);
    put(components, &names.row, row(registry, table));
    put(components, &names.list, rows(registry, table, &names));
    for column in table.visible().filter(|column| !column.choices.is_empty()) {
        put(components, &of_choices(table, column), columns::choices(registry, table, column));
    }
    if let Some(shown) = shown_once(table) {
        put(components, &names.created, created(registry, table, &names, shown));
    }
    if table.access != Access::ReadOnly {
        put(components, &names.new, new(registry, table, &names));
    }
    if table.access == Access::Full {
        put(components, &names.update, update(registry, table, &names));
        put(components, &names.change, change(registry, table, &names));
    }
}

/// Puts a schema among the components.
///
/// # Panics
///
/// When another schema has the name: a document cannot mean two things by it.
pub(super) fn put(components: &mut Components, name: &str, mut schema: Schema) {
    schema.rust_typename = Some(module_path!());
    let known = components.schemas.entry(name.to_owned()).or_insert_with(|| schema.clone());
    assert!(*known == schema, "two schemas have the name {name}");
}

fn row(registry: &Registry, table: &Table) -> Schema {
    let about = format!(
        "A row of `{}` with all of its columns. With `select`, a row has what was selected instead: some of the columns, \
         under other names or types, sums and counts, and rows of related tables.{}",
        table.name,
        related(registry, table)
    );
    Schema {
        description: Some(text(about)),
        properties: table.visible().map(|column| member(registry, table, column, Use::Read)).collect(),
        example: Some(examples::row(registry, table)),
        ..Schema::new("object")
    }
}

fn created(registry: &Registry, table: &Table, names: &Names, shown: &'static ShownOnce) -> Schema {
    let beside = Schema { description: Some(shown.about), read_only: true, ..string(shown.example) };
    let mut example = examples::row(registry, table);
    example[shown.name] = shown.example.into();
    let row = row(registry, table);
    let about =
        format!("{} as it is when it was just created: its row, and beside it `{}`.", capital(&names.one), shown.name);
    Schema {
        description: Some(text(about)),
        properties: row.properties.iter().cloned().chain([(shown.name, inline(beside))]).collect(),
        example: Some(example),
        ..Schema::new("object")
    }
}

fn rows(registry: &Registry, table: &Table, names: &Names) -> Schema {
    Schema {
        description: Some(text(format!("Rows of `{}`", table.name))),
        example: Some(json!([examples::row(registry, table)])),
        ..list(named(&names.row))
    }
}

fn new(registry: &Registry, table: &Table, names: &Names) -> Schema {
    let columns: Vec<&Column> = table.writable().filter(|column| column.name != KEY || table.has_own_ids()).collect();
    Schema {
        description: Some(text(format!("What {} is made of", names.one))),
        required: columns.iter().filter(|column| column.required).map(|column| column.name).collect(),
        example: Some(examples::new(registry, table)),
        ..closed(columns.into_iter().map(|column| member(registry, table, column, Use::Create)).collect())
    }
}

fn update(registry: &Registry, table: &Table, names: &Names) -> Schema {
    Schema {
        description: Some(text(format!("What changes in {}; a column that is absent keeps its value", names.one))),
        example: Some(examples::update(registry, table)),
        ..closed(changeable(table).map(|column| member(registry, table, column, Use::Update)).collect())
    }
}

fn change(registry: &Registry, table: &Table, names: &Names) -> Schema {
    let columns = std::iter::once(table.key()).chain(changeable(table));
    Schema {
        description: Some(text(format!("What changes in {}, with the `id` that names it", names.one))),
        required: vec![KEY],
        example: Some(examples::change(registry, table)),
        ..closed(columns.map(|column| member(registry, table, column, Use::Update)).collect())
    }
}

fn changeable(table: &Table) -> impl Iterator<Item = &Column> {
    table.writable().filter(|column| column.name != KEY)
}

/// What `select` can bring along, as a sentence with a blank in front; empty when there is nothing.
pub(super) fn related(registry: &Registry, table: &Table) -> String {
    let told = |relation: &relation::Relation<'_>| match (relation.cardinality, &*relation.on) {
        (Cardinality::ToOne, [(here, _)]) => format!("`{}` (one row or null, by `{here}`)", relation.table.name),
        (Cardinality::ToOne, _) => format!("`{}` (one row or null)", relation.table.name),
        (Cardinality::ToMany | Cardinality::ManyToMany, _) => format!("`{}` (a list)", relation.table.name),
    };
    let mut ways: Vec<String> = relation::all(registry, table).iter().map(told).collect();
    ways.sort();
    ways.dedup();
    if ways.is_empty() { String::new() } else { format!(" Related tables: {}.", ways.join(", ")) }
}
