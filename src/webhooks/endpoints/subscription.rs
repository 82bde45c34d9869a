//! Which events an endpoint asks for, and the tables that they tell of.

use std::collections::BTreeSet;

use crate::{
    error::ApiError,
    events::types::{self, EventType},
    input::shown,
    tables::{registry::nearest, warden::Writ},
};

/// Every event.
const ALL: &str = "*";

/// The tables that whoever saves an endpoint may read.
#[derive(Debug, Clone)]
pub(super) struct Rights {
    tables: BTreeSet<&'static str>,
    /// Whether these are all there are.
    all: bool,
}

impl Rights {
    /// The rights of a caller.
    pub(super) fn of(writ: &Writ<'_>) -> Self {
        let told = types::all().map(|kind| kind.table);
        let tables: BTreeSet<&str> = writ.registry.tables().iter().map(|table| table.name).chain(told).collect();
        let may = |name: &&&str| {
            let guarded = writ.registry.table(name).is_some_and(|table| table.guarded);
            writ.caller.may_use(name, guarded)
        };
        let own: BTreeSet<&str> = tables.iter().filter(may).copied().collect();
        Self { all: own.len() == tables.len(), tables: own }
    }

    fn may(&self, kind: &EventType) -> bool {
        self.tables.contains(kind.table)
    }

    /// Whether an endpoint of this reach tells of nothing that these rights do not cover.
    pub(super) fn cover(&self, reach: &Reach) -> bool {
        match &reach.0 {
            None => self.all,
            Some(tables) => self.all || tables.iter().all(|table| self.tables.contains(&**table)),
        }
    }
}

/// The tables that an endpoint may hear of; `None`: all, also those that are still to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reach(pub(super) Option<Vec<String>>);

impl Reach {
    /// As an array of Postgres, empty for all.
    pub(super) fn literal(&self) -> String {
        let quoted = |tables: &Vec<String>| {
            let tables: Vec<_> = tables.iter().cloned().map(Some).collect();
            crate::tables::values::array_literal(&tables)
        };
        self.0.as_ref().map(quoted).unwrap_or_default()
    }
}

/// Everything that somebody may hear of.
pub(super) fn everything(rights: &Rights) -> Reach {
    match rights.all {
        true => Reach(None),
        false => of(rights.tables.iter().copied()),
    }
}

/// What a list of event types reaches.
///
/// # Errors
///
/// 400 for what is no type, with the nearest one; 403 for events of tables that the caller may not use.
pub(super) fn judge(types: &[Option<String>], rights: &Rights) -> Result<Reach, ApiError> {
    if types.is_empty() {
        let sentence = "event_types must name at least one type; [\"*\"] means every one";
        return Err(ApiError::bad_request(sentence).with_code("event_types_invalid"));
    }
    let mut reached = BTreeSet::new();
    let mut has_all = false;
    for word in types {
        let word = word.as_deref().unwrap_or("null");
        if word == ALL {
            has_all = true;
            continue;
        }
        let kinds: Vec<&EventType> = types::all().filter(|kind| fits(word, kind)).collect();
        if kinds.is_empty() {
            return Err(unknown(word));
        }
        let permitted: Vec<&str> = kinds.iter().filter(|kind| rights.may(kind)).map(|kind| kind.table).collect();
        if permitted.is_empty() {
            return Err(forbidden(word, kinds[0].table));
        }
        reached.extend(permitted);
    }
    Ok(if has_all { everything(rights) } else { of(reached.into_iter()) })
}

fn of<'t>(tables: impl Iterator<Item = &'t str>) -> Reach {
    Reach(Some(tables.map(str::to_owned).collect()))
}

/// Whether a word, `player.created` or `player.*`, means a type.
fn fits(word: &str, kind: &EventType) -> bool {
    word == kind.name || word.strip_suffix(".*").is_some_and(|group| group == kind.group())
}

fn unknown(word: &str) -> ApiError {
    let sentence = format!("event_types names {}, which is no type of event", shown(word));
    let error = ApiError::bad_request(sentence).with_code("event_type_unknown");
    let groups: BTreeSet<String> = types::all().map(|kind| format!("{}.*", kind.group())).collect();
    let names = types::all().map(|kind| kind.name).chain(groups.iter().map(String::as_str)).chain([ALL]);
    match nearest(word, names) {
        Some(near) => error.with_hint(format!("Perhaps you meant {near}")),
        None => error.with_hint(
            "Types are listed under `webhooks` in /openapi.json; player.* means all of players, * means all",
        ),
    }
}

fn forbidden(word: &str, table: &str) -> ApiError {
    let sentence = format!("event_types names {word}, and this credential may not use the table {table}");
    ApiError::forbidden(sentence).with_code("table_not_allowed")
}
