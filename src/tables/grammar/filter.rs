//! Filters: a column compared with something, in either spelling.
//!
//! `status.not.eq=x`, `status.not=eq.x` and `status=not.eq.x` are one filter: the operator is the last word of the key
//! when the key ends in one, and the first word of the value otherwise.

use winnow::{Parser, combinator::opt};

use super::{
    ast::{Comparison, Condition, Operation, Placed},
    error::{SyntaxError, What, clipped},
    fault::{Fault, Parsed, whole},
    keys::{PARAMETERS, Target},
    operand::{Place, operand},
    words::{NOT_OR_OPERATOR, OPERATOR, nearest, nearest_of, verb},
};

/// What is expected behind an operator's word.
const DELIMITER: &str = "delimiter (.)";

/// `[not.]operator.operand`, and whether it is negated.
pub(super) fn expression(place: Place, input: &mut &str) -> Parsed<(bool, Operation)> {
    let negated = opt("not.").parse_next(input)?.is_some();
    let verb = verb(input).map_err(|mut fault| {
        if fault.expecting == OPERATOR && !negated {
            fault.expecting = NOT_OR_OPERATOR;
        }
        fault
    })?;
    '.'.context(DELIMITER).parse_next(input)?;
    Ok((negated, operand(verb, place, input)?))
}

/// A filter from the two sides of its `=`.
pub(super) fn filter(key: &str, target: Target, value: &str) -> Result<Placed<Condition>, SyntaxError> {
    let Target { path, field, negated, verb } = target;
    let read = whole(value, "end of input", |input: &mut &str| match &verb {
        Some(verb) => Ok((negated, operand(verb.clone(), Place::Whole, input)?)),
        None => {
            let before = *input;
            let (again, operation) = expression(Place::Whole, input)?;
            if negated && again { Err(Fault::here(before, OPERATOR)) } else { Ok((negated || again, operation)) }
        }
    });
    let (negated, operation) = read.map_err(|fault| refusal(key, value, fault))?;
    Ok(Placed { path, value: Condition::Compare(Comparison { field, negated, operation }) })
}

fn refusal(key: &str, value: &str, fault: Fault) -> SyntaxError {
    let mut error = fault.into_error(What::Filter, "", value);
    if matches!(fault.expecting, OPERATOR | NOT_OR_OPERATOR) {
        error.hint = Some(operator_hint(key, value, &fault));
    } else if let Some(details) = &mut error.details {
        details.push_str(&format!(" in the value of \"{}\"", clipped(key)));
    }
    error
}

/// What to write instead of a value that does not begin with an operator.
fn operator_hint(key: &str, value: &str, fault: &Fault) -> String {
    if let Some(known) = misspelt(&value[fault.offset(value)..]) {
        return format!("Perhaps you meant the operator \"{known}\"");
    }
    let (column, last) = key.rsplit_once('.').unwrap_or((key, ""));
    if last == "not" || value.starts_with("not.") {
        let column = if last == "not" { column } else { key };
        return format!("Negated, a filter is written {}.not.eq=value", clipped(column));
    }
    if let Some(known) = nearest(last) {
        return format!("Perhaps you meant {}.{known}", clipped(column));
    }
    if let Some(known) = nearest_of(key, PARAMETERS) {
        return format!("Perhaps you meant the parameter \"{known}\"");
    }
    let (key, value) = (clipped(key), clipped(value));
    format!("A filter names its operator: {key}.eq={value}, or {key}=eq.{value}")
}

/// The operator that was meant by the first word of a text, when it stands where an operator would.
pub(super) fn misspelt(text: &str) -> Option<&'static str> {
    let (word, _) = text.split_once(['.', '('])?;
    nearest(word)
}
