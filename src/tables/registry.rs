//! All tables of a face and how they refer to each other.

use std::collections::HashMap;

use super::{
    relation::{self, Relation},
    table::{Access, KEY, TENANT, Table},
};
use crate::error::ApiError;

/// Where a face gets its tables from; the face itself knows none by name.
pub trait Catalog: Send + Sync + 'static {
    /// The tables, the same ones on every call.
    fn registry() -> &'static Registry;
}

/// The tables of a face.
#[derive(Debug)]
pub struct Registry {
    tables: Vec<Table>,
    by_name: HashMap<&'static str, usize>,
    operations: HashMap<(&'static str, Verb), &'static str>,
}

/// What is done with a table in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `GET /api/{table}`
    List,
    /// `POST /api/{table}/query`, `QUERY /api/{table}`: a list whose filters are the body.
    Query,
    /// `POST /api/{table}`
    Create,
    /// `PATCH /api/{table}`
    UpdateMany,
    /// `PUT /api/{table}`, whose filter names the row.
    Put,
    /// `DELETE /api/{table}`
    DeleteMany,
    /// `GET /api/{table}/{id}`
    Get,
    /// `PATCH /api/{table}/{id}`
    Update,
    /// `PUT /api/{table}/{id}`
    Replace,
    /// `DELETE /api/{table}/{id}`
    Delete,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 10] = [
        Self::List,
        Self::Query,
        Self::Create,
        Self::UpdateMany,
        Self::Put,
        Self::DeleteMany,
        Self::Get,
        Self::Update,
        Self::Replace,
        Self::Delete,
    ];

    /// The second half of operation ids.
    pub const fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Query => "query",
            Self::Create => "create",
            Self::UpdateMany => "update_many",
            Self::Put => "put",
            Self::DeleteMany => "delete_many",
            Self::Get => "get",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
        }
    }

    /// Whether nothing is changed by it.
    pub const fn reads(self) -> bool {
        matches!(self, Self::List | Self::Query | Self::Get)
    }

    /// Whether the path names one row.
    pub const fn is_of_one(self) -> bool {
        matches!(self, Self::Get | Self::Update | Self::Replace | Self::Delete)
    }

    /// Whether a table of this access knows it.
    pub fn fits(self, access: Access) -> bool {
        match access {
            Access::Full => true,
            Access::AppendOnly => self.reads() || self == Self::Create,
            Access::ReadOnly => self.reads(),
        }
    }
}

impl Registry {
    /// A registry of tables, in the order of the documents.
    ///
    /// # Panics
    ///
    /// When two tables share a name, one lacks its tenant or its id, or one has relations that callers may not see all
    /// rows of: such a table must not be served.
    pub fn new(tables: Vec<Table>) -> Self {
        let mut by_name = HashMap::new();
        for (index, table) in tables.iter().enumerate() {
            for needed in [TENANT, KEY] {
                let has = table.columns.iter().any(|column| column.name == needed);
                assert!(has, "{} has no column {needed}", table.name);
            }
            assert!(by_name.insert(table.name, index).is_none(), "{} is registered twice", table.name);
        }
        for table in tables.iter().filter(|table| table.seen.is_some()) {
            let related = tables.iter().any(|other| other.foreign_keys.iter().any(|key| key.table == table.name));
            assert!(table.foreign_keys.is_empty() && !related, "relations lead around the filter of {}", table.name);
        }
        let mut operations = HashMap::new();
        for table in &tables {
            for verb in Verb::ALL {
                // Documents and figures want names that live for ever; a registry lives as long as the program.
                let id: &'static str = Box::leak(format!("{}_{}", table.name, verb.word()).into_boxed_str());
                operations.insert((table.name, verb), id);
            }
        }
        Self { tables, by_name, operations }
    }

    /// The operation id of a verb on a table.
    pub fn operation(&self, table: &Table, verb: Verb) -> &'static str {
        self.operations.get(&(table.name, verb)).copied().unwrap_or("unknown")
    }

    /// All tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The table of a name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.by_name.get(name).map(|index| &self.tables[*index])
    }

    /// The table of a name, or 404 with the nearest one as hint.
    ///
    /// # Errors
    ///
    /// `PGRST205`.
    pub fn require(&self, name: &str) -> Result<&Table, ApiError> {
        self.table(name).ok_or_else(|| {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
            let sentence = format!("Could not find the table '{shown}' in the schema cache");
            let error = ApiError::new(poem::http::StatusCode::NOT_FOUND, sentence).with_code("PGRST205");
            match nearest(name, self.tables.iter().map(|table| table.name)) {
                Some(near) => error.with_hint(format!("Perhaps you meant the table '{near}'")),
                None => error,
            }
        })
    }

    /// The one relation that a name and a hint mean.
    ///
    /// # Errors
    ///
    /// `PGRST200` when there is none, `PGRST201` when there are several.
    pub fn relation<'r>(&'r self, from: &'r Table, target: &str, hint: Option<&str>) -> Result<Relation<'r>, ApiError> {
        relation::find(self, from, target, hint)
    }
}

/// The name that is most like a word, when one is much like it.
pub fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
