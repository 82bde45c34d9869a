//! Statements that read: pages, single rows, counts.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query as Sql, SelectStatement};

use super::{
    super::table::KEY,
    keyset::{Cursor, after},
    level::Level,
    order::{SortKey, sort_by},
    output::Output,
    statement::Statement,
};
use crate::error::ApiError;

/// A statement that answers rows.
#[derive(Debug)]
pub struct Reading {
    /// What is sent.
    pub statement: Statement,
    /// The keys of each row, in the order of the statement's first columns.
    pub names: Vec<String>,
    /// Where in the statement's columns the values stand that a cursor is made of; `None` when rows have no place of
    /// their own, as groups have not.
    pub cursor: Option<Vec<usize>>,
    /// Where the row's version stands, when it was asked for.
    pub version: Option<usize>,
}

/// Which rows of all that fit.
#[derive(Debug, Clone, Default)]
pub struct Window<'a> {
    /// At most so many.
    pub limit: Option<u64>,
    /// Without the first so many.
    pub offset: u64,
    /// Behind this place.
    pub after: Option<&'a Cursor>,
}

impl Level<'_> {
    /// A page of rows.
    pub fn page(&self, window: &Window<'_>) -> Result<Reading, ApiError> {
        let mut select = self.rows()?;
        self.finish(&mut select, window, false)
    }

    /// Rows with their versions: for one row by its id.
    pub fn versioned(&self, limit: u64) -> Result<Reading, ApiError> {
        let mut select = self.rows()?;
        let versioned = !self.is_aggregated() && self.children.is_empty();
        self.finish(&mut select, &Window { limit: Some(limit), ..Window::default() }, versioned)
    }

    /// How many rows fit, without page.
    pub fn count(&self) -> Result<Statement, ApiError> {
        let mut select = self.rows()?;
        if self.is_aggregated() {
            self.show(&mut select)?;
            let mut count = Sql::select();
            count.expr(Func::count(Expr::cust("*"))).from_subquery(select, Alias::new("groups"));
            return Ok(Statement::select(self.tenant, &count));
        }
        select.expr(Func::count(Expr::cust("*")));
        Ok(Statement::select(self.tenant, &select))
    }

    /// How many rows the planner believes to fit: the plan is asked for as JSON.
    pub fn estimate(&self) -> Result<Statement, ApiError> {
        let mut select = self.rows()?;
        if self.is_aggregated() {
            self.show(&mut select)?;
        } else {
            select.expr(Expr::cust("1"));
        }
        let Statement { text, params } = Statement::select(self.tenant, &select);
        Ok(Statement { text: format!("EXPLAIN (FORMAT JSON) {text}").into(), params })
    }

    /// Adds outputs, order and page to rows.
    pub(super) fn finish(
        &self,
        select: &mut SelectStatement,
        window: &Window<'_>,
        versioned: bool,
    ) -> Result<Reading, ApiError> {
        let outputs = self.show(select)?;
        let mut width = outputs.len();
        let version = (versioned && !self.table.view).then(|| {
            select.expr(self.own("xmin").cast_as("text").cast_as("bigint"));
            width += 1;
            width - 1
        });
        let keys = self.keyed()?;
        sort_by(select, &keys);
        let has_places = !self.is_aggregated() && self.order.iter().all(|term| term.relation.is_none());
        if let Some(cursor) = window.after {
            if !has_places {
                return Err(ApiError::bad_request(
                    "after cannot be used here: such rows have no place of their own; use offset",
                )
                .with_code("cursor_unavailable"));
            }
            select.and_where(after(&keys, cursor)?);
        }
        let cursor = has_places.then(|| keys.iter().map(|key| place(select, &outputs, key, &mut width)).collect());
        if let Some(limit) = window.limit {
            select.limit(limit);
        }
        if window.offset > 0 {
            select.offset(window.offset);
        }
        let names = outputs.into_iter().map(|output| output.name).collect();
        Ok(Reading { statement: Statement::select(self.tenant, select), names, cursor, version })
    }

    /// What rows are sorted by: what the query names and, so that each row has a place of its own, the id.
    pub(super) fn keyed(&self) -> Result<Vec<SortKey>, ApiError> {
        let mut keys = self.sort_keys()?;
        if !self.is_aggregated() && !keys.iter().any(|key| key.column == Some(KEY)) {
            let descending = keys.last().is_some_and(|key| key.descending);
            keys.push(SortKey::own(self, self.table.key(), descending));
        }
        Ok(keys)
    }
}

/// Where the value of a sort key stands among the columns; adds it when it is not shown anyway.
fn place(select: &mut SelectStatement, outputs: &[Output], key: &SortKey, width: &mut usize) -> usize {
    let shown = key.column.and_then(|column| outputs.iter().position(|output| output.column == Some(column)));
    shown.unwrap_or_else(|| {
        select.expr(key.typed.expr.clone());
        *width += 1;
        *width - 1
    })
}
