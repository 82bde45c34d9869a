//! Orders: by columns, places in JSON, and columns of relations to one row.

use sea_orm::sea_query::{Expr, NullOrdering, Order, SelectStatement};

use super::{
    super::{
        grammar::ast::{Direction, Nulls, OrderTerm},
        kind::Kind,
        relation::Cardinality,
    },
    field::{self, Typed},
    level::{Level, not_embedded},
};
use crate::error::ApiError;

/// One thing that rows are sorted by.
#[derive(Debug, Clone)]
pub(super) struct SortKey {
    pub(super) typed: Typed,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
    /// Whether the caller said where nulls stand; the index knows only Postgres' own place for them.
    said_nulls: bool,
    /// The column, where it is one.
    pub(super) column: Option<&'static str>,
}

impl SortKey {
    /// A column of a level's table that is never null.
    pub(super) fn own(level: &Level<'_>, column: &super::super::table::Column, descending: bool) -> Self {
        let typed = Typed { expr: level.own(column.name), kind: column.kind, nullable: column.nullable };
        Self { typed, descending, nulls_first: descending, said_nulls: false, column: Some(column.name) }
    }
}

impl Level<'_> {
    /// The sort keys that the query names.
    pub(super) fn sort_keys(&self) -> Result<Vec<SortKey>, ApiError> {
        self.order.iter().map(|term| self.sort_key(term)).collect()
    }

    fn sort_key(&self, term: &OrderTerm) -> Result<SortKey, ApiError> {
        let descending = term.direction == Some(Direction::Desc);
        let nulls_first = term.nulls.map_or(descending, |nulls| nulls == Nulls::First);
        let said_nulls = term.nulls.is_some();
        let Some(relation) = &term.relation else {
            let typed = sortable(field::typed(self.table, &self.alias, &term.field)?)?;
            let column = self.table.column(&term.field.name).filter(|_| term.field.json.is_empty());
            let column = column.map(|column| column.name);
            return Ok(SortKey { typed, descending, nulls_first, said_nulls, column });
        };
        let child = self.child(relation).ok_or_else(|| not_embedded(relation))?;
        if child.relation.cardinality != Cardinality::ToOne {
            return Err(ApiError::bad_request(format!("A related order on '{relation}' is not possible"))
                .with_code("PGRST118")
                .with_details(format!(
                    "'{}' and '{relation}' do not form a many-to-one or one-to-one relationship",
                    self.table.name
                )));
        }
        let typed = sortable(field::typed(child.level.table, &child.level.alias, &term.field)?)?;
        // Groups have no row of their own to look the value up for; a value that was laid into them is theirs.
        let laid = if self.is_aggregated() { child.spread_value(&term.field) } else { None };
        let expr = match laid {
            Some(value) => value,
            None => self.related_value(child, typed.expr)?,
        };
        let typed = Typed { expr, kind: typed.kind, nullable: true };
        Ok(SortKey { typed, descending, nulls_first, said_nulls, column: None })
    }

    /// Sorts by what the query names.
    pub(super) fn sort(&self, select: &mut SelectStatement) -> Result<(), ApiError> {
        sort_by(select, &self.sort_keys()?);
        Ok(())
    }
}

/// Refuses what has no order, before Postgres does.
fn sortable(typed: Typed) -> Result<Typed, ApiError> {
    match typed.kind {
        Kind::JsonText => Err(ApiError::bad_request("could not identify an ordering operator for type json")
            .with_code("42883")
            .with_hint("Sort by a text inside it, which '->>' takes out.")),
        _ => Ok(typed),
    }
}

/// Sorts by these keys.
pub(super) fn sort_by(select: &mut SelectStatement, keys: &[SortKey]) {
    for key in keys {
        let expr: Expr = key.typed.expr.clone();
        let order = if key.descending { Order::Desc } else { Order::Asc };
        match key.said_nulls {
            false => select.order_by_expr(expr, order),
            true => {
                let nulls = if key.nulls_first { NullOrdering::First } else { NullOrdering::Last };
                select.order_by_expr_with_nulls(expr, order, nulls)
            }
        };
    }
}
