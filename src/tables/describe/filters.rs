//! The filters of a table as parameters: one for each column and operator that makes sense for its type, in the original
//! spelling.

use serde_json::json;

use super::{
    columns, examples,
    model::{Parameter, Place, Schema, SchemaRef, inline, named, parameter, string},
    names::{NULL_TEST, TRUTH_TEST},
};
use crate::tables::{
    kind::Kind,
    registry::Registry,
    table::{Column, Table},
};

/// All filters of a table, in the order of its columns.
pub(super) fn all(registry: &Registry, table: &Table) -> Vec<Parameter> {
    let of_column = |column| operators(column).map(move |operator| filter(registry, table, column, operator));
    table.visible().flat_map(of_column).collect()
}

/// One filter.
pub(super) fn filter(registry: &Registry, table: &Table, column: &Column, operator: &str) -> Parameter {
    let name = format!("{}.{operator}", column.name);
    let (schema, words) = (value(registry, table, column, operator), meaning(column, operator));
    parameter(Place::Query, &name, schema, format!("`{}` {words}", column.name))
}

/// The operators that make sense for a column.
fn operators(column: &Column) -> impl Iterator<Item = &'static str> {
    let operators: &[&str] = match column.kind {
        Kind::Text if column.choices.is_empty() => &["eq", "neq", "like", "ilike", "in"],
        Kind::Text | Kind::Uuid | Kind::Inet => &["eq", "neq", "in"],
        Kind::SmallInt | Kind::Integer | Kind::BigInt | Kind::Numeric | Kind::Double => {
            &["eq", "neq", "gt", "gte", "lt", "lte", "in"]
        }
        Kind::Timestamp | Kind::Date => &["eq", "neq", "gt", "gte", "lt", "lte"],
        Kind::Boolean => &["eq", "is"],
        Kind::Json => &["cs", "cd"],
        Kind::TextArray | Kind::IntegerArray => &["eq", "cs", "cd", "ov"],
        Kind::JsonText | Kind::Bytes => &[],
    };
    let null = column.nullable && column.kind != Kind::Boolean && column.kind != Kind::Bytes;
    operators.iter().copied().chain(null.then_some("is"))
}

fn value(registry: &Registry, table: &Table, column: &Column, operator: &str) -> SchemaRef {
    let example = examples::value(registry, table, column);
    let braced = || {
        let items = example.as_array().into_iter().flatten().map(examples::spelled).collect::<Vec<_>>();
        format!("{{{}}}", items.join(","))
    };
    let text = match (operator, column.kind) {
        ("is", Kind::Boolean) => return named(TRUTH_TEST),
        ("is", _) => return named(NULL_TEST),
        ("in", _) if column.choices.len() > 1 => format!("({})", column.choices[..2].join(",")),
        ("in", _) => format!("({})", examples::spelled(&example)),
        ("like" | "ilike", _) => pattern(&examples::spelled(&example)),
        (_, Kind::TextArray | Kind::IntegerArray) => braced(),
        (_, Kind::Json) => example.to_string(),
        _ if !column.choices.is_empty() => return columns::value(table, column),
        (_, kind) => return inline(Schema { example: Some(example), ..columns::of_kind(kind) }),
    };
    inline(string(text))
}

/// What the operator `is` takes, as components.
pub(super) fn tests() -> [(&'static str, Schema); 2] {
    let of = |about, words: &[&str]| Schema {
        description: Some(about),
        enum_items: words.iter().map(|word| json!(word)).collect(),
        ..string(words[0])
    };
    [
        (NULL_TEST, of("Whether a value is there", &["null", "not_null"])),
        (TRUTH_TEST, of("What a truth value is", &["true", "false", "null", "not_null", "unknown"])),
    ]
}

/// The domain of a mail address, else the beginning of the first word.
fn pattern(example: &str) -> String {
    match example.split_once('@') {
        Some((_, domain)) => format!("*@{domain}"),
        None => format!("{}*", example.chars().take(3).collect::<String>()),
    }
}

fn meaning(column: &Column, operator: &str) -> &'static str {
    let time = matches!(column.kind, Kind::Timestamp | Kind::Date);
    match operator {
        "eq" => "is the value",
        "neq" => "is another value; rows without one do not match",
        "gt" if time => "is after the value",
        "gt" => "is more than the value",
        "gte" if time => "is the value or after it",
        "gte" => "is the value or more",
        "lt" if time => "is before the value",
        "lt" => "is less than the value",
        "lte" if time => "is the value or before it",
        "lte" => "is the value or less",
        "like" => "fits the pattern, in which `*` stands for anything",
        "ilike" => "fits the pattern in capital or small letters; `*` stands for anything",
        "in" => "is one of the values in the parentheses",
        "is" => "is null, or whatever else the word says",
        "cs" => "contains the value",
        "cd" => "is contained in the value",
        _ => "has something in common with the value",
    }
}
