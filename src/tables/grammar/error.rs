//! Why a query string could not be understood.
//!
//! All of it is the caller's to correct, so all of it is a 400 with PostgREST's `PGRST100`; messages have that dialect's
//! shape, because its clients show them, and hints say in plain words what to write instead.

use super::limits::Excess;

/// The code of every error of the grammar.
pub const CODE: &str = "PGRST100";

/// Characters of a caller's text that a message repeats.
const SHOWN_CHARS: usize = 200;

/// A query string that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What was being read.
    pub what: What,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What came and what could have come instead.
    pub details: Option<String>,
    /// What to write instead.
    pub hint: Option<String>,
}

/// The part of a query string that was being read when it stopped making sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The value of a filter.
    Filter,
    /// `and=(…)`, `or=(…)`.
    Logic,
    /// `select`.
    Select,
    /// `order`.
    Order,
    /// The name of a parameter: the way to a column.
    Tree,
    /// `columns`.
    Columns,
    /// `on_conflict`.
    OnConflict,
    /// `limit`.
    Limit,
    /// `offset`, garbage or negative.
    Offset,
    /// Bytes that are no text.
    Encoding,
    /// A parameter that may come once and came twice.
    Duplicate,
    /// A parameter that does not belong here, or without a value.
    Parameter,
    /// More than one query may ask for.
    Bound,
}

impl What {
    /// How PostgREST calls it.
    const fn dialect(self) -> &'static str {
        match self {
            Self::Logic => "logic tree",
            Self::Select => "select parameter",
            Self::Order => "order",
            Self::Tree => "tree path",
            Self::Columns => "columns parameter",
            Self::OnConflict => "on_conflict parameter",
            Self::Filter
            | Self::Limit
            | Self::Offset
            | Self::Encoding
            | Self::Duplicate
            | Self::Parameter
            | Self::Bound => "filter",
        }
    }
}

impl SyntaxError {
    /// The code of the answer.
    pub const fn code(&self) -> &'static str {
        CODE
    }

    /// An error in the words of this house.
    pub(super) fn plain(what: What, message: impl Into<String>) -> Self {
        Self { what, message: message.into(), details: None, hint: None }
    }

    /// An error in the shape of the dialect: the text, and the line and column (from 1) where it went wrong.
    pub(super) fn parse(what: What, text: &str, line: usize, column: usize) -> Self {
        let text = clipped(text);
        Self::plain(what, format!("\"failed to parse {} ({text})\" (line {line}, column {column})", what.dialect()))
    }

    #[must_use]
    pub(super) fn with_details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    #[must_use]
    pub(super) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl From<Excess> for SyntaxError {
    fn from(excess: Excess) -> Self {
        Self::plain(What::Bound, excess.to_string())
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// A caller's text, short enough for a sentence.
pub(super) fn clipped(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
