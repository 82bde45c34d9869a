//! Which columns a body sets, and the members of each row in their places.

use super::{Document, Given, Purpose, Row, refusals};
use crate::{
    error::ApiError,
    tables::table::{Column, KEY, TENANT, Table},
    tenant::PropertyId,
};

/// Knows the columns that a body sets and puts the members of a row in their order.
pub(super) struct Reader<'t> {
    table: &'t Table,
    purpose: Purpose,
    tenant: PropertyId,
    /// Whether `columns` was given: members that it does not list are then nobody's business.
    pub(super) chosen: bool,
    pub(super) columns: Vec<&'t Column>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(
        table: &'t Table,
        chosen: Option<&[String]>,
        purpose: Purpose,
        tenant: PropertyId,
        document: &Document<'_>,
    ) -> Result<Self, ApiError> {
        let mut reader = Self { table, purpose, tenant, chosen: chosen.is_some(), columns: Vec::new() };
        match chosen {
            Some(names) => {
                // A row must be named even where its id is not among what counts.
                let key = (purpose == Purpose::BulkUpdate).then_some(KEY);
                names.iter().map(String::as_str).chain(key).try_for_each(|name| reader.set(name))?;
            }
            None => {
                // Rows of a bulk update differ; all others must agree with the first.
                let deciding = if purpose == Purpose::BulkUpdate { usize::MAX } else { 1 };
                let members = document.rows.iter().take(deciding).flatten().flatten().map(|(name, _)| name);
                document.header.iter().chain(members).try_for_each(|name| reader.set(name))?;
            }
        }
        Ok(reader)
    }

    /// Adds a column, once, when callers may write it.
    fn set(&mut self, name: &str) -> Result<(), ApiError> {
        if name == TENANT || self.columns.iter().any(|column| column.name == name) {
            return Ok(());
        }
        let column = self.table.column(name).ok_or_else(|| refusals::unknown_column(self.table, name))?;
        let ids_are_given = self.table.has_own_ids() || matches!(self.purpose, Purpose::Replace | Purpose::BulkUpdate);
        if column.server_set || (name == KEY && !ids_are_given) {
            return Err(refusals::read_only(self.table, name));
        }
        self.columns.push(column);
        Ok(())
    }

    /// The members of a row, one place for each column; of twins the last one counts.
    pub(super) fn row<'b>(&self, row: Row<'b>, place: Option<usize>) -> Result<Vec<Option<Given<'b>>>, ApiError> {
        let Some(members) = row else {
            return Err(if self.chosen || place.is_none() {
                refusals::no_object(place)
            } else {
                refusals::keys(place, None)
            });
        };
        let mut given: Vec<Option<Given<'b>>> = self.columns.iter().map(|_| None).collect();
        for (name, value) in members {
            if name == TENANT {
                refusals::tenant(self.tenant, &value, place)?;
            } else if let Some(index) = self.columns.iter().position(|column| column.name == name) {
                given[index] = Some(value);
            } else if !self.chosen {
                return Err(refusals::keys(place, Some(&name)));
            }
        }
        if !self.chosen && self.purpose != Purpose::BulkUpdate {
            let missing = given.iter().position(Option::is_none).map(|index| self.columns[index].name);
            if missing.is_some() {
                return Err(refusals::keys(place, missing));
            }
        }
        Ok(given)
    }

    /// Whether what a row leaves out keeps the value that it has.
    pub(super) fn keeps_absent(&self) -> bool {
        self.purpose == Purpose::BulkUpdate
    }

    pub(super) fn into_columns(self) -> Vec<&'t Column> {
        self.columns
    }
}
