//! Rows as they leave: Postgres' binary values, written straight into JSON or CSV.
//!
//! A read is answered without models and without a JSON tree in between: Postgres sends each value in its binary form,
//! and the writer chosen for the column's type prints it where it will stay. What is printed is, byte for byte, what
//! Postgres itself prints with `row_to_json` (JSON) or as the text of a record (CSV), because clients compare.
//! `tests/api/rows` asks Postgres for both and compares.
//!
//! ```text
//! bytes of a value ── read ──▶ text (Postgres' own text form: cursors, Location, CSV)
//!                         └──▶ json (numbers bare, texts escaped, times in the form of RFC 3339)
//! rows ── write_object / csv::write_row ──▶ list (framing, chunks of 64 KiB)
//! ```
//!
//! Binary times carry no zone. They are printed in UTC, so connections whose answers are compared with Postgres' own
//! must have `TimeZone` UTC, `DateStyle` ISO and `IntervalStyle` postgres.

mod address;
mod array;
mod column;
mod csv;
mod digits;
mod escape;
mod float;
mod json;
mod list;
mod moment;
mod numeric;
mod read;
mod scalar;
mod strip;
mod text;

pub use column::{OutColumn, UnknownType, Writer};
pub use csv::Formulas;
pub use json::{Nulls, write_object};
pub use list::{CHUNK_BYTES, Format, ListWriter};
pub use read::Malformed;
