//! The statements that a link has prepared, found by their text.

use std::collections::HashMap;

/// Prepared statements that a link keeps; each holds some memory at the server.
const CAPACITY: usize = 256;

/// A memory of the statements used last. Dropping a statement closes it at the server.
#[derive(Debug)]
pub(super) struct Statements<S> {
    known: HashMap<String, Known<S>>,
    uses: u64,
}

#[derive(Debug)]
struct Known<S> {
    statement: S,
    used: u64,
}

impl<S> Default for Statements<S> {
    fn default() -> Self {
        Self { known: HashMap::new(), uses: 0 }
    }
}

impl<S: Clone> Statements<S> {
    /// The statement of a text, which counts as used now.
    pub(super) fn get(&mut self, sql: &str) -> Option<S> {
        self.uses += 1;
        let known = self.known.get_mut(sql)?;
        known.used = self.uses;
        Some(known.statement.clone())
    }

    /// Keeps a statement, and lets go of the one that was not used for longest when there are too many.
    pub(super) fn put(&mut self, sql: &str, statement: S) {
        self.uses += 1;
        self.known.insert(sql.to_owned(), Known { statement, used: self.uses });
        if self.known.len() > CAPACITY {
            // A walk over all, but only where a statement is prepared, which costs a round trip anyway.
            let oldest = self.known.iter().min_by_key(|(_, known)| known.used).map(|(sql, _)| sql.clone());
            oldest.and_then(|sql| self.known.remove(&sql));
        }
    }

    /// Forgets the statement of a text.
    pub(super) fn forget(&mut self, sql: &str) {
        self.known.remove(sql);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_that_was_not_used_for_longest_makes_room() {
        let mut statements = Statements::default();
        (0..CAPACITY).for_each(|number| statements.put(&number.to_string(), number));
        assert_eq!(statements.get("0"), Some(0));
        statements.put("one more", CAPACITY);
        assert_eq!((statements.get("0"), statements.get("1"), statements.get("2")), (Some(0), None, Some(2)));
        assert_eq!(statements.known.len(), CAPACITY);
    }

    #[test]
    fn a_forgotten_statement_is_gone() {
        let mut statements = Statements::default();
        statements.put("select 1", 1);
        statements.forget("select 1");
        assert_eq!(statements.get("select 1"), None);
    }
}
