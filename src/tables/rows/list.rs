//! Many rows: what stands before, between and after them, in chunks, so that a long answer is never one long buffer.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    OutColumn,
    csv::{self, Formulas},
    json::{self, Nulls},
    read::Malformed,
};

/// A chunk is full with this many bytes; it is longer where a single row is.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Room for the row that fills a chunk, so that it seldom has to grow.
const SPARE_BYTES: usize = 4 * 1024;

/// Room that a list begins with: most answers are a page of some twenty rows.
const FIRST_BYTES: usize = 16 * 1024;

/// Room that a single object begins with.
const OBJECT_BYTES: usize = 1024;

/// What rows are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An array of objects.
    Json(Nulls),
    /// The first row as an object; further rows are counted and not written.
    Object(Nulls),
    /// A line of names, then a line for each row; a single empty line where there is none.
    Csv(Formulas),
}

/// Writes a list of rows.
#[derive(Debug)]
pub struct ListWriter {
    columns: Arc<[OutColumn]>,
    format: Format,
    rows: u64,
    buffer: Vec<u8>,
    full: Vec<Bytes>,
    spare: Vec<u8>,
}

impl ListWriter {
    /// An empty list.
    pub fn new(columns: impl Into<Arc<[OutColumn]>>, format: Format) -> Self {
        let first = if matches!(format, Format::Object(_)) { OBJECT_BYTES } else { FIRST_BYTES };
        let (buffer, full, spare) = (Vec::with_capacity(first), Vec::new(), Vec::new());
        Self { columns: columns.into(), format, rows: 0, buffer, full, spare }
    }

