//! Statements that write: what is written, and what of it comes back.
//!
//! Where the answer is made of the written rows' own columns, `RETURNING` gives it. Where it has relations, groups or
//! an order, the writing becomes a named part of a select (`written`), which reads those as they were before it.

mod insert;
mod source;
mod update;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Alias, CommonTableExpression, DeleteStatement, Expr, ExprTrait, InsertStatement, PostgresQueryBuilder,
    Query as Sql, ReturningClause, SubQueryStatement, UpdateStatement, WithClause,
};

pub use self::insert::{Conflict, Inserting};
use super::{
    super::{
        kind::Kind,
        table::{KEY, UPDATED_AT},
    },
    field::bound,
    level::Level,
    statement::Statement,
};
use crate::error::ApiError;

const WRITTEN: &str = "written";

/// A statement that writes rows.
#[derive(Debug)]
pub struct Writing {
    /// What is sent.
    pub statement: Statement,
    /// The keys of each row that comes back, in the order of the statement's first columns.
    pub names: Vec<String>,
    /// Where the row's id stands.
    pub id: Option<usize>,
    /// Where the row's version stands.
    pub version: Option<usize>,
    /// Where it stands whether the row is new.
    pub is_new: Option<usize>,
}

/// What comes back of written rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returning {
    /// Only how many.
    Count,
    /// Their ids.
    Ids,
    /// What `select` names of them.
    Rows,
}

/// Statements that can give written rows back.
trait Giving: Into<SubQueryStatement> {
    fn give(&mut self, returning: ReturningClause);
    fn statement(&self, level: &Level<'_>) -> Statement;
}

macro_rules! giving {
    ($($statement:ty),+) => {$(
        impl Giving for $statement {
            fn give(&mut self, returning: ReturningClause) {
                self.returning(returning);
            }

            fn statement(&self, level: &Level<'_>) -> Statement {
                Statement::of(level.tenant, |sql| self.build_collect_into(PostgresQueryBuilder, sql))
            }
        }
    )+};
}

giving!(InsertStatement, UpdateStatement, DeleteStatement);

impl Level<'_> {
    /// Deletes the rows of this level.
    pub fn delete(&self, returning: Returning) -> Result<Writing, ApiError> {
        let mut delete = Sql::delete();
        delete.from_table(Alias::new(self.table.name));
        for condition in self.conditions()? {
            delete.and_where(condition);
        }
        self.giving(delete, returning, false)
    }

    /// Completes a statement with what is to come back; `new` asks of each row whether it was made just now.
    fn giving(&self, mut statement: impl Giving, returning: Returning, new: bool) -> Result<Writing, ApiError> {
        // A row that was only changed was locked first, and the lock is noted in it.
        let is_new = || self.own("xmax").eq(Expr::cust("'0'::xid"));
        let mut writing = Writing {
            statement: Statement { text: "".into(), params: Vec::new() },
            names: Vec::new(),
            id: None,
            version: None,
            is_new: None,
        };
        if returning == Returning::Count && !new {
            writing.statement = statement.statement(self);
            return Ok(writing);
        }
        let is_plain = self.children.is_empty() && self.order.is_empty() && !self.is_aggregated();
        if returning == Returning::Rows && !is_plain {
            return self.reading_written(statement, new);
        }
        let mut exprs = Vec::new();
        if returning == Returning::Rows {
            let outputs = self.outputs(&mut Sql::select())?;
            writing.id = outputs.iter().position(|output| output.column == Some(KEY));
            (writing.names, exprs) = outputs.into_iter().map(|output| (output.name, output.expr)).unzip();
            exprs.push(self.own("xmin").cast_as("text").cast_as("bigint"));
            writing.version = Some(exprs.len() - 1);
        }
        if writing.id.is_none() {
            exprs.push(self.own(KEY));
            writing.id = Some(exprs.len() - 1);
        }
        if new {
            exprs.push(is_new());
            writing.is_new = Some(exprs.len() - 1);
        }
        statement.give(ReturningClause::Exprs(exprs));
        writing.statement = statement.statement(self);
        Ok(writing)
    }

    fn reading_written(&self, mut statement: impl Giving, new: bool) -> Result<Writing, ApiError> {
        let mut exprs: Vec<Expr> = self.table.visible().map(|column| self.own(column.name)).collect();
        let names = self.table.visible().map(|column| Alias::new(column.name));
        let mut columns: Vec<Alias> = names.collect();
        if new {
            exprs.push(self.own("xmax").eq(Expr::cust("'0'::xid")));
            columns.push(Alias::new("is_new"));
        }
        statement.give(ReturningClause::Exprs(exprs));
        let part =
            CommonTableExpression::new().query(statement).table_name(Alias::new(WRITTEN)).columns(columns).to_owned();
        let mut select = Sql::select();
        select.with_cte(WithClause::new().cte(part).to_owned());
        select.from_as(Alias::new(WRITTEN), Alias::new(&*self.alias));
        let reading = self.written(&mut select, new)?;
        Ok(reading)
    }

    fn written(&self, select: &mut sea_orm::sea_query::SelectStatement, new: bool) -> Result<Writing, ApiError> {
        let outputs = self.show(select)?;
        let mut width = outputs.len();
        let mut extra = |wanted: bool, expr: Expr| {
            wanted.then(|| {
                select.expr(expr);
                width += 1;
                width - 1
            })
        };
        let grouped = self.is_aggregated();
        let id = extra(!grouped, self.own(KEY));
        let is_new = extra(new && !grouped, self.own("is_new"));
        self.sort(select)?;
        let names = outputs.into_iter().map(|output| output.name).collect();
        Ok(Writing { statement: Statement::select(self.tenant, select), names, id, version: None, is_new })
    }

    /// The time of a change, for tables that keep it.
    fn changed_at(&self, now: DateTime<Utc>) -> Option<(Alias, Expr)> {
        let has = self.table.columns.iter().any(|column| column.name == UPDATED_AT);
        has.then(|| (Alias::new(UPDATED_AT), instant(now)))
    }
}

/// An instant as a parameter.
fn instant(at: DateTime<Utc>) -> Expr {
    bound(moment(at), Kind::Timestamp)
}

/// An instant as Postgres reads it.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
