//! What a query string says: one grammar in two spellings.
//!
//! `status.eq=active&order=created_at.desc&limit=25` and `status=eq.active&order=created_at.desc&limit=25` are the same
//! query. [`parse`] reads either into a [`ast::Query`], and printing one gives the first, the original spelling, which is
//! what links, saved segments and logs contain. Nothing here knows a table: whether there is such a column, and whether
//! a value fits its type, is asked where a query meets a table.
//!
//! A pair goes this way: it is decoded (`pairs`), its key tells what it speaks of (`keys`), and its value is read by
//! `filter`, `logic`, `select` or `order`, which share `names`, `words` and `operand`. A parser that fails leaves a
//! place (`fault`), the pair makes a sentence of it (`error`).
//!
//! Rules of this house, where PostgREST is laxer:
//!
//! - text behind a complete value is refused, except one `)` behind a logic tree;
//! - a parameter that can hold once may come once: of two limits, one would be ignored;
//! - `limit` and `offset` are whole numbers; a negative limit is kept, because it is answered differently (416);
//! - a word without `=` is left aside only if it cannot be meant as a filter;
//! - `not`, `and` and `or` are columns only in quotes.

use std::borrow::Cow;

pub mod ast; // what a query says
mod error; // why it could not be understood
mod fault; // where reading stopped
mod filter; // comparisons
mod keys; // names of parameters
pub mod limits; // how much one query may ask for
mod logic; // and, or
mod names; // columns, relations, JSON paths
mod operand; // values
mod order; // order
mod pairs; // decoding
mod print; // the original spelling
mod reader; // pairs into a query
mod select; // select
#[cfg(test)]
mod tests;
mod words; // operators

pub use error::{CODE, SyntaxError, What};

use ast::{Condition, Placed, Query};

/// Reads a query string as it came, without its `?`.
pub fn parse(query: &str) -> Result<Query, SyntaxError> {
    parse_pairs(pairs::pairs(query))
}

/// Reads conditions only, as a saved segment holds them: a query string of filters, joined by AND.
pub fn parse_conditions(filter: &str) -> Result<Vec<Placed<Condition>>, SyntaxError> {
    reader::conditions(pairs::pairs(filter))
}

/// Reads pairs that are already decoded.
pub fn parse_decoded<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Query, SyntaxError> {
    parse_pairs(pairs.into_iter().map(|(key, value)| Ok((Cow::Borrowed(key), Cow::Borrowed(value)))))
}

fn parse_pairs<'a>(
    pairs: impl Iterator<Item = Result<(Cow<'a, str>, Cow<'a, str>), SyntaxError>>,
) -> Result<Query, SyntaxError> {
    reader::query(pairs)
}
