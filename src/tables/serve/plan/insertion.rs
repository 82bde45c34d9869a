//! New rows, planned: single ones, since a statement for several is much work for its rows anyway.

use std::{fmt::Write, sync::Arc};

use super::{Columns, Kept, key, noting_tables, remembered};
use crate::{
    error::ApiError,
    tables::{
        body::{Cell, Payload},
        rows::OutColumn,
        serve::{Face, operation::Operation},
        sql::{
            Statement,
            write::{Inserting, Writing, moment},
        },
        table::Table,
    },
    tenant_pool::Column,
};

/// How rows are inserted and what comes back of them.
pub(in crate::tables::serve) struct Insertion {
    /// Its statement has the parameters that follow those of the row.
    pub(in crate::tables::serve) writing: Writing,
    /// How many columns are set to the time of the call.
    moments: usize,
    tables: Vec<&'static Table>,
    columns: Columns,
}

impl Insertion {
    /// The plan of an insert, from memory where rows with the same columns were inserted before in the same way, and the
    /// statement that inserts these.
    pub(in crate::tables::serve) fn of(
        face: &Face<'_>,
        op: &Operation,
        payload: &Payload<'_>,
        how: &Inserting<'_>,
    ) -> Result<(Arc<Self>, Statement), ApiError> {
        let [row] = &*payload.rows else {
            let (mut plan, statement) = Self::make(face, op, payload, how)?;
            plan.writing.statement.params.clear();
            return Ok((Arc::new(plan), statement));
        };
        let mut asked = key(op, format_args!("{:?} {:?}", how.conflict, how.returning));
        for (column, cell) in payload.columns.iter().zip(row) {
            let set = match cell {
                Cell::Literal(Some(_)) => "",
                Cell::Literal(None) => "=null",
                Cell::Absent => "=default",
            };
            write!(asked, "\n{}{set}", column.name).expect("a string takes everything");
        }
        let plan = remembered(&face.app.plans.insertions, face, asked, || {
            let (mut plan, _) = Self::make(face, op, payload, how)?;
            let params = &mut plan.writing.statement.params;
            params.drain(..1 + literals(row).count());
            plan.moments = params.iter().take_while(|param| param.as_deref() == Some(&*moment(how.now))).count();
            params.drain(..plan.moments);
            Ok(plan)
        })?;
        let Statement { text, params: further } = &plan.writing.statement;
        let mut params = vec![Some(face.tenant.to_string())];
        params.extend(literals(row).cloned().map(Some));
        params.extend(std::iter::repeat_n(Some(moment(how.now)), plan.moments));
        params.extend_from_slice(further);
        let statement = Statement { text: text.clone(), params };
        Ok((plan, statement))
    }

    fn make(
        face: &Face<'_>,
        op: &Operation,
        payload: &Payload<'_>,
        how: &Inserting<'_>,
    ) -> Result<(Self, Statement), ApiError> {
        let (writing, tables) = noting_tables(face, op, face.tenant, |level| level.insert(payload, how))?;
        let statement = writing.statement.clone();
        Ok((Self { writing, moments: 0, tables, columns: Columns::default() }, statement))
    }

    /// The columns of the answer, by the types that Postgres gave them.
    pub(in crate::tables::serve) fn columns(&self, given: &[Column]) -> Result<Arc<[OutColumn]>, ApiError> {
        self.columns.of(&self.writing.names, given)
    }
}

/// The values of a row that are parameters.
fn literals(row: &[Cell]) -> impl Iterator<Item = &String> {
    row.iter().filter_map(|cell| if let Cell::Literal(Some(text)) = cell { Some(text) } else { None })
}

impl Kept for Insertion {
    fn tables(&self) -> &[&'static Table] {
        &self.tables
    }

    fn statement(&self) -> &Statement {
        &self.writing.statement
    }
}
