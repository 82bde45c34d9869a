//! The words of operators: how each is written, and which one a misspelt word was meant to be.

use winnow::{
    Parser,
    combinator::{alt, delimited},
    token::take_while,
};

use super::{
    ast::{Is, Operator, Quantifier, SearchKind},
    fault::{Fault, Parsed},
};

/// What is expected where an operator must stand.
pub(super) const OPERATOR: &str = "operator (eq, gt, ...)";
/// What is expected where an operator or its negation must stand.
pub(super) const NOT_OR_OPERATOR: &str = "\"not\" or operator (eq, gt, ...)";
const QUANTIFIER: &str = "quantifier (any, all)";
const CONFIG: &str = "text search configuration";
const CLOSING: &str = "\")\"";

/// Bytes beyond which a word is no misspelt one.
const LONGEST: usize = 16;

/// An operator's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Binary(Operator),
    In,
    Is,
    Search(SearchKind),
}

/// An operator's word with what stands in parentheses behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verb {
    Binary(Operator),
    Quantified(Operator, Quantifier),
    In,
    Is,
    Search(SearchKind, Option<String>),
}

/// Every operator, the commonest first.
const WORDS: [Word; 25] = [
    Word::Binary(Operator::Eq),
    Word::Binary(Operator::Gte),
    Word::Binary(Operator::Lte),
    Word::Binary(Operator::Gt),
    Word::Binary(Operator::Lt),
    Word::Binary(Operator::Neq),
    Word::In,
    Word::Is,
    Word::Binary(Operator::Ilike),
    Word::Binary(Operator::Like),
    Word::Binary(Operator::Contains),
    Word::Binary(Operator::ContainedBy),
    Word::Binary(Operator::Overlaps),
    Word::Binary(Operator::IsDistinct),
    Word::Binary(Operator::Match),
    Word::Binary(Operator::Imatch),
    Word::Binary(Operator::StrictlyLeft),
    Word::Binary(Operator::StrictlyRight),
    Word::Binary(Operator::NotLeft),
    Word::Binary(Operator::NotRight),
    Word::Binary(Operator::Adjacent),
    Word::Search(SearchKind::Query),
    Word::Search(SearchKind::Plain),
    Word::Search(SearchKind::Phrase),
    Word::Search(SearchKind::Web),
];

impl Operator {
    /// The operator as it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Neq => "neq",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Like => "like",
            Self::Ilike => "ilike",
            Self::Match => "match",
            Self::Imatch => "imatch",
            Self::IsDistinct => "isdistinct",
            Self::Contains => "cs",
            Self::ContainedBy => "cd",
            Self::Overlaps => "ov",
            Self::StrictlyLeft => "sl",
            Self::StrictlyRight => "sr",
            Self::NotLeft => "nxl",
            Self::NotRight => "nxr",
            Self::Adjacent => "adj",
        }
    }

    /// Whether `(any)` and `(all)` may follow.
    pub const fn knows_quantifiers(self) -> bool {
        matches!(
            self,
            Self::Eq
                | Self::Gt
                | Self::Gte
                | Self::Lt
                | Self::Lte
                | Self::Like
                | Self::Ilike
                | Self::Match
                | Self::Imatch
        )
    }

    /// Whether the value is a pattern in which `*` stands for anything.
    pub const fn is_pattern(self) -> bool {
        matches!(self, Self::Like | Self::Ilike)
    }
}

impl Quantifier {
    /// The quantifier as it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
        }
    }
}

impl SearchKind {
    /// The operator as it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Query => "fts",
            Self::Plain => "plfts",
            Self::Phrase => "phfts",
            Self::Web => "wfts",
        }
    }
}

impl Is {
    /// Everything that `is` may be followed by.
    pub(super) const ALL: [Self; 5] = [Self::Null, Self::NotNull, Self::True, Self::False, Self::Unknown];

    /// The value as it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::NotNull => "not_null",
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }
}

impl Word {
    const fn text(self) -> &'static str {
        match self {
            Self::Binary(operator) => operator.word(),
            Self::In => "in",
            Self::Is => "is",
            Self::Search(kind) => kind.word(),
        }
    }

    /// The operator of this word, which is always in lower case.
    pub(super) fn of(text: &str) -> Option<Self> {
        WORDS.into_iter().find(|word| word.text() == text)
    }
}

/// An operator with its parentheses.
pub(super) fn verb(input: &mut &str) -> Parsed<Verb> {
    let before = *input;
    let text = take_while(0.., 'a'..='z').parse_next(input)?;
    let word = Word::of(text).ok_or_else(|| Fault::here(before, OPERATOR))?;
    argument(word, input)
}

/// What may stand in parentheses behind a word.
pub(super) fn argument(word: Word, input: &mut &str) -> Parsed<Verb> {
    let given = input.starts_with('(');
    let verb = match word {
        Word::Binary(operator) if given && operator.knows_quantifiers() => {
            Verb::Quantified(operator, delimited('(', quantifier, ')'.context(CLOSING)).parse_next(input)?)
        }
        Word::Binary(operator) => Verb::Binary(operator),
        Word::In => Verb::In,
        Word::Is => Verb::Is,
        Word::Search(kind) if given => {
            let config: &str = delimited('(', config, ')'.context(CLOSING)).parse_next(input)?;
            Verb::Search(kind, Some(config.to_owned()))
        }
        Word::Search(kind) => Verb::Search(kind, None),
    };
    Ok(verb)
}

fn quantifier(input: &mut &str) -> Parsed<Quantifier> {
    alt(("any".value(Quantifier::Any), "all".value(Quantifier::All))).context(QUANTIFIER).parse_next(input)
}

fn config<'s>(input: &mut &'s str) -> Parsed<&'s str> {
    let allowed = |char: char| char.is_ascii_alphanumeric() || char == '_';
    take_while(1.., allowed).context(CONFIG).parse_next(input)
}

/// The operator that a misspelt word was meant to be.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    nearest_of(word, WORDS.into_iter().map(Word::text).chain(["not"]))
}

/// The word that a misspelt one was meant to be.
pub(super) fn nearest_of(word: &str, known: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let near = |known: &&str| strsim::damerau_levenshtein(&lower, known) <= 1 + lower.len() / 4;
    let likeness = |known: &str| strsim::jaro_winkler(&lower, known);
    let nearest = known.into_iter().filter(near).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    // What is right already is wrong for another reason, and short words are near to many.
    (nearest != word && likeness(nearest) > 0.5).then_some(nearest)
}
