//! Wardens: who is asked before rows of a table are written, where a row means more than its columns can say.
//!
//! The face knows no table by name, so what only one table wants stands behind this trait. A warden sees what a call
//! wants to write before a connection is taken, so it may take its time (and ask a name server, say). It refuses, or
//! changes what is written, and leaves a [`Sequel`]: what goes along in the same transaction once the rows stand, and
//! what the answer to new rows shows this once.

use std::{fmt::Debug, sync::Arc};

use futures_util::future::BoxFuture;

use super::{
    body::{Payload, Purpose},
    registry::Registry,
    table::Table,
};
use crate::{app::App, caller::PropertyCaller, error::ApiError, secret::Secret, tenant_pool::Transaction};

/// Rows that one call may write to a table with a warden, because each may cost a look at the outside.
pub const MAX_ROWS: usize = 20;

/// Who is asked before rows of a table are written.
pub trait Warden: Debug + Send + Sync {
    /// What the answer to new rows shows beside their columns, and no answer after it.
    fn shown_once(&self) -> Option<&'static ShownOnce>;

    /// Judges rows and may change them; a refusal is the caller's answer. The call may still come to nothing, so
    /// nothing is written yet.
    fn judge<'a>(
        &'a self,
        writ: &'a Writ<'a>,
        payload: &'a mut Payload<'static>,
    ) -> BoxFuture<'a, Result<Arc<dyn Sequel>, ApiError>>;
}

/// A member of new rows that is no column.
#[derive(Debug)]
pub struct ShownOnce {
    /// Its name.
    pub name: &'static str,
    /// What it is, for the documents.
    pub about: &'static str,
    /// What it looks like.
    pub example: &'static str,
}

/// Who wants to write what.
#[derive(Debug)]
pub struct Writ<'a> {
    /// The server.
    pub app: &'a App,
    /// Who calls.
    pub caller: &'a PropertyCaller,
    /// All tables.
    pub registry: &'static Registry,
    /// The table that is written.
    pub table: &'static Table,
    /// How.
    pub purpose: Purpose,
}

/// What follows once rows are written.
pub trait Sequel: Debug + Send + Sync {
    /// Writes what belongs to the rows; the call is undone when it fails. For each new row, in their order, the member
    /// of [`Warden::shown_once`].
    fn follow<'a>(
        &'a self,
        written: &'a Written,
        transaction: &'a mut Transaction<'_>,
    ) -> BoxFuture<'a, Result<Vec<Secret>, ApiError>>;
}

/// Rows that were written.
#[derive(Debug)]
pub struct Written {
    /// Their ids.
    pub ids: Vec<String>,
    /// Whether they were made just now.
    pub are_new: bool,
}
