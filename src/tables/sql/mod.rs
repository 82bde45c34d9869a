//! SQL of the table face.
//!
//! The cast:
//! - a **level** is one table in a query: the table itself, or a relation inside `select`; levels nest as `select` does
//!   (`level`). Names meet the registry here: a column or relation that it does not know ends in a 400.
//! - a **field** becomes an expression with a type (`field`), a **condition** one that is true or not (`condition`,
//!   `operand`), an **item** of `select` an output (`output`, `embed`), a term of `order` a sort key (`order`).
//! - a **cursor** is the place behind which a page begins (`keyset`).
//! - a **statement** is the text with its parameters (`statement`), ready for the database.
//!
//! Two walls stand in each statement and around it: every table in it is narrowed to the tenant, always the parameter
//! `$1`, and the connection that runs it carries the same tenant for row-level security. Identifiers come from the
//! registry, values are bound as text and cast to their column's type. `LIMIT` is a literal: a generic plan that does
//! not know it plans for all rows.

mod condition;
mod embed;
mod field;
pub mod keyset;
mod level;
mod operand;
mod order;
mod output;
pub mod read;
mod search;
mod statement;
#[cfg(test)]
mod tests;
pub mod write;

pub use level::{Allow, Level};
pub use statement::Statement;
