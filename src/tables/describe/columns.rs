//! A column as a member of an object and as the value of a filter.

use super::{
    examples,
    model::{Schema, SchemaRef, inline, list, named, text},
    names, words,
};
use crate::tables::{
    kind::Kind,
    registry::Registry,
    table::{CREATED_AT, Column, KEY, TENANT, Table, UPDATED_AT},
};

/// What an object is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is read.
    Read,
    /// It becomes a row.
    Create,
    /// It changes a row.
    Update,
}

/// A column as a member.
pub(super) fn member(registry: &Registry, table: &Table, column: &Column, purpose: Use) -> (&'static str, SchemaRef) {
    let given = purpose == Use::Read && (column.server_set || (column.name == KEY && !table.has_own_ids()));
    let schema = Schema {
        description: Some(text(meaning(table, column, purpose))),
        nullable: column.nullable && !(purpose == Use::Create && column.required),
        read_only: given,
        example: Some(match purpose {
            Use::Read => examples::shown(registry, table, column),
            Use::Create | Use::Update => examples::value(registry, table, column),
        }),
        ..Schema::ANY
    };
    (column.name, value(table, column).merge(schema))
}

/// A value of a column; one of several choices is a component, so that clients have one type for it.
pub(super) fn value(table: &Table, column: &Column) -> SchemaRef {
    if column.choices.is_empty() { inline(of_kind(column.kind)) } else { named(&names::of_choices(table, column)) }
}

/// The choices of a column as a component.
pub(super) fn choices(registry: &Registry, table: &Table, column: &Column) -> Schema {
    Schema {
        description: Some(text(format!("What `{}` can be in `{}`", column.name, table.name))),
        enum_items: column.choices.iter().map(|choice| (*choice).into()).collect(),
        example: Some(examples::value(registry, table, column)),
        ..of_kind(column.kind)
    }
}

/// Any value of a type.
pub(super) fn of_kind(kind: Kind) -> Schema {
    match kind {
        Kind::SmallInt | Kind::Integer => Schema::new_with_format("integer", "int32"),
        Kind::BigInt => Schema::new_with_format("integer", "int64"),
        Kind::Numeric => Schema::new("number"),
        Kind::Double => Schema::new_with_format("number", "double"),
        Kind::Boolean => Schema::new("boolean"),
        Kind::Uuid => Schema::new_with_format("string", "uuid"),
        Kind::Timestamp => Schema::new_with_format("string", "date-time"),
        Kind::Date => Schema::new_with_format("string", "date"),
        Kind::Json | Kind::JsonText => Schema::ANY,
        Kind::Text | Kind::Inet | Kind::Bytes => Schema::new("string"),
        Kind::TextArray => list(inline(Schema::new("string"))),
        Kind::IntegerArray => list(inline(Schema::new_with_format("integer", "int32"))),
    }
}

fn meaning(table: &Table, column: &Column, purpose: Use) -> String {
    let mut sentence = match (column.name, examples::reference(table, column)) {
        (_, Some(target)) => format!("The row of `{target}` that it refers to"),
        (KEY, None) => "Names the row".to_owned(),
        (TENANT, None) => "The property that the row belongs to: always the caller's".to_owned(),
        (CREATED_AT, None) => "When the row was made, by the server's clock".to_owned(),
        (UPDATED_AT, None) => "When the row last changed, by the server's clock".to_owned(),
        (name, None) => match words::usual(table.name, name, column.kind).0 {
            Some(known) => known.to_owned(),
            None => capital(&name.replace('_', " ")),
        },
    };
    if column.write_only {
        sentence.push_str(match purpose {
            Use::Read => "; values are never shown, `***` stands for each",
            Use::Create => "; values are kept sealed and never shown",
            Use::Update => "; `***` keeps the value that a name has, a name that is absent is dropped",
        });
    }
    if purpose == Use::Create && column.name == KEY {
        sentence.push_str("; the server makes one when it is absent");
    } else if purpose == Use::Create && column.default.is_some() && !column.required {
        sentence.push_str("; has a default");
    }
    sentence
}

pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
