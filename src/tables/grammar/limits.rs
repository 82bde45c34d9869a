//! How much one query may ask for.
//!
//! A query costs what it says, not what its bytes weigh: a short one can nest, embed or match for a long time. Each
//! bound has its own sentence, so that a caller learns which one it met and by how much.

/// Parameters of one query.
pub const PARAMETERS: usize = 200;
/// Levels of `and(…)`, `or(…)`, the outermost counted.
pub const LOGIC_DEPTH: usize = 8;
/// Levels of embedded relations in `select`.
pub const EMBED_DEPTH: usize = 8;
/// Parts of `select`, those of embedded relations counted.
pub const SELECT_ITEMS: usize = 200;
/// Comparisons in one query, those inside of `and(…)` and `or(…)` counted.
pub const FILTERS: usize = 100;
/// Elements of one list or array literal.
pub const LIST_ITEMS: usize = 200;
/// Bytes of one value.
pub const VALUE_BYTES: usize = 8 * 1024;
/// Characters of one `like` or `ilike` pattern.
pub const PATTERN_CHARS: usize = 256;
/// Runs of `*` or `%` in one pattern; each may make the match start over at every character.
pub const PATTERN_WILDCARDS: usize = 5;
/// Terms of `order`, those of embedded relations counted.
pub const ORDER_TERMS: usize = 20;
/// Arrows of one JSON path.
pub const JSON_DEPTH: usize = 16;

/// One of the bounds above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// [`PARAMETERS`]
    Parameters,
    /// [`LOGIC_DEPTH`]
    LogicDepth,
    /// [`EMBED_DEPTH`]
    EmbedDepth,
    /// [`SELECT_ITEMS`]
    SelectItems,
    /// [`FILTERS`]
    Filters,
    /// [`LIST_ITEMS`]
    ListItems,
    /// [`VALUE_BYTES`]
    ValueBytes,
    /// [`PATTERN_CHARS`]
    PatternChars,
    /// [`PATTERN_WILDCARDS`]
    PatternWildcards,
    /// [`ORDER_TERMS`]
    OrderTerms,
    /// [`JSON_DEPTH`]
    JsonDepth,
}

/// A bound that a query went beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Excess {
    bound: Bound,
    came: usize,
}

impl Bound {
    /// The greatest number that is allowed.
    pub const fn most(self) -> usize {
        match self {
            Self::Parameters => PARAMETERS,
            Self::LogicDepth => LOGIC_DEPTH,
            Self::EmbedDepth => EMBED_DEPTH,
            Self::SelectItems => SELECT_ITEMS,
            Self::Filters => FILTERS,
            Self::ListItems => LIST_ITEMS,
            Self::ValueBytes => VALUE_BYTES,
            Self::PatternChars => PATTERN_CHARS,
            Self::PatternWildcards => PATTERN_WILDCARDS,
            Self::OrderTerms => ORDER_TERMS,
            Self::JsonDepth => JSON_DEPTH,
        }
    }

    /// Whether so many are allowed.
    pub(super) fn hold(self, came: usize) -> Result<(), Excess> {
        if came <= self.most() { Ok(()) } else { Err(Excess { bound: self, came }) }
    }
}

impl std::fmt::Display for Excess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (most, came) = (self.bound.most(), self.came);
        match self.bound {
            // Reading stops where a bound is met, so how far it would have gone is not always known.
            Bound::Parameters => write!(f, "A query may have {most} parameters, this one has more"),
            Bound::LogicDepth => write!(f, "Conditions may be nested {most} levels deep, these go deeper"),
            Bound::EmbedDepth => write!(f, "Relations may be embedded {most} levels deep, these go deeper"),
            Bound::SelectItems => write!(f, "select may have {most} parts, this one has {came}"),
            Bound::Filters => write!(f, "A query may have {most} conditions, this one has {came}"),
            Bound::ListItems => write!(f, "A list may have {most} elements, this one has {came}"),
            Bound::ValueBytes => write!(f, "A value may have {most} bytes, this one has {came}"),
            Bound::PatternChars => write!(f, "A pattern may have {most} characters, this one has {came}"),
            Bound::PatternWildcards => write!(f, "A pattern may have {most} wildcards, this one has {came}"),
            Bound::OrderTerms => write!(f, "order may have {most} terms, this one has {came}"),
            Bound::JsonDepth => write!(f, "A JSON path may have {most} arrows, this one has {came}"),
        }
    }
}
