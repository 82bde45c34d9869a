//! Fields: a column, or a place inside a JSON column, as an expression with a type.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func};

use super::super::{
    grammar::ast::{Field, JsonKey, JsonStep},
    kind::Kind,
    registry::nearest,
    table::{Column, Table},
};
use crate::error::ApiError;

/// An expression of a known type.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    /// The expression.
    pub(super) expr: Expr,
    /// Its type.
    pub(super) kind: Kind,
    /// Whether it may be null.
    pub(super) nullable: bool,
}

/// The column of a name.
///
/// # Errors
///
/// `42703` with the nearest name.
pub(super) fn column<'t>(table: &'t Table, name: &str) -> Result<&'t Column, ApiError> {
    table.column(name).ok_or_else(|| {
        let plain: String = name.chars().take(100).filter(|c| !c.is_control()).collect();
        let error = ApiError::bad_request(format!("column {}.{plain} does not exist", table.name)).with_code("42703");
        match nearest(name, table.visible().map(|column| column.name)) {
            Some(near) => {
                error.with_hint(format!("Perhaps you meant to reference the column \"{}.{near}\".", table.name))
            }
            None => error,
        }
    })
}

/// The field of a table that stands in a statement under an alias.
pub(super) fn typed(table: &Table, alias: &str, field: &Field) -> Result<Typed, ApiError> {
    let column = column(table, &field.name)?;
    let expr = Expr::col((Alias::new(alias), Alias::new(column.name)));
    if field.json.is_empty() {
        return Ok(Typed { expr, kind: column.kind, nullable: column.nullable });
    }
    let (mut expr, json) = match column.kind {
        Kind::Json | Kind::JsonText => (expr, column.kind),
        _ => (Func::cust("to_jsonb").arg(expr).into(), Kind::Json),
    };
    let mut kind = json;
    for step in &field.json {
        if kind == Kind::Text {
            return Err(ApiError::bad_request("operator does not exist: text -> unknown")
                .with_code("42883")
                .with_hint("'->>' makes text, which has no members; use '->' for all arrows but the last"));
        }
        expr = descend(expr, step);
        kind = if step.as_text { Kind::Text } else { json };
    }
    Ok(Typed { expr, kind, nullable: true })
}

fn descend(expr: Expr, step: &JsonStep) -> Expr {
    let operator = match step.as_text {
        true => sea_orm::sea_query::BinOper::Custom("->>"),
        false => sea_orm::sea_query::BinOper::Custom("->"),
    };
    match &step.key {
        JsonKey::Name(name) => expr.binary(operator, bound(name.clone(), Kind::Text)),
        JsonKey::Index(index) => expr.binary(operator, Expr::cust(index.to_string())),
    }
}

/// A value that travels as a parameter and is of a kind.
pub(super) fn bound(text: String, kind: Kind) -> Expr {
    Expr::val(text).cast_as(kind.sql())
}

/// An array of values of a kind that travels as one parameter.
pub(super) fn bound_array(literal: String, kind: Kind) -> Expr {
    Expr::val(literal).cast_as(format!("{}[]", kind.sql()))
}
