//! Reads, planned.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use uuid::Uuid;

use super::{Columns, Kept, key, noting_tables, remembered};
use crate::{
    error::ApiError,
    tables::{
        range::Page,
        rows::{OutColumn, Writer},
        serve::{Face, links, operation::Operation},
        sql::{
            Level, Statement,
            keyset::Cursor,
            read::{Reading, Window},
        },
        table::Table,
    },
    tenant::PropertyId,
    tenant_pool::{Column, Row},
};

/// Stands for the id of a row while a statement is made; no value of a query can begin like this, for the zero is refused.
const ANY_ID: &str = "\0id";
/// Whoever a plan is made for: no property has this id, so a statement that is sent as it was planned finds nothing.
const NOBODY: PropertyId = PropertyId(Uuid::nil());

/// A read, planned.
pub(in crate::tables::serve) struct Plan {
    pub(in crate::tables::serve) reading: Reading,
    /// What cursors are signed for.
    pub(in crate::tables::serve) order: String,
    /// The tables that `select` leads to.
    tables: Vec<&'static Table>,
    /// Which parameters are put in with the call.
    slots: Vec<(usize, Slot)>,
    columns: Columns,
    count: OnceLock<Statement>,
}

/// What a parameter is that is put in with the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// The id of the row that is asked for.
    Id,
    /// A value of the cursor, by its place there.
    After(usize),
}

impl Slot {
    /// What stands for it while a statement is made.
    fn mark(self) -> String {
        match self {
            Self::Id => ANY_ID.to_owned(),
            Self::After(place) => format!("\0after {place}"),
        }
    }
}

impl Plan {
    /// The plan of a page, from memory where it was asked for before. Pages behind a cursor have one plan, as long as the
    /// same values are null.
    pub(in crate::tables::serve) fn of_page(
        face: &Face<'_>,
        op: &Operation,
        page: Page,
        after: Option<&Cursor>,
    ) -> Result<Arc<Self>, ApiError> {
        let marks = after.map(|Cursor(values)| {
            let mark = |(place, value): (usize, &Option<String>)| value.as_ref().map(|_| Slot::After(place).mark());
            Cursor(values.iter().enumerate().map(mark).collect())
        });
        let nulls: String =
            after.iter().flat_map(|cursor| &cursor.0).map(|value| if value.is_some() { 'v' } else { 'n' }).collect();
        let window = Window { limit: Some(page.limit), offset: page.offset, after: marks.as_ref() };
        Self::remembered(face, op, format_args!("{} {} {nulls}", page.limit, page.offset), |level| level.page(&window))
    }

    /// The plan of one row by its id, whichever it is.
    pub(in crate::tables::serve) fn of_one(face: &Face<'_>, op: &Operation) -> Result<Arc<Self>, ApiError> {
        Self::remembered(face, op, format_args!("one"), |level| {
            level.one_of_any_id(ANY_ID);
            level.versioned(1)
        })
    }

    fn remembered(
        face: &Face<'_>,
        op: &Operation,
        what: fmt::Arguments<'_>,
        read: impl FnOnce(&mut Level<'_>) -> Result<Reading, ApiError>,
    ) -> Result<Arc<Self>, ApiError> {
        remembered(&face.app.plans.reads, face, key(op, what), || Self::make(face, op, read))
    }

    fn make(
        face: &Face<'_>,
        op: &Operation,
        read: impl FnOnce(&mut Level<'_>) -> Result<Reading, ApiError>,
    ) -> Result<Self, ApiError> {
        let (reading, tables) = noting_tables(face, op, NOBODY, |mut level| read(&mut level))?;
        let slots = [Slot::Id].into_iter().chain((0..reading.cursor.as_ref().map_or(0, Vec::len)).map(Slot::After));
        let params = &reading.statement.params;
        let slots = slots.flat_map(|slot| {
            let mark = slot.mark();
            let is_marked = move |(_, value): &(usize, &Option<String>)| value.as_deref() == Some(&*mark);
            params.iter().enumerate().filter(is_marked).map(move |(place, _)| (place, slot))
        });
        let slots = slots.collect();
        let (columns, count) = (Columns::default(), OnceLock::new());
        Ok(Self { reading, order: links::order_of(op), tables, slots, columns, count })
    }

    /// The statement for a tenant and, where it is about one, a row or a place in the list.
    pub(in crate::tables::serve) fn statement(
        &self,
        tenant: PropertyId,
        id: Option<&str>,
        after: Option<&Cursor>,
    ) -> Statement {
        let mut statement = self.reading.statement.clone();
        for (place, slot) in &self.slots {
            statement.params[*place] = match slot {
                Slot::Id => id.map(str::to_owned),
                Slot::After(value) => after.and_then(|cursor| cursor.0.get(*value).cloned()).flatten(),
            };
        }
        statement.of_tenant(tenant)
    }

    /// The statement that counts all rows that fit.
    pub(in crate::tables::serve) fn count(&self, face: &Face<'_>, op: &Operation) -> Result<Statement, ApiError> {
        if self.count.get().is_none() {
            let level = face.level_for(op, NOBODY, &|_| Ok(()))?;
            let _ = self.count.set(level.count()?);
        }
        let count = self.count.get().ok_or_else(ApiError::internal)?;
        Ok(count.clone().of_tenant(face.tenant))
    }

    /// The place behind a row, where rows have places of their own; `writers` are those of all columns.
    pub(in crate::tables::serve) fn cursor(&self, writers: &[Option<Writer>], row: Row<'_>) -> Option<Cursor> {
        let value = |place: &usize| match row.bytes(*place) {
            None => Some(None),
            Some(bytes) => writers[*place]?.text_of(bytes).ok().map(Some),
        };
        Some(Cursor(self.reading.cursor.as_ref()?.iter().map(value).collect::<Option<_>>()?))
    }

    /// The columns of the answer, by the types that Postgres gave them.
    pub(in crate::tables::serve) fn columns(&self, given: &[Column]) -> Result<Arc<[OutColumn]>, ApiError> {
        self.columns.of(&self.reading.names, given)
    }
}

impl Kept for Plan {
    fn tables(&self) -> &[&'static Table] {
        &self.tables
    }

    fn statement(&self) -> &Statement {
        &self.reading.statement
    }
}
