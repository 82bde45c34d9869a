//! What things are called in the document.

use crate::tables::{
    table::{Column, Table},
    warden::{ShownOnce, Warden},
};

/// The tag of what belongs to no table.
pub(super) const TABLES_TAG: &str = "tables";
/// The schema of every error's body.
pub(super) const ERROR: &str = "TableError";
/// The schema of a query string as a body.
pub(super) const QUERY: &str = "TableQuery";
/// The schema of the list of tables.
pub(super) const ROOT: &str = "ApiRoot";
/// The schema of what can be asked of a value that may be null.
pub(super) const NULL_TEST: &str = "NullTest";
/// The schema of what can be asked of a truth value.
pub(super) const TRUTH_TEST: &str = "TruthTest";
/// The schemas of batches.
pub(super) const BATCH: &str = "BatchRequest";
pub(super) const BATCH_OPERATION: &str = "BatchOperation";
pub(super) const BATCH_ANSWER: &str = "BatchResponse";
pub(super) const BATCH_RESULT: &str = "BatchResult";

/// The names around a table.
pub(super) struct Names {
    /// A row as it is read.
    pub(super) row: String,
    /// A row as it is created.
    pub(super) new: String,
    /// A new row, where it shows something once.
    pub(super) created: String,
    /// What changes in a row.
    pub(super) update: String,
    /// What changes in which row.
    pub(super) change: String,
    /// Many rows.
    pub(super) list: String,
    /// Many rows, in words.
    pub(super) many: String,
    /// One row, in words, with its article.
    pub(super) one: String,
}

impl Names {
    pub(super) fn of(table: &Table) -> Self {
        let row = camel(table.singular);
        let words = table.singular.replace('_', " ");
        let article = if words.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        Self {
            new: format!("New{row}"),
            created: if shown_once(table).is_some() { format!("{row}Created") } else { row.clone() },
            update: format!("{row}Update"),
            change: format!("{row}Change"),
            list: format!("{row}List"),
            many: table.name.replace('_', " "),
            one: format!("{article} {words}"),
            row,
        }
    }
}

/// What the answer to new rows of a table shows beside their columns.
pub(super) fn shown_once(table: &Table) -> Option<&'static ShownOnce> {
    table.warden.and_then(Warden::shown_once)
}

/// The choices of a column.
pub(super) fn of_choices(table: &Table, column: &Column) -> String {
    camel(table.singular) + &camel(column.name)
}

fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|word| !word.is_empty()).map(capital).collect()
}
