//! From decoded pairs to a query.

use std::borrow::Cow;

use super::{
    ast::{Condition, Placed, Query},
    error::{SyntaxError, What, clipped},
    filter::filter,
    keys::{Key, key, names},
    limits::Bound,
    logic::tree,
    order::order,
    select::select,
};

type Pair<'a> = Result<(Cow<'a, str>, Cow<'a, str>), SyntaxError>;

/// Everything that a query string says.
pub(super) fn query<'a>(pairs: impl Iterator<Item = Pair<'a>>) -> Result<Query, SyntaxError> {
    let mut reader = Reader::default();
    for (before, pair) in pairs.enumerate() {
        Bound::Parameters.hold(before + 1)?;
        let (name, value) = pair?;
        reader.pair(&name, &value).map_err(|error| in_parameter(&name, error))?;
    }
    Ok(reader.query)
}

/// The conditions of a text that holds nothing else.
pub(super) fn conditions<'a>(pairs: impl Iterator<Item = Pair<'a>>) -> Result<Vec<Placed<Condition>>, SyntaxError> {
    let mut reader = Reader::default();
    for pair in pairs {
        let (name, value) = pair?;
        let read = key(&name).and_then(|key| reader.condition(&name, key, &value));
        read.map_err(|error| in_parameter(&name, error))?;
    }
    Ok(reader.query.filters)
}

/// A query that is being read.
#[derive(Default)]
struct Reader {
    query: Query,
    /// Comparisons so far.
    leaves: usize,
    /// Whether `select` came, which an empty one does not show.
    selected: bool,
}

impl Reader {
    fn pair(&mut self, name: &str, value: &str) -> Result<(), SyntaxError> {
        let query = &mut self.query;
        match key(name)? {
            Key::Select => {
                once(name, std::mem::replace(&mut self.selected, true))?;
                query.select = select(value)?;
                Ok(())
            }
            Key::Columns => once(name, query.columns.replace(names(value, What::Columns)?).is_some()),
            Key::OnConflict => once(name, query.on_conflict.replace(names(value, What::OnConflict)?).is_some()),
            // Searching for nothing finds everything, which is what a search box that was emptied asks for.
            Key::Search if value.trim().is_empty() => Ok(()),
            Key::Search => {
                Bound::ValueBytes.hold(value.len())?;
                once(name, query.search.replace(value.to_owned()).is_some())
            }
            Key::After => once(name, query.after.replace(value.to_owned()).is_some()),
            Key::Order(path) => {
                place(&mut query.order, name, path, order(value)?)?;
                Ok(Bound::OrderTerms.hold(query.order.iter().map(|order| order.value.len()).sum())?)
            }
            Key::Limit(path) => place(&mut query.limit, name, path, limit(name, value)?),
            Key::Offset(path) => place(&mut query.offset, name, path, offset(name, value)?),
            condition => self.condition(name, condition, value),
        }
    }

    fn condition(&mut self, name: &str, key: Key, value: &str) -> Result<(), SyntaxError> {
        let condition = condition(name, key, value)?;
        self.leaves += count(&condition.value);
        Bound::Filters.hold(self.leaves)?;
        self.query.filters.push(condition);
        Ok(())
    }
}

fn condition(name: &str, key: Key, value: &str) -> Result<Placed<Condition>, SyntaxError> {
    match key {
        Key::Filter(target) => filter(name, target, value),
        Key::Logic { path, negated, join } => Ok(Placed { path, value: tree(negated, join, value)? }),
        _ => {
            let message = format!("Only conditions are allowed here, not \"{}\"", clipped(name));
            Err(SyntaxError::plain(What::Parameter, message))
        }
    }
}

/// A bound does not say where it was met.
fn in_parameter(name: &str, error: SyntaxError) -> SyntaxError {
    if error.what == What::Bound {
        error.with_details(format!("in the parameter \"{}\"", clipped(name)))
    } else {
        error
    }
}

/// Comparisons in a condition.
fn count(condition: &Condition) -> usize {
    match condition {
        Condition::Compare(_) => 1,
        Condition::Logic { of, .. } => of.iter().map(count).sum(),
    }
}

fn place<T>(all: &mut Vec<Placed<T>>, name: &str, path: Vec<String>, value: T) -> Result<(), SyntaxError> {
    once(name, all.iter().any(|other| other.path == path))?;
    all.push(Placed { path, value });
    Ok(())
}

fn once(name: &str, again: bool) -> Result<(), SyntaxError> {
    if !again {
        return Ok(());
    }
    Err(SyntaxError::plain(What::Duplicate, format!("The parameter \"{}\" may come only once", clipped(name))))
}

fn limit(name: &str, value: &str) -> Result<i64, SyntaxError> {
    integer(value).ok_or_else(|| {
        let message = format!("\"{}\" must be a whole number, not \"{}\"", clipped(name), clipped(value));
        SyntaxError::plain(What::Limit, message)
    })
}

fn offset(name: &str, value: &str) -> Result<u64, SyntaxError> {
    integer(value).and_then(|offset| u64::try_from(offset).ok()).ok_or_else(|| {
        let message = format!("\"{}\" must be a whole number from 0, not \"{}\"", clipped(name), clipped(value));
        SyntaxError::plain(What::Offset, message)
    })
}

/// ASCII digits, perhaps behind a minus; what else the standard library reads as a number is no number here.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
