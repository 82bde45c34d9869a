//! Which rows come first.

use winnow::{
    Parser,
    ascii::space0,
    combinator::{alt, cut_err, delimited, opt, separated},
};

use super::{
    ast::{Direction, Field, Nulls, OrderTerm},
    error::{SyntaxError, What},
    fault::{Parsed, whole},
    names::{field, json_path, name},
};

const WORD: &str = "asc, desc, nullsfirst or nullslast";
const NULLS: &str = "nullsfirst or nullslast";
const CLOSING: &str = "\")\"";

/// The terms of `order`; at least one.
pub(super) fn order(value: &str) -> Result<Vec<OrderTerm>, SyntaxError> {
    let terms = |input: &mut &str| separated(1.., cut_err(delimited(space0, term, space0)), ',').parse_next(input);
    whole(value, "\",\" or end of input", terms).map_err(|fault| fault.into_error(What::Order, "", value))
}

fn term(input: &mut &str) -> Parsed<OrderTerm> {
    let name = name(input)?;
    let (relation, field) = if let Some(rest) = input.strip_prefix('(') {
        *input = rest;
        let field = field(input)?;
        ')'.context(CLOSING).parse_next(input)?;
        (Some(name.into()), field)
    } else {
        (None, Field { name: name.into(), json: json_path(input)? })
    };
    let mut term = OrderTerm { relation, field, direction: None, nulls: None };
    if let Some(rest) = input.strip_prefix('.') {
        *input = rest;
        let direction = alt(("asc".value(Direction::Asc), "desc".value(Direction::Desc)));
        term.direction = opt(direction).parse_next(input)?;
        if term.direction.is_none() {
            term.nulls = Some(nulls.context(WORD).parse_next(input)?);
        } else if let Some(rest) = input.strip_prefix('.') {
            *input = rest;
            term.nulls = Some(nulls.context(NULLS).parse_next(input)?);
        }
    }
    Ok(term)
}

fn nulls(input: &mut &str) -> Parsed<Nulls> {
    alt(("nullsfirst".value(Nulls::First), "nullslast".value(Nulls::Last))).parse_next(input)
}
