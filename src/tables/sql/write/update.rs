//! Updates: many rows alike, each row by its own values, and whole rows.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query as Sql, TableRef};

use super::{
    super::{
        super::{
            body::{Cell, Payload},
            table::KEY,
        },
        field::bound,
        level::Level,
    },
    Returning, Writing,
    insert::literal,
    source,
};
use crate::error::ApiError;

impl Level<'_> {
    /// Gives the rows of this level the values of the payload's one row.
    pub fn update(&self, payload: &Payload<'_>, returning: Returning, now: DateTime<Utc>) -> Result<Writing, ApiError> {
        let mut update = Sql::update();
        update.table(Alias::new(self.table.name));
        for (column, cell) in payload.columns.iter().zip(payload.rows.iter().flatten()) {
            update.value(Alias::new(column.name), literal(column, cell));
        }
        if let Some((column, now)) = self.changed_at(now) {
            update.value(column, now);
        }
        for condition in self.conditions()? {
            update.and_where(condition);
        }
        self.giving(update, returning, false)
    }

    /// Gives the row of this level the values of the payload's one row, and all other columns their defaults.
    pub fn replace(
        &self,
        payload: &Payload<'_>,
        returning: Returning,
        now: DateTime<Utc>,
    ) -> Result<Writing, ApiError> {
        let given: Vec<&str> = payload.columns.iter().map(|column| column.name).collect();
        let mut whole = Payload { columns: payload.columns.clone(), rows: payload.rows.clone(), was_array: false };
        let row = whole
            .rows
            .first_mut()
            .ok_or_else(|| ApiError::bad_request("A row is replaced by one object, got none").with_code("PGRST102"))?;
        for column in self.table.writable().filter(|column| column.name != KEY && !given.contains(&column.name)) {
            whole.columns.push(column);
            row.push(Cell::Absent);
        }
        self.update(&whole, returning, now)
    }

    /// Gives each row that the payload names by its id the values that it was given there.
    pub fn update_each(
        &self,
        payload: &Payload<'_>,
        returning: Returning,
        now: DateTime<Utc>,
    ) -> Result<Writing, ApiError> {
        let mut update = Sql::update();
        update.table(Alias::new(self.table.name));
        update.from(TableRef::FunctionCall(source::function(payload), Alias::new(source::GIVEN).into()));
        for (index, column) in payload.columns.iter().enumerate() {
            if column.name == KEY {
                update.and_where(self.own(KEY).eq(source::value(index, column.kind)));
            } else {
                update.value(Alias::new(column.name), source::value_or(index, column.kind, self.own(column.name)));
            }
        }
        if let Some((column, now)) = self.changed_at(now) {
            update.value(column, now);
        }
        for condition in self.conditions()? {
            update.and_where(condition);
        }
        self.giving(update, returning, false)
    }

    /// Whether the row of this level is there at all, whatever its version.
    pub fn exists(&self) -> Result<super::super::Statement, ApiError> {
        let mut select = Sql::select();
        select.from_as(Alias::new(self.table.name), Alias::new(&*self.alias));
        select.and_where(
            self.own(super::super::super::table::TENANT).eq(super::super::statement::tenant_value(self.tenant)),
        );
        if let Some(id) = &self.id {
            select.and_where(self.own(KEY).eq(bound(id.clone(), self.table.key().kind)));
        }
        select.expr(Expr::cust("1"));
        Ok(super::super::Statement::select(self.tenant, &select))
    }
}
