//! Inserts: one row, many rows, and rows that may be there already.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, InsertStatement, OnConflict, Query as Sql};

use super::{
    super::{
        super::{
            body::{Cell, Payload},
            table::{CREATED_AT, Column, KEY, TENANT, UPDATED_AT},
        },
        field::bound,
        level::Level,
        statement::tenant_value,
    },
    Returning, Writing, instant, source,
};
use crate::error::ApiError;

/// What happens to a row that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The statement fails.
    Refuse,
    /// The row stays as it is.
    Ignore,
    /// It takes the given columns.
    Merge,
    /// It takes all columns; those that are not given, their defaults.
    Replace,
}

/// How rows are inserted.
#[derive(Debug, Clone, Copy)]
pub struct Inserting<'a> {
    /// The columns by which a row is the same row; none: its id.
    pub on: Option<&'a [String]>,
    /// What happens to it then.
    pub conflict: Conflict,
    /// What comes back.
    pub returning: Returning,
    /// The time.
    pub now: DateTime<Utc>,
}

impl Level<'_> {
    /// Inserts rows.
    ///
    /// # Errors
    ///
    /// `42703` when a column of `on` does not exist.
    pub fn insert(&self, payload: &Payload<'_>, how: &Inserting<'_>) -> Result<Writing, ApiError> {
        let mut insert = Sql::insert();
        insert.into_table(Alias::new(self.table.name));
        let times =
            [CREATED_AT, UPDATED_AT].into_iter().filter(|time| self.table.columns.iter().any(|c| c.name == *time));
        let times: Vec<&str> = times.collect();
        let given = payload.columns.iter().map(|column| column.name);
        insert.columns([TENANT].into_iter().chain(given).chain(times.iter().copied()).map(Alias::new));
        let mut rest = vec![instant(how.now); times.len()];
        match &*payload.rows {
            [row] => {
                let mut values = vec![Expr::val(tenant_value(self.tenant))];
                values.extend(payload.columns.iter().zip(row).map(|(column, cell)| literal(column, cell)));
                values.append(&mut rest);
                insert.values(values).expect("as many values as columns");
            }
            _ => {
                let mut select = Sql::select();
                select.expr(Expr::val(tenant_value(self.tenant)).cast_as("uuid"));
                for (index, column) in payload.columns.iter().enumerate() {
                    let absent = payload.rows.iter().any(|row| matches!(row[index], Cell::Absent));
                    select.expr(match absent {
                        true => source::value_or(index, column.kind, default(column)),
                        false => source::value(index, column.kind),
                    });
                }
                select.exprs(rest);
                select.from_function(source::function(payload), Alias::new(source::GIVEN));
                insert.select_from(select).expect("as many values as columns");
            }
        }
        self.on_conflict(&mut insert, payload, how)?;
        let new = matches!(how.conflict, Conflict::Merge | Conflict::Replace);
        self.giving(insert, how.returning, new)
    }

    fn on_conflict(
        &self,
        insert: &mut InsertStatement,
        payload: &Payload<'_>,
        how: &Inserting<'_>,
    ) -> Result<(), ApiError> {
        if how.conflict == Conflict::Refuse {
            return Ok(());
        }
        let mut target = vec![TENANT];
        match how.on {
            None => target.push(KEY),
            Some(names) => {
                for name in names.iter().filter(|name| *name != TENANT) {
                    target.push(super::super::field::column(self.table, name)?.name);
                }
            }
        }
        let mut conflict = OnConflict::columns(target.iter().copied().map(Alias::new));
        let changed = self.changed_at(how.now).map(|(column, _)| column);
        // A row keeps its id, whatever else makes it the same row.
        let kept = |name: &str| name == TENANT || name == KEY;
        match how.conflict {
            Conflict::Ignore => conflict.do_nothing(),
            Conflict::Replace => {
                let all = self.table.writable().filter(|column| !kept(column.name));
                conflict.update_columns(all.map(|column| Alias::new(column.name)).chain(changed))
            }
            _ => {
                let given = payload.columns.iter().filter(|column| !kept(column.name));
                let given: Vec<Alias> = given.map(|column| Alias::new(column.name)).chain(changed).collect();
                if given.is_empty() { conflict.do_nothing() } else { conflict.update_columns(given) }
            }
        };
        insert.on_conflict(conflict);
        Ok(())
    }
}

/// A value in a list of values.
pub(super) fn literal(column: &Column, cell: &Cell) -> Expr {
    match cell {
        Cell::Literal(Some(text)) => bound(text.clone(), column.kind),
        Cell::Literal(None) => Expr::cust("NULL"),
        Cell::Absent => Expr::cust("DEFAULT"),
    }
}

/// What the database gives a column when nobody does.
fn default(column: &Column) -> Expr {
    match &column.default {
        Some(default) => default.clone().cast_as(column.kind.sql()),
        None => Expr::cust("NULL"),
    }
}
