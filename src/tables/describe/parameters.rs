//! The parameters beside the filters: what is selected, in which order, how much of it, and on what terms.

use serde_json::json;

use super::{
    columns, examples,
    model::{Parameter, Place, Schema, inline, parameter, string},
};
use crate::tables::{
    range::{DEFAULT_LIMIT, MAX_LIMIT},
    registry::Registry,
    table::{KEY, Table},
};

fn query(name: &str, schema: Schema, words: impl Into<String>) -> Parameter {
    parameter(Place::Query, name, inline(schema), words)
}

fn header(name: &str, schema: Schema, words: impl Into<String>) -> Parameter {
    parameter(Place::Header, name, inline(schema), words)
}

/// The id in the path.
pub(super) fn id(registry: &Registry, table: &Table) -> Parameter {
    let key = table.key();
    let schema = Schema { example: Some(examples::value(registry, table, key)), ..columns::of_kind(key.kind) };
    parameter(Place::Path, KEY, inline(schema), "Names the row")
}

/// Which columns an answer has.
pub(super) fn select(table: &Table) -> Parameter {
    let mut columns = vec![KEY];
    columns
        .extend(table.visible().map(|column| column.name).filter(|name| ![KEY, "property_id"].contains(name)).take(2));
    let words = "Columns of the answer, separated by commas, default all: `name`, renamed `new:name`, cast `name::text`, \
                 out of JSON `attributes->>city`, rows of a related table `relation(columns)`, sums and counts \
                 `name.sum()`, `count()`";
    query("select", string(columns.join(",")), words)
}

/// How rows are sorted.
pub(super) fn order(table: &Table) -> Parameter {
    let words =
        "Columns to sort by, each with `.asc` (default) or `.desc`, and `.nullsfirst` or `.nullslast` if wanted";
    query("order", string(format!("{}.desc", examples::ordered(table).name)), words)
}

/// How many rows, from where on.
pub(super) fn page() -> [Parameter; 3] {
    let whole = |example: u64| Schema { minimum: Some(0.0), example: Some(json!(example)), ..Schema::new("integer") };
    let limit = format!("How many rows at most; more than {MAX_LIMIT} are never sent");
    let offset = "How many rows to leave out first; for deep pages `after` costs less";
    let after = "Where the page before ended: the cursor out of its `Link` header";
    [
        query("limit", Schema { default: Some(json!(DEFAULT_LIMIT)), ..whole(25) }, limit),
        query("offset", whole(50), offset),
        query("after", string("eyJpZCI6IjAxOThjNWEyIn0"), after),
    ]
}

/// The search for words, where a table has one.
pub(super) fn search(registry: &Registry, table: &Table) -> Option<Parameter> {
    let first = table.search.iter().find_map(|name| table.column(name))?;
    let example = examples::spelled(&examples::value(registry, table, first));
    let words = format!("Text that is looked for in {}", quoted(table.search));
    Some(query("q", string(example), words))
}

/// Filters joined by words.
pub(super) fn logic(registry: &Registry, table: &Table) -> [Parameter; 4] {
    let column = examples::often_changed(table).unwrap_or_else(|| table.key());
    let value = examples::spelled(&examples::value(registry, table, column));
    let example = format!("({}.eq.{value},{}.is.null)", column.name, column.name);
    let of = |name, words: &str| query(name, string(example.clone()), words);
    [
        of("or", "Filters in parentheses of which one must hold; nested with `and(…)`, `or(…)`, `not.and(…)`"),
        of("and", "Filters in parentheses that must all hold; nested with `or(…)`, `and(…)`, `not.or(…)`"),
        of("not.or", "Filters in parentheses of which none may hold"),
        of("not.and", "Filters in parentheses that may not all hold"),
    ]
}

/// Which members of a body count.
pub(super) fn columns(table: &Table) -> Parameter {
    let names: Vec<&str> =
        table.writable().filter(|column| column.name != KEY).map(|column| column.name).take(3).collect();
    let words = "The columns that the body sets, separated by commas; other members are ignored, and objects may have \
                 different ones";
    query("columns", string(names.join(",")), words)
}

/// What makes a new row the same as one that is there.
pub(super) fn on_conflict() -> Parameter {
    let words = "With `Prefer: resolution=…`, the unique columns by which a row counts as there already, default `id`";
    query("on_conflict", string(KEY), words)
}

/// The property that a person works on.
pub(super) fn property() -> Parameter {
    let schema = Schema {
        example: Some(json!("0198c5a2-7d51-7c6e-9a3c-2f6f1f0c9a51")),
        ..Schema::new_with_format("string", "uuid")
    };
    let words = "The property to work on; needed with the token of a person who belongs to several";
    header("X-Property-Id", schema, words)
}

/// What may be preferred.
pub(super) fn prefer() -> Parameter {
    let words = "Preferences, separated by commas; `Preference-Applied` tells which held. \
                 Counts: `count=exact`, `count=planned`, `count=estimated`. \
                 Answers to writes: `return=representation`, `return=minimal`, `return=headers-only`. \
                 Rows that are there already: `resolution=merge-duplicates`, `resolution=ignore-duplicates`. \
                 Absent members: `missing=default`, `missing=null`. \
                 Care: `handling=strict`, with it `max-affected=10`; `tx=rollback` tries without keeping anything. \
                 Times: `timezone=America/Los_Angeles`";
    header("Prefer", string("count=exact"), words)
}

/// A range of rows, as PostgREST has it.
pub(super) fn range() -> Parameter {
    let words = "First and last row, counted from 0; stands in for `offset` and `limit`";
    header("Range", string("0-24"), words)
}

/// The name of one attempt.
pub(super) fn idempotency_key() -> Parameter {
    let words = "Names this attempt: sent again within 24 hours with the same body, it gives the first answer and does \
                 nothing. 1 to 255 visible ASCII characters";
    let schema = Schema { min_length: Some(1), max_length: Some(255), ..string("3f0c2b1e-import-7") };
    header("Idempotency-Key", schema, words)
}

/// Only if the row is what it was.
pub(super) fn if_match() -> Parameter {
    let words = "The `ETag` of the row as it was read: if the row changed since, nothing is done and the answer is 412";
    header("If-Match", string("\"81274-3f2a9c01\""), words)
}

/// Only if the row is not what it was.
pub(super) fn if_none_match() -> Parameter {
    let words = "The `ETag` of the row as it was read: if it is the same still, the answer is 304 without a body";
    header("If-None-Match", string("\"81274-3f2a9c01\""), words)
}

/// Only if there is no such row.
pub(super) fn if_new() -> Parameter {
    let words = "`*`: only if there is no such row yet; if there is, nothing is done and the answer is 412";
    header("If-None-Match", string("*"), words)
}

/// Names in words.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
