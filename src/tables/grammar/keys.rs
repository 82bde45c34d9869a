//! The names of parameters: what a pair of the query string speaks of.
//!
//! A key is a way, joined by dots: relations from the outside in, then a column, then perhaps `not` and an operator. The
//! last part decides what the pair is: `order`, `limit`, `offset`, `and` and `or` are words of the grammar wherever they
//! stand last; an operator makes it a filter in the original spelling; anything else is a column whose operator stands
//! in the value. In quotes every one of these words is a name.

use super::{
    ast::{Field, Join, JsonStep},
    error::{SyntaxError, What},
    fault::{Fault, Parsed, whole},
    limits::Bound,
    names::{Name, json_path, name},
    words::{Verb, Word, argument},
};

/// Parameters that are no filters.
pub(super) const PARAMETERS: [&str; 10] =
    ["select", "order", "limit", "offset", "q", "after", "columns", "on_conflict", "and", "or"];

/// What a pair speaks of.
#[derive(Debug)]
pub(super) enum Key {
    Select,
    Columns,
    OnConflict,
    Search,
    After,
    Order(Vec<String>),
    Limit(Vec<String>),
    Offset(Vec<String>),
    Logic { path: Vec<String>, negated: bool, join: Join },
    Filter(Target),
}

/// What a filter compares, as far as its key tells.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) path: Vec<String>,
    pub(super) field: Field,
    pub(super) negated: bool,
    /// The operator, when the key ends in one.
    pub(super) verb: Option<Verb>,
}

/// One part of a key.
struct Part<'s> {
    name: Name<'s>,
    json: Vec<JsonStep>,
    /// Read as an operator, if it can be one.
    verb: Option<Verb>,
}

impl Part<'_> {
    fn is_word(&self, word: &str) -> bool {
        self.json.is_empty() && self.name.is_word(word)
    }
}

/// Reads a decoded key.
pub(super) fn key(text: &str) -> Result<Key, SyntaxError> {
    match text {
        "select" => return Ok(Key::Select),
        "columns" => return Ok(Key::Columns),
        "on_conflict" => return Ok(Key::OnConflict),
        "q" => return Ok(Key::Search),
        "after" => return Ok(Key::After),
        _ => (),
    }
    let parts = whole(text, "delimiter (.) or end of input", parts);
    let mut parts = parts.map_err(|fault| fault.into_error(What::Tree, "", text))?;
    let last = parts.pop().expect("a key has at least one part");
    let join = if last.is_word("and") {
        Some(Join::And)
    } else if last.is_word("or") {
        Some(Join::Or)
    } else {
        None
    };
    if let Some(join) = join {
        let negated = parts.pop_if(|part| part.is_word("not")).is_some();
        return Ok(Key::Logic { path: path(text, parts)?, negated, join });
    }
    if last.is_word("order") {
        return Ok(Key::Order(path(text, parts)?));
    }
    if last.is_word("limit") {
        return Ok(Key::Limit(path(text, parts)?));
    }
    if last.is_word("offset") {
        return Ok(Key::Offset(path(text, parts)?));
    }
    target(text, parts, last).map(Key::Filter)
}

fn target<'s>(text: &str, mut parts: Vec<Part<'s>>, mut last: Part<'s>) -> Result<Target, SyntaxError> {
    let mut verb = None;
    let mut negated = false;
    if let Some(before) = parts.pop_if(|_| last.verb.is_some()) {
        verb = last.verb.take();
        last = before;
    }
    if last.is_word("not")
        && let Some(before) = parts.pop()
    {
        negated = true;
        last = before;
    }
    if last.is_word("not") {
        return Err(misplaced_not(text));
    }
    // `eq(any)` alone, or in front of another operator, names no column.
    if last.verb.is_some_and(|verb| matches!(verb, Verb::Quantified(..) | Verb::Search(_, Some(_)))) {
        return Err(
            SyntaxError::parse(What::Tree, text, 1, 1).with_details("expecting a column in front of an operator")
        );
    }
    let field = Field { name: last.name.into(), json: last.json };
    Ok(Target { path: path(text, parts)?, field, negated, verb })
}

/// The relations that lead to what the last part names.
fn path(text: &str, parts: Vec<Part<'_>>) -> Result<Vec<String>, SyntaxError> {
    let name = |part: Part<'_>| {
        if part.is_word("not") {
            return Err(misplaced_not(text));
        }
        let plain = part.json.is_empty()
            && matches!(part.verb, None | Some(Verb::Binary(_) | Verb::In | Verb::Is | Verb::Search(_, None)));
        if plain { Ok(part.name.into()) } else { Err(no_relation(text)) }
    };
    Bound::EmbedDepth.hold(parts.len())?;
    parts.into_iter().map(name).collect()
}

fn misplaced_not(text: &str) -> SyntaxError {
    SyntaxError::parse(What::Tree, text, 1, 1)
        .with_details("\"not\" stands once, between a column and its operator or in front of \"and\" and \"or\"")
        .with_hint(Some("A column or relation of that name stands in quotes: \"not\".eq=…".to_owned()))
}

fn no_relation(text: &str) -> SyntaxError {
    SyntaxError::parse(What::Tree, text, 1, 1).with_details(
        "what stands in front of a column is the name of an embedded relation, without arrows or parentheses",
    )
}

fn parts<'s>(input: &mut &'s str) -> Parsed<Vec<Part<'s>>> {
    let mut parts = vec![part(input)?];
    while let Some(rest) = input.strip_prefix('.') {
        *input = rest;
        parts.push(part(input)?);
    }
    Ok(parts)
}

fn part<'s>(input: &mut &'s str) -> Parsed<Part<'s>> {
    let name = name(input)?;
    let json = json_path(input)?;
    let word = if name.quoted || !json.is_empty() { None } else { Word::of(&name.text) };
    let verb = word.map(|word| argument(word, input)).transpose()?;
    Ok(Part { name, json, verb })
}

/// A list of names, as `columns` and `on_conflict` take it.
pub(super) fn names(text: &str, what: What) -> Result<Vec<String>, SyntaxError> {
    let one = |input: &mut &str| -> Parsed<String> {
        *input = input.trim_start_matches(' ');
        let name = name(input)?;
        *input = input.trim_start_matches(' ');
        Ok(name.into())
    };
    let read = whole(text, "\",\" or end of input", |input: &mut &str| {
        let mut names = vec![one(input)?];
        while let Some(rest) = input.strip_prefix(',') {
            *input = rest;
            names.push(one(input)?);
        }
        Ok::<_, Fault>(names)
    });
    read.map_err(|fault| fault.into_error(what, "", text))
}
