//! Names of columns and relations, and ways into JSON.
//!
//! A name is written as it is when it consists of letters, digits, `_`, `$`, blanks and single dashes; any other, and
//! any that would read as a word of the grammar, stands in quotes with `\` in front of `"` and `\`.

use std::borrow::Cow;

use winnow::{
    Parser,
    ascii::{digit1, space0},
    combinator::{alt, eof, not, opt, peek, repeat},
    token::{any, one_of, take_till, take_while},
};

use super::{
    ast::{Field, JsonKey, JsonStep},
    fault::{Fault, Parsed},
    limits::Bound,
};

const NAME: &str = "field name (* or [a..z0..9_$])";
const JSON_KEY: &str = "json key or index";
const QUOTE: &str = "closing quote (\")";

/// A name as it was written.
#[derive(Debug)]
pub(super) struct Name<'s> {
    /// What it says.
    pub(super) text: Cow<'s, str>,
    /// In quotes it is never a word of the grammar.
    pub(super) quoted: bool,
}

impl Name<'_> {
    /// Whether this is a word of the grammar.
    pub(super) fn is_word(&self, word: &str) -> bool {
        !self.quoted && self.text == word
    }
}

impl From<Name<'_>> for String {
    fn from(name: Name<'_>) -> Self {
        name.text.into_owned()
    }
}

/// A name, with or without quotes.
pub(super) fn name<'s>(input: &mut &'s str) -> Parsed<Name<'s>> {
    if input.starts_with('"') {
        return Ok(Name { text: quoted(input)?, quoted: true });
    }
    let text = dashed(is_name_char).context(NAME).parse_next(input)?;
    Ok(Name { text, quoted: false })
}

/// A name and the way into its JSON.
pub(super) fn field(input: &mut &str) -> Parsed<Field> {
    Ok(Field { name: name(input)?.into(), json: json_path(input)? })
}

/// Text between quotes; `\` takes the next character as it is.
pub(super) fn quoted<'s>(input: &mut &'s str) -> Parsed<Cow<'s, str>> {
    '"'.parse_next(input)?;
    let mut text = Cow::Borrowed(take_till(0.., ['"', '\\']).parse_next(input)?);
    while any.context(QUOTE).parse_next(input)? == '\\' {
        let text = text.to_mut();
        text.push(any.context(QUOTE).parse_next(input)?);
        text.push_str(take_till(0.., ['"', '\\']).parse_next(input)?);
    }
    Ok(text)
}

/// Arrows and what they select.
pub(super) fn json_path(input: &mut &str) -> Parsed<Vec<JsonStep>> {
    let mut steps = Vec::new();
    while input.starts_with("->") {
        let as_text = alt(("->>".value(true), "->".value(false))).parse_next(input)?;
        let key = alt((json_index, json_name)).context(JSON_KEY).parse_next(input)?;
        steps.push(JsonStep { key, as_text });
        Fault::hold(Bound::JsonDepth, steps.len(), input)?;
    }
    Ok(steps)
}

/// Digits alone are an index; among other characters, or too many of them, they are a name.
fn json_index(input: &mut &str) -> Parsed<JsonKey> {
    let index = (opt('-'), digit1).take().parse_to().parse_next(input)?;
    space0.parse_next(input)?;
    peek(alt((eof.void(), "->".void(), one_of(['.', ',', ')', ':']).void()))).parse_next(input)?;
    Ok(JsonKey::Index(index))
}

fn json_name(input: &mut &str) -> Parsed<JsonKey> {
    let text = if input.starts_with('"') { quoted(input)? } else { dashed(is_json_char).parse_next(input)? };
    Ok(JsonKey::Name(text.into_owned()))
}

/// Parts joined by single dashes, blanks around each dropped; a dash in front of `>` belongs to an arrow.
fn dashed<'s>(allowed: fn(char) -> bool) -> impl Parser<&'s str, Cow<'s, str>, Fault> {
    let part = move |input: &mut &'s str| {
        take_while(1.., allowed).verify(|part: &str| !part.trim_matches(' ').is_empty()).void().parse_next(input)
    };
    (part, repeat::<_, _, (), _, _>(0.., ('-', not('>'), part))).take().map(|text: &str| {
        if text.contains(' ') {
            let parts: Vec<_> = text.split('-').map(|part| part.trim_matches(' ')).collect();
            Cow::Owned(parts.join("-"))
        } else {
            Cow::Borrowed(text)
        }
    })
}

fn is_name_char(char: char) -> bool {
    matches!(char, '_' | '$' | ' ' | '0'..='9') || char.is_alphabetic()
}

fn is_json_char(char: char) -> bool {
    !matches!(char, '(' | ')' | '-' | '>' | ':' | '.' | ',' | '"')
}

/// Words that stand for themselves only in quotes.
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(name, "not" | "and" | "or")
}

/// Whether a name needs no quotes to be read as itself; a blank does not force them, but they make it plain.
pub(super) fn is_plain(name: &str) -> bool {
    !is_reserved(name)
        && name.split('-').all(|part| !part.is_empty() && part.chars().all(|char| char != ' ' && is_name_char(char)))
}
