//! What a row shows: the items of `select` as expressions with names.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, SelectStatement};

use super::{
    super::{
        grammar::ast::{Aggregate, Field, FieldItem, Function, Item, JsonKey},
        kind::Kind,
    },
    field::{self, Typed},
    level::Level,
};
use crate::error::ApiError;

/// One value of a row.
#[derive(Debug, Clone)]
pub(super) struct Output {
    /// Its key in the answer.
    pub(super) name: String,
    /// What it is.
    pub(super) expr: Expr,
    /// The column that it shows as it is.
    pub(super) column: Option<&'static str>,
    /// Whether it is JSON made by Postgres, which cannot be grouped by.
    is_json: bool,
    is_aggregate: bool,
}

impl Output {
    pub(super) fn new(name: &str, expr: Expr) -> Self {
        Self { name: name.to_owned(), expr, column: None, is_json: false, is_aggregate: false }
    }

    /// The same value, read from elsewhere.
    pub(super) fn at(&self, expr: Expr) -> Self {
        Self { expr, ..self.clone() }
    }

    pub(super) fn json(mut self) -> Self {
        self.is_json = true;
        self
    }
}

/// The types that a value may be cast to, as callers and as Postgres call them.
const CASTS: &[(&str, &str)] = &[
    ("bigint", "bigint"),
    ("bool", "boolean"),
    ("boolean", "boolean"),
    ("date", "date"),
    ("decimal", "numeric"),
    ("double precision", "double precision"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("inet", "inet"),
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("integer", "integer"),
    ("json", "json"),
    ("jsonb", "jsonb"),
    ("numeric", "numeric"),
    ("real", "real"),
    ("smallint", "smallint"),
    ("text", "text"),
    ("time", "time"),
    ("timestamp", "timestamp"),
    ("timestamp with time zone", "timestamptz"),
    ("timestamptz", "timestamptz"),
    ("uuid", "uuid"),
    ("varchar", "varchar"),
];

impl Level<'_> {
    /// Whether rows are groups.
    pub(super) fn is_aggregated(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Field(FieldItem { aggregate: Some(_), .. })))
    }

    /// Adds all outputs of this level to a select of its rows.
    pub(super) fn show(&self, select: &mut SelectStatement) -> Result<Vec<Output>, ApiError> {
        let outputs = self.outputs(select)?;
        let grouped = self.is_aggregated();
        for (index, output) in outputs.iter().enumerate() {
            let expr = match grouped && output.is_json {
                // JSON knows no equality, its binary form does.
                true => output.expr.clone().cast_as("jsonb"),
                false => output.expr.clone(),
            };
            select.expr_as(expr, Alias::new(&*output.name));
            if grouped && !output.is_aggregate {
                select.add_group_by([Expr::cust((index + 1).to_string())]);
            }
        }
        Ok(outputs)
    }

    /// All outputs of this level; relations are joined to a select of its rows.
    pub(super) fn outputs(&self, select: &mut SelectStatement) -> Result<Vec<Output>, ApiError> {
        let mut outputs = Vec::new();
        let mut children = self.children.iter();
        if self.items.is_empty() {
            self.all(&mut outputs);
        }
        for item in self.items {
            match item {
                Item::All => self.all(&mut outputs),
                Item::Field(item) => outputs.push(self.item(item)?),
                Item::Embed(_) => {
                    let child = children.next().expect("each relation in select has its level, in the same order");
                    outputs.extend(self.join(select, child)?);
                }
            }
        }
        Ok(outputs)
    }

    fn all(&self, outputs: &mut Vec<Output>) {
        outputs.extend(self.table.visible().map(|column| Output {
            column: Some(column.name),
            is_json: column.kind == Kind::JsonText,
            ..Output::new(column.name, self.zoned(self.own(column.name), Some(column.kind)))
        }));
    }

    /// An instant is written by Postgres where the caller asked for a time zone: on the wire it has none.
    fn zoned(&self, expr: Expr, kind: Option<Kind>) -> Expr {
        match self.in_zone && kind == Some(Kind::Timestamp) {
            true => Func::cust("to_json").arg(expr).into(),
            false => expr,
        }
    }

    fn item(&self, item: &FieldItem) -> Result<Output, ApiError> {
        let Some(field) = &item.field else {
            let aggregate = item.aggregate.as_ref();
            let cast = aggregate.and_then(|aggregate| aggregate.cast.as_deref());
            let count = cast_as(Func::count(Expr::cust("*")).into(), cast)?;
            let name = item.alias.as_deref().unwrap_or("count");
            return Ok(Output { is_aggregate: true, ..Output::new(name, count) });
        };
        let typed = field::typed(self.table, &self.alias, field)?;
        let plain = item.alias.is_none() && item.cast.is_none() && field.json.is_empty();
        let column = self.table.column(&field.name).filter(|_| plain || (item.cast.is_none() && field.json.is_empty()));
        let kind = item.cast.is_none().then_some(typed.kind);
        let Typed { expr, .. } = typed;
        let expr = cast_as(expr, item.cast.as_deref())?;
        match &item.aggregate {
            None => {
                let name = item.alias.clone().unwrap_or_else(|| output_name(field));
                let expr = self.zoned(expr, kind);
                let is_json = kind == Some(Kind::JsonText);
                Ok(Output { column: column.map(|column| column.name), is_json, ..Output::new(&name, expr) })
            }
            Some(aggregate) => {
                let name = item.alias.as_deref().unwrap_or_else(|| word(aggregate.function));
                let expr = cast_as(self.aggregate(aggregate, expr, kind)?, aggregate.cast.as_deref())?;
                Ok(Output { is_aggregate: true, ..Output::new(name, expr) })
            }
        }
    }

    fn aggregate(&self, aggregate: &Aggregate, expr: Expr, kind: Option<Kind>) -> Result<Expr, ApiError> {
        let number =
            |kind| matches!(kind, Kind::SmallInt | Kind::Integer | Kind::BigInt | Kind::Numeric | Kind::Double);
        let ordered = |kind| {
            number(kind)
                || matches!(
                    kind,
                    Kind::Text | Kind::Timestamp | Kind::Date | Kind::Inet | Kind::TextArray | Kind::IntegerArray
                )
        };
        let known = match (aggregate.function, kind) {
            (Function::Count, _) | (_, None) => true,
            (Function::Sum | Function::Avg, Some(kind)) => number(kind),
            (Function::Min | Function::Max, Some(kind)) => ordered(kind),
        };
        if !known {
            let (function, kind) = (word(aggregate.function), kind.map_or("unknown", Kind::display));
            return Err(ApiError::bad_request(format!("function {function}({kind}) does not exist"))
                .with_code("42883")
                .with_hint("No function matches the given name and argument types."));
        }
        Ok(match aggregate.function {
            Function::Count => Func::count(expr),
            Function::Sum => Func::sum(expr),
            Function::Avg => Func::avg(expr),
            Function::Min => Func::min(expr),
            Function::Max => Func::max(expr),
        }
        .into())
    }
}

