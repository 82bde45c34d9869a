//! The answers of operations. What an operation names without describing it stands among the shared components: the
//! refusals by their status, the headers by their name.

use super::{
    model::{Answer, Answers, Header, Media, Schema, SchemaRef, inline, list, media, named, string, text},
    names::{ERROR, Names},
};
use crate::tables::table::{Column, KEY, TENANT, Table};

/// JSON.
pub(super) const JSON: &str = "application/json";
/// A line of names and a line for each row.
pub(super) const CSV: &str = "text/csv";
/// One row instead of a list.
pub(super) const OBJECT: &str = "application/vnd.pgrst.object+json";

/// What any operation can refuse with.
const ALWAYS: [u16; 10] = [400, 401, 403, 408, 413, 414, 429, 431, 500, 503];

/// The answers of an operation: its own, those that any can give, and more refusals.
pub(super) fn answers(own: Vec<Answer>, refusals: &[u16]) -> Answers {
    let refusals = ALWAYS.iter().chain(refusals).map(|status| Answer {
        description: "",
        status: Some(*status),
        status_range: None,
        content: vec![media(JSON, named(ERROR))],
        headers: Vec::new(),
    });
    Answers { responses: own.into_iter().chain(refusals).collect() }
}

/// An answer that is no refusal.
pub(super) fn answer(status: u16, description: &str, content: Vec<Media>, headers: &[&str]) -> Answer {
    let header = |name: &&str| Header {
        name: (*name).to_owned(),
        description: None,
        required: false,
        deprecated: false,
        schema: inline(Schema::new("string")),
    };
    Answer {
        description: text(description),
        status: Some(status),
        status_range: None,
        content,
        headers: headers.iter().map(header).collect(),
    }
}

/// Rows in the forms in which they are sent.
pub(super) fn many(table: &Table, names: &Names) -> Vec<Media> {
    vec![media(JSON, named(&names.list)), media(CSV, csv(table)), media(OBJECT, named(&names.row))]
}

/// A row in the forms in which it is sent.
pub(super) fn one(table: &Table, names: &Names) -> Vec<Media> {
    vec![media(JSON, named(&names.row)), media(CSV, csv(table)), media(OBJECT, named(&names.row))]
}

/// What was written: an object for an object, an array for an array.
pub(super) fn written(table: &Table, names: &Names) -> Vec<Media> {
    let many = match names.created == names.row {
        true => named(&names.list),
        false => inline(list(named(&names.created))),
    };
    let either = Schema { one_of: vec![named(&names.created), many], ..Schema::ANY };
    vec![media(JSON, inline(either)), media(CSV, csv(table)), media(OBJECT, named(&names.created))]
}

/// A row that is new.
pub(super) fn made(table: &Table, names: &Names) -> Vec<Media> {
    vec![media(JSON, named(&names.created)), media(CSV, csv(table)), media(OBJECT, named(&names.created))]
}

/// Rows as CSV.
pub(super) fn csv(table: &Table) -> SchemaRef {
    let named = |column: &&Column| ![KEY, TENANT].contains(&column.name);
    as_csv(table.visible().filter(named).take(3).map(|column| column.name))
}

/// New rows as CSV.
pub(super) fn new_csv(table: &Table) -> SchemaRef {
    let mut columns: Vec<&Column> = table.writable().filter(|column| column.name != KEY).collect();
    columns.sort_by_key(|column| !column.required);
    as_csv(columns.into_iter().take(3).map(|column| column.name))
}

fn as_csv(names: impl Iterator<Item = &'static str>) -> SchemaRef {
    inline(Schema {
        description: Some("A line of column names, then a line for each row"),
        ..string(names.collect::<Vec<_>>().join(",") + "\n")
    })
}