    /// Adds a row; `values` gives the binary form of a value by the number of its column, nothing for null.
    ///
    /// # Errors
    /// When a value is not in the form of its column's type. The list is then as it was before the row.
    pub fn push<'v>(&mut self, values: impl Fn(usize) -> Option<&'v [u8]>) -> Result<(), Malformed> {
        let start = self.buffer.len();
        let outcome = match self.format {
            Format::Json(nulls) => {
                self.buffer.push(if self.rows == 0 { b'[' } else { b',' });
                json::write_object(&mut self.buffer, &self.columns, nulls, values)
            }
            Format::Object(nulls) if self.rows == 0 => {
                json::write_object(&mut self.buffer, &self.columns, nulls, values)
            }
            Format::Object(_) => Ok(()),
            Format::Csv(formulas) => {
                if self.rows == 0 {
                    csv::push_header(&mut self.buffer, &self.columns, formulas);
                }
                self.buffer.push(b'\n');
                csv::push_row(&mut self.buffer, &mut self.spare, &self.columns, formulas, values)
            }
        };
        if outcome.is_err() {
            self.buffer.truncate(start);
            return outcome;
        }
        self.rows += 1;
        if self.buffer.len() >= CHUNK_BYTES {
            let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK_BYTES + SPARE_BYTES));
            self.full.push(chunk.into());
        } else if self.buffer.capacity() < CHUNK_BYTES && self.buffer.capacity() - self.buffer.len() < SPARE_BYTES {
            // More than a page: it may become a chunk, so it grows once.
            self.buffer.reserve_exact(CHUNK_BYTES + SPARE_BYTES - self.buffer.len());
        }
        Ok(())
    }

    /// How many rows were added.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The chunks that are full, in order, to be sent while more rows come.
    pub fn take_full(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.full)
    }

    /// Ends the list and gives the chunks that were not taken, in order.
    pub fn finish(mut self) -> Vec<Bytes> {
        match (self.format, self.rows) {
            (Format::Json(_), 0) => self.buffer.extend_from_slice(b"[]"),
            (Format::Json(_), _) => self.buffer.push(b']'),
            (Format::Csv(_), 0) => self.buffer.push(b'\n'),
            (Format::Csv(_) | Format::Object(_), _) => {}
        }
        if !self.buffer.is_empty() {
            self.full.push(self.buffer.into());
        }
        self.full
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::types::Type;

    use super::*;
    use crate::tables::rows::Writer;

    fn columns() -> [OutColumn; 2] {
        [("n", Type::INT4), ("t", Type::TEXT)].map(|(name, ty)| OutColumn::new(name, Writer::of(&ty).unwrap()))
    }

    fn written(format: Format, rows: &[(i32, Option<&str>)]) -> String {
        let columns = columns();
        let mut list = ListWriter::new(columns, format);
        for (n, text) in rows {
            let n = n.to_be_bytes();
            list.push(|number| if number == 0 { Some(&n[..]) } else { text.map(str::as_bytes) }).unwrap();
        }
        String::from_utf8(list.finish().concat()).unwrap()
    }

    #[test]
    fn a_list_has_its_brackets_and_commas_also_when_it_is_empty() {
        let json = Format::Json(Nulls::Kept);
        assert_eq!(written(json, &[]), "[]");
        assert_eq!(written(json, &[(1, None), (2, Some("x"))]), r#"[{"n":1,"t":null},{"n":2,"t":"x"}]"#);
        let stripped = Format::Json(Nulls::Stripped);
        assert_eq!(written(stripped, &[(1, None), (2, Some("null"))]), r#"[{"n":1},{"n":2,"t":"null"}]"#);
    }

    #[test]
    fn an_object_is_the_first_row_alone() {
        let object = Format::Object(Nulls::Kept);
        assert_eq!(written(object, &[(1, None), (2, Some("x"))]), r#"{"n":1,"t":null}"#);
        assert_eq!(written(object, &[]), "");
    }

    #[test]
    fn a_csv_list_has_no_end_of_line_and_an_empty_one_nothing_else() {
        let csv = Format::Csv(Formulas::Kept);
        assert_eq!(written(csv, &[]), "\n");
        assert_eq!(written(csv, &[(-1, None), (2, Some("")), (3, Some("=a"))]), "n,t\n-1,\n2,\"\"\n3,=a");
    }

    #[test]
    fn formulas_get_an_apostrophe_where_asked_but_numbers_do_not() {
        let csv = Format::Csv(Formulas::Escaped);
        let rows = ["=1", "+1", "-1", "@x", "\tx", "\rx", "x=1", "=\"\\"].map(|text| (-1, Some(text)));
        assert_eq!(
            written(csv, &rows),
            "n,t\n-1,\"'=1\"\n-1,\"'+1\"\n-1,\"'-1\"\n-1,\"'@x\"\n-1,\"'\tx\"\n-1,\"'\rx\"\n-1,x=1\n-1,\"'=\"\"\\\\\""
        );
    }

    #[test]
    fn a_long_list_comes_in_chunks_that_can_be_taken_early() {
        let columns = columns();
        let text = "x".repeat(1000);
        let mut list = ListWriter::new(columns, Format::Json(Nulls::Kept));
        let mut chunks = Vec::new();
        for _ in 0..200 {
            list.push(|number| (number == 1).then_some(text.as_bytes())).unwrap();
            chunks.extend(list.take_full());
        }
        assert_eq!(chunks.len(), 3);
        assert!(chunks.iter().all(|chunk| (CHUNK_BYTES..CHUNK_BYTES + 2000).contains(&chunk.len())));
        chunks.extend(list.finish());
        let read: Vec<serde_json::Value> = serde_json::from_slice(&chunks.concat()).unwrap();
        assert_eq!(read.len(), 200);
    }

    #[test]
    fn a_row_that_cannot_be_read_leaves_no_trace() {
        let columns = columns();
        let mut list = ListWriter::new(columns, Format::Json(Nulls::Kept));
        assert!(list.push(|_| Some(&[1, 2, 3][..])).is_err());
        assert_eq!(list.finish(), ["[]"]);
    }
}