fn word(function: Function) -> &'static str {
    match function {
        Function::Count => "count",
        Function::Sum => "sum",
        Function::Avg => "avg",
        Function::Min => "min",
        Function::Max => "max",
    }
}

/// The key of a field: its column, or the last member of its path.
pub(super) fn output_name(field: &Field) -> String {
    let named = field.json.iter().rev().find_map(|step| match &step.key {
        JsonKey::Name(name) => Some(name.clone()),
        JsonKey::Index(_) => None,
    });
    named.unwrap_or_else(|| field.name.clone())
}

fn cast_as(expr: Expr, cast: Option<&str>) -> Result<Expr, ApiError> {
    let Some(cast) = cast else { return Ok(expr) };
    let wanted = cast.trim().to_ascii_lowercase();
    match CASTS.iter().find(|(name, _)| *name == wanted) {
        Some((_, sql)) => Ok(expr.cast_as(*sql)),
        None => {
            let names: Vec<&str> = CASTS.iter().map(|(name, _)| *name).collect();
            Err(ApiError::bad_request(format!("type {} does not exist", crate::input::shown(cast)))
                .with_code("42704")
                .with_hint(format!("A value can be cast to {}", names.join(", "))))
        }
    }
}

/// The error for what this dialect names and this server does not do.
pub(super) fn feature_missing(details: &str) -> ApiError {
    ApiError::bad_request("Feature not implemented").with_code("PGRST127").with_details(details)
}
