//! What stands behind an operator.
//!
//! At the end of a parameter a value is everything that is left, so nothing in it needs quotes. Inside of parentheses
//! it ends at `,` or `)`, so a value that contains them stands in quotes (or is an array or object in braces). Quotes
//! that do not enclose the whole of a value are part of it, as clients send them.

use winnow::{
    Parser,
    ascii::space0,
    combinator::{alt, delimited, peek, separated, terminated},
    token::{any, one_of, rest, take_till},
};

use super::{
    ast::{Is, Operation, Operator},
    fault::{Fault, Parsed},
    limits::Bound,
    names::quoted,
    words::Verb,
};

const IS: &str = "isVal: (null, not_null, true, false, unknown)";
const OPENING: &str = "\"(\"";
const CLOSING: &str = "\",\" or \")\"";

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the end of a parameter.
    Whole,
    /// Inside of parentheses.
    Leaf,
}

/// The operand of an operator.
pub(super) fn operand(verb: Verb, place: Place, input: &mut &str) -> Parsed<Operation> {
    match verb {
        Verb::Binary(operator) => {
            let before = *input;
            let value = text(place, input)?;
            if operator.is_pattern() {
                hold_pattern(&value, before)?;
            }
            Ok(Operation::Binary { operator, value })
        }
        Verb::Quantified(operator, quantifier) => {
            let before = *input;
            let value = text(place, input)?;
            hold_elements(operator, &value, before)?;
            Ok(Operation::Quantified { operator, quantifier, value })
        }
        Verb::In => list.map(Operation::In).parse_next(input),
        Verb::Is => is(place).map(Operation::Is).parse_next(input),
        Verb::Search(kind, config) => Ok(Operation::Search { kind, config, value: text(place, input)? }),
    }
}

fn text(place: Place, input: &mut &str) -> Parsed<String> {
    let before = *input;
    let value: String = match place {
        Place::Whole => rest.parse_next(input)?.to_owned(),
        Place::Leaf => {
            let enclosed = alt((quoted, braces.map(Into::into)));
            alt((terminated(enclosed, (space0, peek(end))), raw.map(Into::into))).parse_next(input)?.into_owned()
        }
    };
    Fault::hold(Bound::ValueBytes, value.len(), before)?;
    Ok(value)
}

fn raw<'s>(input: &mut &'s str) -> Parsed<&'s str> {
    take_till(0.., [',', ')']).parse_next(input)
}

fn end(input: &mut &str) -> Parsed<char> {
    one_of([',', ')']).parse_next(input)
}

/// An array or object literal: braces in pairs, those inside of quotes not counted.
pub(super) fn braces<'s>(input: &mut &'s str) -> Parsed<&'s str> {
    let literal = |input: &mut &'s str| {
        let before = *input;
        let mut depth = 0_usize;
        loop {
            match peek(any).parse_next(input)? {
                '"' => quoted.void().parse_next(input)?,
                char => {
                    any.void().parse_next(input)?;
                    match char {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => (),
                    }
                }
            }
            Fault::hold(Bound::ValueBytes, before.len() - input.len(), before)?;
            if depth == 0 {
                return Ok(());
            }
        }
    };
    (peek('{'), literal).take().parse_next(input)
}

/// `(a,"b,c")`; blanks around quotes are free, others belong to their element.
fn list(input: &mut &str) -> Parsed<Vec<String>> {
    (space0, '('.context(OPENING), space0).void().parse_next(input)?;
    if let Some(rest) = input.strip_prefix(')') {
        *input = rest.trim_start_matches([' ', '\t']);
        return Ok(Vec::new());
    }
    let before = *input;
    let quoted = delimited(space0, quoted, (space0, peek(end)));
    let element = alt((quoted, raw.map(Into::into))).map(|element| element.into_owned());
    let elements: Vec<String> = separated(1.., element, ',').parse_next(input)?;
    (')'.context(CLOSING), space0).void().parse_next(input)?;
    Fault::hold(Bound::ListItems, elements.len(), before)?;
    for element in &elements {
        Fault::hold(Bound::ValueBytes, element.len(), before)?;
    }
    Ok(elements)
}

fn is<'s>(place: Place) -> impl Parser<&'s str, Is, Fault> {
    move |input: &mut &'s str| {
        let before = *input;
        let word = match place {
            Place::Whole => rest.parse_next(input)?,
            Place::Leaf => raw(input)?,
        };
        let word = word.trim_end_matches([' ', '\t']);
        let known = Is::ALL.into_iter().find(|known| known.word().eq_ignore_ascii_case(word));
        known.ok_or_else(|| Fault::here(before, IS))
    }
}

fn hold_pattern(pattern: &str, input: &str) -> Parsed<()> {
    Fault::hold(Bound::PatternChars, pattern.chars().count(), input)?;
    let mut runs = 0;
    let mut in_run = false;
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        let wild = matches!(char, '*' | '%');
        runs += usize::from(wild && !in_run);
        in_run = wild;
        if char == '\\' {
            chars.next();
        }
    }
    Fault::hold(Bound::PatternWildcards, runs, input)
}

/// The bounds of lists and patterns, for the elements of an array literal; whether it is a good one is asked later.
fn hold_elements(operator: Operator, literal: &str, input: &str) -> Parsed<()> {
    let mut rest = literal;
    let mut quotes_end = true;
    for count in 1.. {
        let before = rest;
        while let Some(char) = rest.chars().next().filter(|char| *char != ',') {
            // A quote that never ends makes the literal a bad one; looking for its end again and again takes long.
            if char == '"' && quotes_end {
                let mut behind = rest;
                quotes_end = quoted(&mut behind).is_ok();
                rest = if quotes_end { behind } else { &rest[1..] };
            } else {
                rest = &rest[char.len_utf8()..];
            }
        }
        if operator.is_pattern() {
            hold_pattern(&before[..before.len() - rest.len()], input)?;
        }
        Fault::hold(Bound::ListItems, count, input)?;
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => break,
        }
    }
    Ok(())
}
