//! Operators and their operands: which types know which operator, and values judged by type before any SQL is made.

use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Func};

use super::{
    super::{
        grammar::ast::{Is, Operation, Operator, Quantifier, SearchKind},
        kind::Kind,
        values,
    },
    field::{Typed, bound, bound_array},
};
use crate::error::ApiError;

/// The condition that an operation makes of a field; `name` is how the caller called the field.
pub(super) fn condition(field: Typed, name: &str, operation: &Operation) -> Result<Expr, ApiError> {
    match operation {
        Operation::Binary { operator, value } => binary(field, name, *operator, value),
        Operation::Quantified { operator, quantifier, value } => quantified(field, name, *operator, *quantifier, value),
        Operation::In(values) => one_of(field, name, values),
        Operation::Is(is) => is_(field, *is),
        Operation::Search { kind, config, value } => search(field, *kind, config.as_deref(), value),
    }
}

/// An operation on what is stored composed; `None` where composing changes nothing.
pub(super) fn composed(operation: &Operation) -> Option<Operation> {
    let is_plain = match operation {
        Operation::Binary { value, .. } | Operation::Quantified { value, .. } | Operation::Search { value, .. } => {
            value.is_ascii()
        }
        Operation::In(values) => values.iter().all(|value| value.is_ascii()),
        Operation::Is(_) => true,
    };
    if is_plain {
        return None;
    }
    let mut composed = operation.clone();
    let compose = |value: &mut String| *value = values::composed(value).into_owned();
    match &mut composed {
        Operation::Binary { value, .. } | Operation::Quantified { value, .. } | Operation::Search { value, .. } => {
            compose(value);
        }
        Operation::In(values) => values.iter_mut().for_each(compose),
        Operation::Is(_) => {}
    }
    Some(composed)
}

fn binary(field: Typed, name: &str, operator: Operator, value: &str) -> Result<Expr, ApiError> {
    require(operator, field.kind)?;
    let literal = match operator {
        Operator::Like | Operator::Ilike => value.replace('*', "%"),
        _ => literal(field.kind, name, value)?,
    };
    let value = bound(literal, field.kind);
    Ok(field.expr.binary(sql(operator), value))
}

fn quantified(
    field: Typed,
    name: &str,
    operator: Operator,
    quantifier: Quantifier,
    value: &str,
) -> Result<Expr, ApiError> {
    require(operator, field.kind)?;
    let mut elements = elements(field.kind, name, value)?;
    if matches!(operator, Operator::Like | Operator::Ilike) {
        elements.iter_mut().flatten().for_each(|pattern| *pattern = pattern.replace('*', "%"));
    }
    let array = bound_array(values::array_literal(&elements), field.kind);
    let function = match quantifier {
        Quantifier::Any => "ANY",
        Quantifier::All => "ALL",
    };
    Ok(field.expr.binary(sql(operator), Func::cust(function).arg(array)))
}

fn one_of(field: Typed, name: &str, list: &[String]) -> Result<Expr, ApiError> {
    require_scalar(field.kind, "in")?;
    let elements = list.iter().map(|value| literal(field.kind, name, value).map(Some));
    let array = values::array_literal(&elements.collect::<Result<Vec<_>, _>>()?);
    Ok(field.expr.binary(BinOper::Equal, Func::cust("ANY").arg(bound_array(array, field.kind))))
}

fn is_(field: Typed, is: Is) -> Result<Expr, ApiError> {
    let word = match is {
        Is::Null => return Ok(field.expr.is_null()),
        Is::NotNull => return Ok(field.expr.is_not_null()),
        Is::True => "TRUE",
        Is::False => "FALSE",
        Is::Unknown => "UNKNOWN",
    };
    if field.kind != Kind::Boolean {
        let kind = field.kind.display();
        return Err(ApiError::bad_request(format!("argument of IS {word} must be type boolean, not type {kind}"))
            .with_code("42804"));
    }
    // As a right operand the word would stand in parentheses, where Postgres takes none.
    Ok(Expr::cust_with_expr(format!("($1) IS {word}"), field.expr))
}

