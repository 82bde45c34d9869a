//! A page of rows, written while they come: a row is gone from memory when it is in the answer.
//!
//! The answer itself waits, in chunks, until the last row has come, because `Content-Range` stands in front of it and
//! says how many there are.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::{
    super::{
        rows::{Format, ListWriter, Writer},
        sql::keyset::Cursor,
    },
    plan::Plan,
    representation,
};
use crate::{
    error::ApiError,
    tenant_pool::{Column, OwnedRow, Sink},
};

/// Writes the rows of one answer.
pub(super) struct Page {
    plan: Arc<Plan>,
    format: Format,
    state: Mutex<State>,
}

/// How far it is.
enum State {
    Waiting,
    Writing { list: ListWriter, last: Option<OwnedRow>, writers: Vec<Option<Writer>> },
    Refused(ApiError),
}

/// What was written.
pub(super) struct Written {
    /// How many rows.
    pub(super) rows: u64,
    /// The answer's body.
    pub(super) body: Vec<Bytes>,
    /// The place behind the last row, where rows have places.
    pub(super) cursor: Option<Cursor>,
}

impl Page {
    pub(super) fn new(plan: Arc<Plan>, format: Format) -> Self {
        Self { plan, format, state: Mutex::new(State::Waiting) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic left is thrown away with the call.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page, when all rows have come.
    pub(super) fn finish(self) -> Result<Written, ApiError> {
        match self.state.into_inner().unwrap_or_else(PoisonError::into_inner) {
            State::Writing { list, last, writers } => {
                let cursor = last.and_then(|last| self.plan.cursor(&writers, last.as_row()));
                Ok(Written { rows: list.rows(), body: list.finish(), cursor })
            }
            State::Refused(error) => Err(error),
            State::Waiting => Err(ApiError::internal()),
        }
    }
}

impl Sink for Page {
    fn begin(&self, columns: &[Column]) {
        let begun = self.plan.columns(columns).map(|shown| State::Writing {
            list: ListWriter::new(shown, self.format),
            last: None,
            writers: columns.iter().map(|column| Writer::of(column.type_()).ok()).collect(),
        });
        *self.state() = begun.unwrap_or_else(State::Refused);
    }

    fn take(&self, row: OwnedRow) {
        let mut state = self.state();
        let State::Writing { list, last, .. } = &mut *state else { return };
        let shown = row.as_row();
        match list.push(|column| shown.bytes(column)) {
            Ok(()) => *last = Some(row),
            Err(error) => *state = State::Refused(representation::broken(error)),
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("format", &self.format).finish_non_exhaustive()
    }
}
