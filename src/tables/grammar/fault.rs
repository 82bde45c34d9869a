//! Where reading stopped, while it is still a matter of places and not of sentences.
//!
//! Parsers fail all the time on their way to success, so a failure must cost nothing: it is a place, counted from the
//! end because a parser sees only what is left, and what would have fitted there. The sentence is made once, when the
//! whole text is at hand.

use winnow::{
    Parser,
    error::{AddContext, ModalError, ParserError},
    stream::Stream,
};

use super::{
    error::{SyntaxError, What},
    limits::{Bound, Excess},
};

/// What a parser of this grammar returns.
pub(super) type Parsed<T> = Result<T, Fault>;

/// Where reading stopped and what would have fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    /// Bytes that were left.
    rest: usize,
    /// What would have fitted, in the dialect's words.
    pub(super) expecting: &'static str,
    excess: Option<Excess>,
    /// No other way of reading is to be tried.
    cut: bool,
}

impl Fault {
    /// A failure at this place.
    pub(super) fn here(input: &str, expecting: &'static str) -> Self {
        Self { rest: input.len(), expecting, excess: None, cut: false }
    }

    /// Fails, whatever else could be tried, when a bound does not hold.
    pub(super) fn hold(bound: Bound, came: usize, input: &str) -> Parsed<()> {
        let fault = |excess| Self { excess: Some(excess), cut: true, ..Self::here(input, "") };
        bound.hold(came).map_err(fault)
    }

    /// Where in the text reading stopped.
    pub(super) fn offset(&self, text: &str) -> usize {
        text.len().saturating_sub(self.rest)
    }

    /// The failure as a sentence; columns are counted as if `before` stood in front of the text.
    pub(super) fn into_error(self, what: What, before: &str, text: &str) -> SyntaxError {
        if let Some(excess) = self.excess {
            return excess.into();
        }
        let offset = self.offset(text);
        let read = &text[..offset];
        let line = 1 + read.matches('\n').count();
        let last = read.rsplit('\n').next().unwrap_or_default().chars().count();
        let column = 1 + last + if line == 1 { before.chars().count() } else { 0 };
        let came = match text[offset..].chars().next() {
            None => "unexpected end of input".to_owned(),
            // The dialect quotes what follows a complete text differently from what does not fit into one.
            Some(char) if self.expecting.ends_with("end of input") => format!("unexpected '{char}'"),
            Some(char) => format!("unexpected {:?}", String::from(char)),
        };
        SyntaxError::parse(what, text, line, column).with_details(format!("{came} expecting {}", self.expecting))
    }
}

/// Reads the whole of a text.
pub(super) fn whole<'s, T>(
    text: &'s str,
    expecting: &'static str,
    mut parser: impl Parser<&'s str, T, Fault>,
) -> Parsed<T> {
    let mut input = text;
    let value = parser.parse_next(&mut input)?;
    if input.is_empty() { Ok(value) } else { Err(Fault::here(input, expecting)) }
}

impl ParserError<&str> for Fault {
    type Inner = Self;

    fn from_input(input: &&str) -> Self {
        Self::here(input, "")
    }

    /// Of two ways of reading, the one that came further knows more about what was meant.
    fn or(self, other: Self) -> Self {
        if self.rest < other.rest { self } else { other }
    }

    fn is_backtrack(&self) -> bool {
        !self.cut
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

impl ModalError for Fault {
    fn cut(self) -> Self {
        Self { cut: true, ..self }
    }

    fn backtrack(self) -> Self {
        Self { cut: false, ..self }
    }
}

/// The innermost parser knows best what it wanted.
impl AddContext<&str> for Fault {
    fn add_context(self, _input: &&str, _start: &<&str as Stream>::Checkpoint, expecting: &'static str) -> Self {
        if self.expecting.is_empty() { Self { expecting, ..self } } else { self }
    }
}
