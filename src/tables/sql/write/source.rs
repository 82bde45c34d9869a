//! Many rows as one parameter: a JSON array of arrays of texts, so that a statement's text does not depend on how many
//! there are. `null` is null, `true` stands for a value that was not given.

use sea_orm::sea_query::{Alias, BinOper, Expr, ExprTrait, Func, FunctionCall};
use serde_json::Value;

use super::super::super::{
    body::{Cell, Payload},
    kind::Kind,
};

/// The name of a row of the source in the statement.
pub(super) const GIVEN: &str = "given";

/// The rows of a payload as a function that gives them.
pub(super) fn function(payload: &Payload<'_>) -> FunctionCall {
    let rows: Vec<Vec<Value>> = payload.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let json = serde_json::to_string(&rows).expect("texts and nulls always serialise");
    Func::cust("json_array_elements").arg(Expr::val(json).cast_as("json"))
}

fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Literal(Some(text)) => Value::String(text.clone()),
        Cell::Literal(None) => Value::Null,
        Cell::Absent => Value::Bool(true),
    }
}

/// The value of a row's cell.
pub(super) fn value(index: usize, kind: Kind) -> Expr {
    given().binary(BinOper::Custom("->>"), Expr::cust(index.to_string())).cast_as(kind.sql())
}

/// The value of a row's cell, or another where it was not given.
pub(super) fn value_or(index: usize, kind: Kind, other: Expr) -> Expr {
    let cell = given().binary(BinOper::Custom("->"), Expr::cust(index.to_string()));
    let absent = Expr::from(Func::cust("json_typeof").arg(cell)).eq(Expr::cust("'boolean'"));
    sea_orm::sea_query::CaseStatement::new().case(absent, other).finally(value(index, kind)).into()
}

fn given() -> Expr {
    Expr::col((Alias::new(GIVEN), Alias::new("value")))
}
