//! Examples, the same on every run: by the name of a column where it says something, else by its type.

use serde_json::{Map, Value, json};

use super::words;
use crate::tables::{
    kind::Kind,
    registry::Registry,
    table::{CREATED_AT, Column, KEY, TENANT, Table, UPDATED_AT},
};

/// How many members an example of a new row has at most, beside those that it must have.
const MEMBERS: usize = 8;

/// The example of a column's value.
pub(super) fn value(registry: &Registry, table: &Table, column: &Column) -> Value {
    if let Some(target) = reference(table, column).and_then(|name| registry.table(name)) {
        return key(target);
    }
    if let Some(first) = column.choices.first() {
        return json!(if column.choices.contains(&"active") { "active" } else { first });
    }
    match column.name {
        KEY => key(table),
        TENANT => uuid("properties"),
        CREATED_AT if column.kind == Kind::Timestamp => json!("2026-01-15T09:30:00.482913+00:00"),
        UPDATED_AT if column.kind == Kind::Timestamp => json!("2026-03-01T18:32:07.123456+00:00"),
        // Where there is an issuer, the subject is a person of its; elsewhere it is the line of a mail.
        "subject" if table.column("issuer").is_some() => json!("9f2c1a7e-4c1d-4c52-9a55-1b7c9f0e6d21"),
        "subject" => json!("Your weekend reload"),
        name => words::usual(table.name, name, column.kind).1.unwrap_or_else(|| by_kind(column)),
    }
}

/// The same as it is read: of what is only written, names alone.
pub(super) fn shown(registry: &Registry, table: &Table, column: &Column) -> Value {
    match value(registry, table, column) {
        Value::Object(members) if column.write_only => {
            members.into_iter().map(|(name, _)| (name, json!("***"))).collect::<Map<_, _>>().into()
        }
        value => value,
    }
}

/// A row with all that callers see.
pub(super) fn row(registry: &Registry, table: &Table) -> Value {
    let columns = table.visible().map(|column| (column.name.to_owned(), shown(registry, table, column)));
    columns.collect::<Map<_, _>>().into()
}

/// A new row: what it must have and what it usually has, but no references that need not be.
pub(super) fn new(registry: &Registry, table: &Table) -> Value {
    let usual = |column: &&Column| column.name != KEY && reference(table, column).is_none();
    let optional: Vec<&Column> =
        table.writable().filter(|column| !column.required).filter(usual).take(MEMBERS).collect();
    let chosen = |column: &&Column| column.required || optional.iter().any(|other| other.name == column.name);
    object(registry, table, table.writable().filter(chosen))
}

/// A change of one column, the one that changes most often.
pub(super) fn update(registry: &Registry, table: &Table) -> Value {
    object(registry, table, often_changed(table).into_iter())
}

/// The same change of a named row.
pub(super) fn change(registry: &Registry, table: &Table) -> Value {
    object(registry, table, std::iter::once(table.key()).chain(often_changed(table)))
}

/// The column that the examples of changes and filters are about.
pub(super) fn often_changed(table: &Table) -> Option<&Column> {
    let plain = |column: &&Column| column.name != KEY && reference(table, column).is_none();
    let known = ["status", "name"].iter().find_map(|name| table.writable().find(|column| column.name == *name));
    known.or_else(|| table.writable().find(plain))
}

/// The column that the examples of orders are about.
pub(super) fn ordered(table: &Table) -> &Column {
    [CREATED_AT, "recorded_at", "occurred_at"].iter().find_map(|name| table.column(name)).unwrap_or_else(|| table.key())
}

/// The table that a column refers to.
pub(super) fn reference<'t>(table: &'t Table, column: &Column) -> Option<&'t str> {
    let leads = |(here, there): &(String, String)| here == column.name && there == KEY;
    table.foreign_keys.iter().find(|key| key.on.len() == 1 && key.on.iter().all(leads)).map(|key| &*key.table)
}

/// A value as it stands in a query string.
pub(super) fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn object<'c>(registry: &Registry, table: &Table, columns: impl Iterator<Item = &'c Column>) -> Value {
    columns.map(|column| (column.name.to_owned(), value(registry, table, column))).collect::<Map<_, _>>().into()
}

fn key(table: &Table) -> Value {
    match table.key().kind {
        Kind::Uuid => uuid(table.name),
        _ => json!(42),
    }
}

/// A version 7 whose random part is the FNV-1a hash of a word.
fn uuid(word: &str) -> Value {
    let hash = word
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    json!(format!("0198c5a2-7d51-7c6e-9a3c-{:012x}", hash & 0xffff_ffff_ffff))
}

fn by_kind(column: &Column) -> Value {
    match column.kind {
        Kind::SmallInt | Kind::Integer | Kind::BigInt => json!(if column.name.ends_with("_id") { 42 } else { 3 }),
        Kind::Numeric | Kind::Double => json!(12.5),
        Kind::Boolean => json!(true),
        Kind::Uuid => uuid(column.name),
        Kind::Timestamp => json!("2026-03-01T18:32:07.123456+00:00"),
        Kind::Date => json!("2026-03-01"),
        Kind::Json | Kind::JsonText => json!({ "source": "import" }),
        Kind::Inet => json!("203.0.113.7"),
        Kind::TextArray => json!(["vip", "slots"]),
        Kind::IntegerArray => json!([1, 2]),
        Kind::Text | Kind::Bytes => json!(column.name.replace('_', " ")),
    }
}
