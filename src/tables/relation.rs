//! How rows of one table lead to rows of another: by a reference of their own, by a reference to them, or through a
//! table that refers to both.

use poem::http::StatusCode;
use serde_json::json;

use super::{
    registry::{Registry, nearest},
    table::{ForeignKey, Table},
};
use crate::error::ApiError;

/// A way from one table to another.
#[derive(Debug, Clone)]
pub struct Relation<'r> {
    /// Where it leads.
    pub table: &'r Table,
    /// How many rows it leads to.
    pub cardinality: Cardinality,
    /// Columns here and what they equal there; of the table in between when there is one.
    pub on: Vec<(&'r str, &'r str)>,
    /// The table in between.
    pub through: Option<Through<'r>>,
    /// The constraint that makes it.
    constraint: &'r str,
}

/// How many rows a relation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// One or none.
    ToOne,
    /// Any number, which refer here.
    ToMany,
    /// Any number, through a table in between.
    ManyToMany,
}

/// The table in between of a relation many to many.
#[derive(Debug, Clone)]
pub struct Through<'r> {
    /// The table.
    pub table: &'r Table,
    /// Its columns and what they equal in the target.
    pub on: Vec<(&'r str, &'r str)>,
}

/// All relations of a table.
pub fn all<'r>(registry: &'r Registry, from: &'r Table) -> Vec<Relation<'r>> {
    let mut relations: Vec<Relation<'r>> = Vec::new();
    for key in &from.foreign_keys {
        if let Some(table) = registry.table(&key.table) {
            let (on, constraint) = (pairs(key), &*key.constraint);
            relations.push(Relation { table, cardinality: Cardinality::ToOne, on, through: None, constraint });
        }
    }
    for table in registry.tables() {
        for key in table.foreign_keys.iter().filter(|key| key.table == from.name) {
            let (on, constraint) = (reversed(key), &*key.constraint);
            relations.push(Relation { table, cardinality: Cardinality::ToMany, on, through: None, constraint });
            for other in table.foreign_keys.iter().filter(|other| table.junction && other.constraint != key.constraint)
            {
                if let Some(target) = registry.table(&other.table) {
                    let through = Some(Through { table, on: pairs(other) });
                    let on = reversed(key);
                    relations.push(Relation {
                        table: target,
                        cardinality: Cardinality::ManyToMany,
                        on,
                        through,
                        constraint: table.name,
                    });
                }
            }
        }
    }
    relations
}

/// The relation that a name and a hint mean; see [`Registry::relation`].
pub(super) fn find<'r>(
    registry: &'r Registry,
    from: &'r Table,
    target: &str,
    hint: Option<&str>,
) -> Result<Relation<'r>, ApiError> {
    let relations = all(registry, from);
    let fits = |relation: &&Relation<'_>| relation.is_meant_by(target, hint);
    let mut found = relations.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(relation), None) => Ok(relation.clone()),
        (None, _) => Err(none(from, &relations, target, hint)),
        (Some(_), Some(_)) => Err(several(from, relations.iter().filter(fits), target)),
    }
}

impl Relation<'_> {
    fn is_meant_by(&self, target: &str, hint: Option<&str>) -> bool {
        let column = match (self.cardinality, &*self.on) {
            (Cardinality::ToOne, [(here, _)]) => Some(*here),
            (Cardinality::ToMany, [(_, there)]) => Some(*there),
            _ => None,
        };
        let by_target = target == self.table.name
            || (self.through.is_none() && target == self.constraint)
            || (self.cardinality == Cardinality::ToOne && Some(target) == column);
        by_target && hint.is_none_or(|hint| hint == self.constraint || Some(hint) == column)
    }

    fn describe(&self, from: &Table) -> serde_json::Value {
        let cardinality = match self.cardinality {
            Cardinality::ToOne => "many-to-one",
            Cardinality::ToMany => "one-to-many",
            Cardinality::ManyToMany => "many-to-many",
        };
        json!({
            "cardinality": cardinality,
            "embedding": format!("{} with {}", from.name, self.table.name),
            "relationship": self.constraint,
        })
    }
}

fn none(from: &Table, relations: &[Relation<'_>], target: &str, hint: Option<&str>) -> ApiError {
    let (here, there) = (from.name, plain(target));
    let sentence = format!("Could not find a relationship between '{here}' and '{there}' in the schema cache");
    let details = match hint.map(plain) {
        Some(hint) => format!(
            "Searched for a relationship between '{here}' and '{there}' using the hint '{hint}', but no matches were found."
        ),
        None => format!("Searched for a relationship between '{here}' and '{there}', but no matches were found."),
    };
    let error = ApiError::bad_request(sentence).with_code("PGRST200").with_details(details);
    match nearest(target, relations.iter().map(|relation| relation.table.name)) {
        Some(near) if near != target => error.with_hint(format!("Perhaps you meant '{near}' instead of '{there}'.")),
        _ => error,
    }
}

/// A caller's word as it may stand in a sentence.
fn plain(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(100).collect()
}

fn several<'a>(from: &Table, found: impl Iterator<Item = &'a Relation<'a>>, target: &str) -> ApiError {
    let found: Vec<&Relation<'_>> = found.collect();
    let ways: Vec<String> = found.iter().map(|relation| format!("'{target}!{}'", relation.constraint)).collect();
    let details: Vec<_> = found.iter().map(|relation| relation.describe(from)).collect();
    ApiError::new(
        StatusCode::MULTIPLE_CHOICES,
        format!("Could not embed because more than one relationship was found for '{}' and '{target}'", from.name),
    )
    .with_code("PGRST201")
    .with_details(details)
    .with_hint(format!(
        "Try changing '{target}' to one of the following: {}. Find the desired relationship in the 'details' key.",
        ways.join(", ")
    ))
}

fn pairs(key: &ForeignKey) -> Vec<(&str, &str)> {
    key.on.iter().map(|(here, there)| (&**here, &**there)).collect()
}

fn reversed(key: &ForeignKey) -> Vec<(&str, &str)> {
    key.on.iter().map(|(here, there)| (&**there, &**here)).collect()
}
