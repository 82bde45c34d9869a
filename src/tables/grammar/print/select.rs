//! `select` as it is printed.

use super::super::ast::{Aggregate, Embed, FieldItem, Function, Item};
use super::{joined, write_field, write_name, write_quoted};

pub(super) fn items(items: &[Item]) -> String {
    joined(items, ",", write_item)
}

fn write_item(out: &mut String, item: &Item) {
    match item {
        Item::All => out.push('*'),
        Item::Field(item) => write_field_item(out, item),
        Item::Embed(embed) => write_embed(out, embed),
    }
}

fn write_alias(out: &mut String, alias: Option<&String>) {
    if let Some(alias) = alias {
        write_name(out, alias);
        out.push(':');
    }
}

fn write_cast(out: &mut String, cast: Option<&String>) {
    if let Some(cast) = cast {
        out.extend(["::", cast]);
    }
}

fn write_field_item(out: &mut String, item: &FieldItem) {
    write_alias(out, item.alias.as_ref());
    if let Some(field) = &item.field {
        write_field(out, field);
    }
    write_cast(out, item.cast.as_ref());
    if let Some(Aggregate { function, cast }) = &item.aggregate {
        out.extend([if item.field.is_some() { "." } else { "" }, function.word(), "()"]);
        write_cast(out, cast.as_ref());
    }
}

fn write_embed(out: &mut String, embed: &Embed) {
    out.push_str(if embed.spread { "..." } else { "" });
    write_alias(out, embed.alias.as_ref());
    // `count(` begins an aggregate.
    write_unless(out, &embed.target, &["count"]);
    if let Some(hint) = &embed.hint {
        out.push('!');
        write_unless(out, hint, &["inner", "left"]);
    }
    out.push_str(if embed.inner { "!inner(" } else { "(" });
    out.push_str(&items(&embed.select));
    out.push(')');
}

/// A name that is a word of the grammar in this place stands in quotes.
fn write_unless(out: &mut String, name: &str, words: &[&str]) {
    if words.contains(&name) { write_quoted(out, name) } else { write_name(out, name) }
}

impl Function {
    /// The function as it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}