fn search(field: Typed, kind: SearchKind, config: Option<&str>, words: &str) -> Result<Expr, ApiError> {
    if !matches!(field.kind, Kind::Text | Kind::Json | Kind::JsonText) {
        return Err(unknown_operator("@@", field.kind));
    }
    let function = match kind {
        SearchKind::Query => "to_tsquery",
        SearchKind::Plain => "plainto_tsquery",
        SearchKind::Phrase => "phraseto_tsquery",
        SearchKind::Web => "websearch_to_tsquery",
    };
    let config = || config.map(|config| Expr::val(config.to_owned()).cast_as("regconfig"));
    let document = Func::cust("to_tsvector").args(config().into_iter().chain([field.expr]));
    let query = Func::cust(function).args(config().into_iter().chain([bound(words.to_owned(), Kind::Text)]));
    Ok(Expr::from(document).binary(BinOper::Custom("@@"), query))
}

/// A value of a column, in the form that Postgres reads.
pub(super) fn literal(kind: Kind, name: &str, value: &str) -> Result<String, ApiError> {
    match values::literal(kind, value) {
        Ok(literal) => Ok(literal.into_owned()),
        Err(bad) => Err(bad.into_error(name, kind, value)),
    }
}

fn elements(kind: Kind, name: &str, value: &str) -> Result<Vec<Option<String>>, ApiError> {
    values::array_elements(kind, value).map_err(|bad| bad.into_error(name, kind, value))
}

/// The operator in SQL.
fn sql(operator: Operator) -> BinOper {
    match operator {
        Operator::Eq => BinOper::Equal,
        Operator::Neq => BinOper::NotEqual,
        Operator::Gt => BinOper::GreaterThan,
        Operator::Gte => BinOper::GreaterThanOrEqual,
        Operator::Lt => BinOper::SmallerThan,
        Operator::Lte => BinOper::SmallerThanOrEqual,
        other => BinOper::Custom(match other {
            Operator::Like => "LIKE",
            Operator::Ilike => "ILIKE",
            Operator::Match => "~",
            Operator::Imatch => "~*",
            Operator::IsDistinct => "IS DISTINCT FROM",
            Operator::Contains => "@>",
            Operator::ContainedBy => "<@",
            Operator::Overlaps => "&&",
            Operator::StrictlyLeft => "<<",
            Operator::StrictlyRight => ">>",
            Operator::NotLeft => "&>",
            Operator::NotRight => "&<",
            _ => "-|-",
        }),
    }
}

/// Refuses an operator that the type does not know, before Postgres does.
fn require(operator: Operator, kind: Kind) -> Result<(), ApiError> {
    use Operator::{
        Adjacent, ContainedBy, Contains, Eq, Gt, Gte, Ilike, Imatch, IsDistinct, Like, Lt, Lte, Match, Neq, NotLeft,
        NotRight, Overlaps, StrictlyLeft, StrictlyRight,
    };
    let array = matches!(kind, Kind::TextArray | Kind::IntegerArray);
    let known = match operator {
        Eq | Neq | Gt | Gte | Lt | Lte | IsDistinct => kind != Kind::JsonText,
        Like | Ilike | Match | Imatch => kind == Kind::Text,
        Contains | ContainedBy => array || kind == Kind::Json,
        Overlaps => array,
        // These compare ranges, and no column is one.
        StrictlyLeft | StrictlyRight | NotLeft | NotRight | Adjacent => false,
    };
    let symbol = match sql(operator) {
        BinOper::Custom("LIKE") => "~~",
        BinOper::Custom("ILIKE") => "~~*",
        BinOper::Custom(symbol) => symbol,
        _ => "=",
    };
    if known { Ok(()) } else { Err(unknown_operator(symbol, kind)) }
}

fn require_scalar(kind: Kind, word: &str) -> Result<(), ApiError> {
    match kind {
        Kind::TextArray | Kind::IntegerArray | Kind::JsonText => Err(unknown_operator(word, kind)),
        _ => Ok(()),
    }
}

fn unknown_operator(symbol: &str, kind: Kind) -> ApiError {
    ApiError::bad_request(format!("operator does not exist: {} {symbol} unknown", kind.display()))
        .with_code("42883")
        .with_hint("No operator matches the given name and argument types.")
}
