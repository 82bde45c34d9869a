//! A query string that cannot be understood, as an answer.
//!
//! The grammar says what is wrong and knows nothing of HTTP; here its error becomes a 400. What it repeats of the query
//! may contain a key that was put into the wrong place, of which only the prefix is shown.

use super::grammar::SyntaxError;
use crate::{error::ApiError, input::without_keys};

impl From<SyntaxError> for ApiError {
    fn from(error: SyntaxError) -> Self {
        let code = error.code();
        let mut answer = Self::bad_request(without_keys(error.message)).with_code(code);
        if let Some(details) = error.details {
            answer = answer.with_details(without_keys(details));
        }
        if let Some(hint) = error.hint {
            answer = answer.with_hint(without_keys(hint));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::grammar::parse;

    #[test]
    fn a_query_that_makes_no_sense_is_refused_without_repeating_keys() {
        let error = parse("api_key=pk_0123456789abcdefghijklmnopqrstuvwxyz").unwrap_err();
        assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("pk_0123456789")));
        let answer = ApiError::from(error);
        assert_eq!(answer.status_code(), 400);
        assert_eq!(answer.sentence(), "\"failed to parse filter (pk_…)\" (line 1, column 1)");
        assert!(!format!("{answer:?}").contains("0123456789"));
    }
}
