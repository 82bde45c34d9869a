//! Search by trigrams.
//!
//! Row-level security keeps operators that may leak away from indexes, and pattern matching is one of them. The index
//! is therefore behind a function of the table, `<table>_search(pattern)`, which looks only at rows of the connection's
//! own tenant and answers their ids.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query as Sql};

use super::{
    super::{
        grammar::ast::{Comparison, Condition, Operation, Operator},
        table::KEY,
        values,
    },
    level::Level,
};
use crate::error::ApiError;

/// Words of `q`.
const MAX_WORDS: usize = 10;
/// Fewer literal characters in a row have no trigram.
const SHORTEST_RUN: usize = 3;

impl Level<'_> {
    /// The conditions of `q`: each word is found somewhere in the search columns.
    pub(super) fn search(&self, q: &str) -> Result<Vec<Expr>, ApiError> {
        if self.table.search.is_empty() {
            let sentence = format!("Table {} has no search columns, so q cannot be used", self.table.name);
            return Err(ApiError::bad_request(sentence).with_code("search_unavailable"));
        }
        let words: Vec<String> = values::composed(q).split_whitespace().map(str::to_lowercase).collect();
        if words.len() > MAX_WORDS {
            let sentence = format!("q may have at most {MAX_WORDS} words, got {}", words.len());
            return Err(ApiError::bad_request(sentence).with_code("search_too_long"));
        }
        let pattern =
            |word: &String| format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        Ok(words.iter().map(|word| self.found(pattern(word))).collect())
    }

    /// What a pattern on a search column implies, so that the trigram index can narrow the rows first.
    pub(super) fn implied(&self, condition: &Condition) -> Option<Expr> {
        let Condition::Compare(Comparison { field, negated: false, operation }) = condition else { return None };
        let Operation::Binary { operator: Operator::Like | Operator::Ilike, value } = operation else { return None };
        let searched = field.json.is_empty() && self.table.search.contains(&&*field.name);
        if !searched {
            return None;
        }
        let value = values::composed(value);
        // What might be lower-cased differently, or is escaped, may be anything here.
        let pattern: String = value
            .replace('*', "%")
            .chars()
            .map(|c| if c.is_ascii() && c != '\\' && !c.is_ascii_control() { c.to_ascii_lowercase() } else { '%' })
            .collect();
        let longest = pattern.split(['%', '_']).map(str::len).max().unwrap_or_default();
        (longest >= SHORTEST_RUN && !value.contains('\\')).then(|| self.found(format!("%{pattern}%")))
    }

    fn found(&self, pattern: String) -> Expr {
        let mut ids = Sql::select();
        ids.expr(Func::cust(Alias::new(self.table.search_function())).arg(Expr::val(pattern)));
        self.own(KEY).in_subquery(ids)
    }
}
