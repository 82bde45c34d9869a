//! Conditions joined by `and` and `or`.
//!
//! Blanks are free around parentheses and commas; behind an unquoted value they belong to it, because a value may end
//! in one. One `)` too many at the very end is forgiven: real URLs contain it.

use std::cell::Cell;

use winnow::{
    Parser,
    ascii::space0,
    combinator::{alt, cut_err, opt, peek, separated},
};

use super::{
    ast::{Comparison, Condition, Field, Join},
    error::{SyntaxError, What},
    fault::{Fault, Parsed, whole},
    filter::{expression, misspelt},
    limits::Bound,
    names::{is_reserved, json_path, name},
    operand::Place,
    words::{NOT_OR_OPERATOR, OPERATOR},
};

const NODE: &str = "field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)";
const OPENING: &str = "\"(\"";
const CLOSING: &str = "\",\" or \")\"";
const DELIMITER: &str = "delimiter (.)";

/// The conditions of `and=`, `or=` and their negations.
pub(super) fn tree(negated: bool, join: Join, value: &str) -> Result<Condition, SyntaxError> {
    let read = whole(value, "end of input", |input: &mut &str| {
        space0.parse_next(input)?;
        let of = group(1, &Cell::new(0), input)?;
        (opt(')'), space0).void().parse_next(input)?;
        Ok(Condition::Logic { negated, join, of })
    });
    read.map_err(|fault| {
        // Columns are counted from the operator on, as the dialect does.
        let before = [if negated { "not." } else { "" }, join.word()].concat();
        let at_operator = matches!(fault.expecting, OPERATOR | NOT_OR_OPERATOR);
        let meant = if at_operator { misspelt(&value[fault.offset(value)..]) } else { None };
        let hint = meant.map(|known| format!("Perhaps you meant the operator \"{known}\""));
        fault.into_error(What::Logic, &before, value).with_hint(hint)
    })
}

/// Leaves are counted while they are read, so that a long text cannot make reading long.
fn group(depth: usize, leaves: &Cell<usize>, input: &mut &str) -> Parsed<Vec<Condition>> {
    Fault::hold(Bound::LogicDepth, depth, input)?;
    ('('.context(OPENING), space0).void().parse_next(input)?;
    let node = |input: &mut &str| node(depth, leaves, input);
    let of = separated(1.., cut_err(node), (space0, ',', space0)).parse_next(input)?;
    (space0, ')'.context(CLOSING), space0).void().parse_next(input)?;
    Ok(of)
}

fn node(depth: usize, leaves: &Cell<usize>, input: &mut &str) -> Parsed<Condition> {
    if let Some((negated, join)) = opt(head).parse_next(input)? {
        return Ok(Condition::Logic { negated, join, of: group(depth + 1, leaves, input)? });
    }
    leaves.set(leaves.get() + 1);
    Fault::hold(Bound::Filters, leaves.get(), input)?;
    leaf(input)
}

/// `and`, `or`, `not.and`, `not.or`, when parentheses follow.
fn head(input: &mut &str) -> Parsed<(bool, Join)> {
    let join = alt(("and".value(Join::And), "or".value(Join::Or)));
    let (negated, join, _, _) = (opt("not."), join, space0, peek('(')).parse_next(input)?;
    Ok((negated.is_some(), join))
}

fn leaf(input: &mut &str) -> Parsed<Condition> {
    let before = *input;
    let name =
        name(input).map_err(|fault| if fault.offset(before) == 0 { Fault::here(before, NODE) } else { fault })?;
    if !name.quoted && is_reserved(&name.text) {
        return Err(Fault::here(before, NODE));
    }
    let field = Field { name: name.into(), json: json_path(input)? };
    '.'.context(DELIMITER).parse_next(input)?;
    let (negated, operation) = expression(Place::Leaf, input)?;
    Ok(Condition::Compare(Comparison { field, negated, operation }))
}

impl Join {
    /// The operator as it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
        }
    }
}
