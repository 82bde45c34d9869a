//! Reads, planned: what is the same each time the same question is asked of a table is made once.
//!
//! Making SQL of a query costs as much as writing the rows of its answer, and programs ask the same questions again and
//! again: a list that is refreshed or paged through, rows by id with the same `select`. So the statement, the printed
//! column names and what cursors need are kept by the text of the query. Nothing of a tenant is in a plan: who asks, for
//! which row or behind which place, are put in with the call, and whether the caller may see the tables is asked of each
//! call.

use std::{
    cell::RefCell,
    fmt::{self, Write},
    sync::{Arc, OnceLock},
};

use moka::sync::Cache;
use uuid::Uuid;

use super::{
    super::{
        range::Page,
        rows::{OutColumn, Writer},
        sql::{
            Level, Statement,
            keyset::Cursor,
            read::{Reading, Window},
        },
        table::Table,
    },
    Face, links,
    operation::Operation,
    permit, representation,
};
use crate::{
    error::ApiError,
    tenant::PropertyId,
    tenant_pool::{Column, Row},
};

/// Memory that all plans together may take, counted by their texts; what is asked most often stays.
const MAX_BYTES: u64 = 8 * 1024 * 1024;
/// What a plan takes beside its texts, roughly.
const FIXED_BYTES: usize = 2048;
/// Stands for the id of a row while a statement is made; no value of a query can begin like this, for the zero is refused.
const ANY_ID: &str = "\0id";
/// Whoever a plan is made for: no property has this id, so a statement that is sent as it was planned finds nothing.
const NOBODY: PropertyId = PropertyId(Uuid::nil());

/// The plans of a server.
pub struct Plans(Cache<String, Arc<Plan>>);

impl Default for Plans {
    fn default() -> Self {
        let weigh = |key: &String, plan: &Arc<Plan>| {
            let params: usize = plan.reading.statement.params.iter().flatten().map(String::len).sum();
            u32::try_from(key.len() + plan.reading.statement.text.len() + params + FIXED_BYTES).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build())
    }
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plans").field("count", &self.0.entry_count()).finish_non_exhaustive()
    }
}

/// A read, planned.
pub(super) struct Plan {
    pub(super) reading: Reading,
    /// What cursors are signed for.
    pub(super) order: String,
    /// The tables that `select` leads to.
    tables: Vec<&'static Table>,
    /// Which parameters are put in with the call.
    slots: Vec<(usize, Slot)>,
    columns: OnceLock<(Vec<u32>, Arc<[OutColumn]>)>,
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
    pub(super) fn of_page(
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
    pub(super) fn of_one(face: &Face<'_>, op: &Operation) -> Result<Arc<Self>, ApiError> {
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
        let mut key = String::with_capacity(op.text.len() + 48);
        // The table by its address: catalogs of their own may have tables of the same name.
        let table = std::ptr::from_ref(op.table).addr();
        let zoned = op.prefer.timezone.is_some();
        write!(key, "{table:x} {what} {zoned} {:?}", op.seen).expect("a string takes everything");
        for pair in op.text.split('&').filter(|pair| !pair.starts_with("after=")) {
            key.push('&');
            key.push_str(pair);
        }
        if let Some(plan) = face.app.plans.0.get(&key) {
            plan.tables.iter().try_for_each(|table| permit(face.caller, table))?;
            return Ok(plan);
        }
        let plan = Arc::new(Self::make(face, op, read)?);
        face.app.plans.0.insert(key, plan.clone());
        Ok(plan)
    }

    fn make(
        face: &Face<'_>,
        op: &Operation,
        read: impl FnOnce(&mut Level<'_>) -> Result<Reading, ApiError>,
    ) -> Result<Self, ApiError> {
        let tables: RefCell<Vec<&'static Table>> = RefCell::default();
        let mut level = face.level_for(op, NOBODY, &|table| {
            permit(face.caller, table)?;
            tables.borrow_mut().extend(face.registry.table(table.name));
            Ok(())
        })?;
        let reading = read(&mut level)?;
        let slots = [Slot::Id].into_iter().chain((0..reading.cursor.as_ref().map_or(0, Vec::len)).map(Slot::After));
        let params = &reading.statement.params;
        let slots = slots.flat_map(|slot| {
            let mark = slot.mark();
            let is_marked = move |(_, value): &(usize, &Option<String>)| value.as_deref() == Some(&*mark);
            params.iter().enumerate().filter(is_marked).map(move |(place, _)| (place, slot))
        });
        let slots = slots.collect();
        let (columns, count) = (OnceLock::new(), OnceLock::new());
        Ok(Self { reading, order: links::order_of(op), tables: tables.into_inner(), slots, columns, count })
    }

    /// The statement for a tenant and, where it is about one, a row or a place in the list.
    pub(super) fn statement(&self, tenant: PropertyId, id: Option<&str>, after: Option<&Cursor>) -> Statement {
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
    pub(super) fn count(&self, face: &Face<'_>, op: &Operation) -> Result<Statement, ApiError> {
        if self.count.get().is_none() {
            let level = face.level_for(op, NOBODY, &|_| Ok(()))?;
            let _ = self.count.set(level.count()?);
        }
        let count = self.count.get().ok_or_else(ApiError::internal)?;
        Ok(count.clone().of_tenant(face.tenant))
    }

    /// The place behind a row, where rows have places of their own; `writers` are those of all columns.
    pub(super) fn cursor(&self, writers: &[Option<Writer>], row: Row<'_>) -> Option<Cursor> {
        let value = |place: &usize| match row.bytes(*place) {
            None => Some(None),
            Some(bytes) => writers[*place]?.text_of(bytes).ok().map(Some),
        };
        Some(Cursor(self.reading.cursor.as_ref()?.iter().map(value).collect::<Option<_>>()?))
    }

    /// The columns of the answer, by the types that Postgres gave them.
    pub(super) fn columns(&self, given: &[Column]) -> Result<Arc<[OutColumn]>, ApiError> {
        let types = || given.iter().map(|column| column.type_().oid());
        if let Some((known, columns)) = self.columns.get()
            && types().eq(known.iter().copied())
        {
            return Ok(columns.clone());
        }
        let columns = representation::columns(&self.reading.names, given)?;
        let _ = self.columns.set((types().collect(), columns.clone()));
        Ok(columns)
    }
}
