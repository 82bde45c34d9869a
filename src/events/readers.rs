//! Who may read which events: what tells of a table is for those who may read the table.

use super::types::{self, EventType};
use crate::{
    caller::PropertyCaller,
    tables::{
        grammar::ast::{Comparison, Condition, Field, Operation},
        registry::Registry,
    },
};

/// Whether a caller may hear of events of a type.
pub fn may_hear(registry: &Registry, caller: &PropertyCaller, kind: &EventType) -> bool {
    caller.may_use(kind.table, registry.table(kind.table).is_some_and(|table| table.guarded))
}

/// Which rows of `events` a caller sees, as a filter; `None`: all of them.
pub fn seen(registry: &Registry, caller: &PropertyCaller) -> Option<Condition> {
    let heard: Vec<String> =
        types::all().filter(|kind| may_hear(registry, caller, kind)).map(|kind| kind.name.to_owned()).collect();
    if heard.len() == types::all().count() {
        return None;
    }
    let field = Field { name: "type".to_owned(), json: Vec::new() };
    Some(Condition::Compare(Comparison { field, negated: false, operation: Operation::In(heard) }))
}
