//! What a statement answered, as the bytes that Postgres sent.

use std::error::Error;

use tokio_postgres::{
    Statement,
    types::{FromSql, Type},
};

pub use tokio_postgres::Column;

/// Takes the rows of an answer as they come, so that nobody holds all of them at once.
pub trait Sink: Send + Sync {
    /// An answer begins, with these columns. What came before is void: on a connection that turned out to be dead, a
    /// statement may have answered a part already.
    fn begin(&self, columns: &[Column]);

    /// The next row.
    fn take(&self, row: OwnedRow);
}

/// The answer of one statement, read to its end.
#[derive(Debug)]
pub struct Rows {
    statement: Statement,
    rows: Vec<tokio_postgres::Row>,
    affected: u64,
}

impl Rows {
    pub(super) fn new(statement: Statement, rows: Vec<tokio_postgres::Row>, affected: u64) -> Self {
        Self { statement, rows, affected }
    }

    /// How many rows came.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no row came.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows the statement found or changed, also where it returns none.
    pub fn affected(&self) -> u64 {
        self.affected
    }

    /// Names and types of the columns, also where no row came.
    pub fn columns(&self) -> &[Column] {
        self.statement.columns()
    }

    /// The rows in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.rows.iter().map(Row)
    }

    /// A row by its place, from 0.
    pub fn get(&self, place: usize) -> Option<Row<'_>> {
        self.rows.get(place).map(Row)
    }
}

/// One row of an answer, to keep.
#[derive(Debug)]
pub struct OwnedRow(pub(super) tokio_postgres::Row);

impl OwnedRow {
    /// The row, to look at.
    pub fn as_row(&self) -> Row<'_> {
        Row(&self.0)
    }
}

/// One row of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a>(&'a tokio_postgres::Row);

impl<'a> Row<'a> {
    /// How many columns it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no column.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A column's value in Postgres' binary form of its type, or `None` for null.
    ///
    /// # Panics
    ///
    /// When the statement has no such column.
    pub fn bytes(&self, column: usize) -> Option<&'a [u8]> {
        let value: Option<Raw<'a>> =
            self.0.try_get(column).expect("the statement names its columns, and any type fits");
        value.map(|Raw(bytes)| bytes)
    }

    /// The number of a column's type in `pg_type`.
    ///
    /// # Panics
    ///
    /// When the statement has no such column.
    pub fn type_oid(&self, column: usize) -> u32 {
        self.0.columns()[column].type_().oid()
    }
}

/// A value of any type, as it came.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
