//! Plans: what is the same each time the same question is asked of a table is made once.
//!
//! Making SQL of a query costs as much as writing the rows of its answer, and programs ask the same questions again and
//! again: a list that is refreshed or paged through, rows by id with the same `select`, new rows with the same columns.
//! So the statement, the printed column names and what cursors need are kept by the text of the query. Nothing of a
//! tenant is in a plan: who asks, for which row or behind which place, and what is written, are put in with the call, and
//! whether the caller may see the tables is asked of each call.

mod insertion;
mod reading;

use std::{
    cell::RefCell,
    fmt::{self, Write},
    sync::{Arc, OnceLock},
};

use moka::sync::Cache;

use super::{
    super::{
        rows::OutColumn,
        sql::{Level, Statement},
        table::Table,
    },
    Face,
    operation::Operation,
    permit, representation,
};
use crate::{error::ApiError, tenant::PropertyId, tenant_pool::Column};

pub(super) use self::{insertion::Insertion, reading::Plan};

/// Memory that all plans of a kind together may take, counted by their texts; what is asked most often stays.
const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// What a plan takes beside its texts, roughly.
const FIXED_BYTES: usize = 2048;

/// The plans of a server.
pub struct Plans {
    reads: Cache<String, Arc<Plan>>,
    insertions: Cache<String, Arc<Insertion>>,
}

impl Default for Plans {
    fn default() -> Self {
        Self { reads: cache(), insertions: cache() }
    }
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reads, insertions) = (self.reads.entry_count(), self.insertions.entry_count());
        f.debug_struct("Plans").field("reads", &reads).field("insertions", &insertions).finish_non_exhaustive()
    }
}

/// What is kept.
trait Kept: Sized + Send + Sync + 'static {
    /// The tables that `select` leads to.
    fn tables(&self) -> &[&'static Table];
    /// The statement, with what is no caller's of its parameters.
    fn statement(&self) -> &Statement;
}

fn cache<P: Kept>() -> Cache<String, Arc<P>> {
    let weigh = |key: &String, plan: &Arc<P>| {
        let Statement { text, params } = plan.statement();
        let params: usize = params.iter().flatten().map(String::len).sum();
        u32::try_from(key.len() + text.len() + params + FIXED_BYTES).unwrap_or(u32::MAX)
    };
    Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build()
}

/// What a call asks, without what is put in: `what` says how beside the query's text.
fn key(op: &Operation, what: fmt::Arguments<'_>) -> String {
    let mut key = String::with_capacity(op.text.len() + 48);
    // The table by its address: catalogs of their own may have tables of the same name.
    let table = std::ptr::from_ref(op.table).addr();
    let zoned = op.prefer.timezone.is_some();
    write!(key, "{table:x} {what} {zoned} {:?}", op.seen).expect("a string takes everything");
    for pair in op.text.split('&').filter(|pair| !pair.starts_with("after=")) {
        key.push('&');
        key.push_str(pair);
    }
    key
}

/// The plan from memory, if the caller may see what it leads to, else a new one.
fn remembered<P: Kept>(
    kept: &Cache<String, Arc<P>>,
    face: &Face<'_>,
    key: String,
    make: impl FnOnce() -> Result<P, ApiError>,
) -> Result<Arc<P>, ApiError> {
    if let Some(plan) = kept.get(&key) {
        plan.tables().iter().try_for_each(|table| permit(face.caller, table))?;
        return Ok(plan);
    }
    let plan = Arc::new(make()?);
    kept.insert(key, plan.clone());
    Ok(plan)
}

/// Makes something of a call's level, and says which tables it leads to.
fn noting_tables<T>(
    face: &Face<'_>,
    op: &Operation,
    tenant: PropertyId,
    make: impl FnOnce(Level<'_>) -> Result<T, ApiError>,
) -> Result<(T, Vec<&'static Table>), ApiError> {
    let tables: RefCell<Vec<&'static Table>> = RefCell::default();
    let level = face.level_for(op, tenant, &|table| {
        permit(face.caller, table)?;
        tables.borrow_mut().extend(face.registry.table(table.name));
        Ok(())
    })?;
    let made = make(level)?;
    Ok((made, tables.into_inner()))
}

/// The columns of a plan's answers, which have the same types each time unless the schema changes.
#[derive(Default)]
struct Columns(OnceLock<(Vec<u32>, Arc<[OutColumn]>)>);

impl Columns {
    /// By the types that Postgres gave them.
    fn of(&self, names: &[String], given: &[Column]) -> Result<Arc<[OutColumn]>, ApiError> {
        let types = || given.iter().map(|column| column.type_().oid());
        if let Some((known, columns)) = self.0.get()
            && types().eq(known.iter().copied())
        {
            return Ok(columns.clone());
        }
        let columns = representation::columns(names, given)?;
        let _ = self.0.set((types().collect(), columns.clone()));
        Ok(columns)
    }
}
