//! Arrays of any number of dimensions: read once, printed as JSON or as Postgres' own text.

use super::{
    digits::push_signed,
    json::{self, Nulls},
    read::{Malformed, Reader},
    scalar::Scalar,
    text,
};

const KIND: &str = "array";

/// Postgres knows no arrays of more dimensions.
const MAX_DIMENSIONS: usize = 6;

/// One dimension: how many elements, and the number of the first.
#[derive(Clone, Copy, Default)]
struct Dimension {
    length: usize,
    first: i32,
}

/// An array whose head has been read and whose elements follow.
struct Array<'a> {
    dimensions: [Dimension; MAX_DIMENSIONS],
    depth: usize,
    elements: Reader<'a>,
}

/// What an array is printed with.
struct Frame<W> {
    open: u8,
    close: u8,
    element: W,
}

pub(super) fn push_json(out: &mut Vec<u8>, scalar: Scalar, bytes: &[u8], nulls: Nulls) -> Result<(), Malformed> {
    let element = |out: &mut Vec<u8>, value: Option<&[u8]>| match value {
        Some(value) => json::push(out, scalar, value, nulls),
        None => {
            out.extend_from_slice(b"null");
            Ok(())
        }
    };
    read(bytes)?.print(out, &mut Frame { open: b'[', close: b']', element })
}

pub(super) fn push_text(out: &mut Vec<u8>, scalar: Scalar, bytes: &[u8]) -> Result<(), Malformed> {
    let array = read(bytes)?;
    let dimensions = &array.dimensions[..array.depth];
    if dimensions.iter().any(|dimension| dimension.first != 1) {
        for dimension in dimensions {
            let first = i64::from(dimension.first);
            out.push(b'[');
            push_signed(out, first);
            out.push(b':');
            push_signed(out, first + dimension.length as i64 - 1);
            out.push(b']');
        }
        out.push(b'=');
    }
    let mut spare = Vec::new();
    let element = |out: &mut Vec<u8>, value: Option<&[u8]>| {
        let Some(value) = value else {
            out.extend_from_slice(b"NULL");
            return Ok(());
        };
        let start = out.len();
        text::push(out, scalar, value)?;
        if needs_quotes(&out[start..]) {
            spare.clear();
            spare.extend_from_slice(&out[start..]);
            out.truncate(start);
            push_quoted(out, &spare);
        }
        Ok(())
    };
    array.print(out, &mut Frame { open: b'{', close: b'}', element })
}

fn needs_quotes(text: &[u8]) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case(b"null")
        || text.iter().any(|byte| matches!(byte, b'"' | b'\\' | b'{' | b'}' | b',' | b' ' | 9..=13))
}

fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

fn read(bytes: &[u8]) -> Result<Array<'_>, Malformed> {
    let mut reader = Reader::new(bytes, KIND);
    let depth = usize::try_from(reader.i32()?).ok().filter(|depth| *depth <= MAX_DIMENSIONS).ok_or(Malformed(KIND))?;
    let (_has_nulls, _element_type) = (reader.i32()?, reader.i32()?);
    let mut dimensions = [Dimension::default(); MAX_DIMENSIONS];
    let mut count = usize::from(depth > 0);
    for dimension in &mut dimensions[..depth] {
        let length = usize::try_from(reader.i32()?).ok().filter(|length| *length > 0).ok_or(Malformed(KIND))?;
        *dimension = Dimension { length, first: reader.i32()? };
        // Each element takes four bytes at least, so that a short value cannot promise a long array.
        count = count.checked_mul(length).filter(|count| *count <= bytes.len() / 4).ok_or(Malformed(KIND))?;
    }
    Ok(Array { dimensions, depth, elements: reader })
}

impl Array<'_> {
    fn print<W>(mut self, out: &mut Vec<u8>, frame: &mut Frame<W>) -> Result<(), Malformed>
    where
        W: FnMut(&mut Vec<u8>, Option<&[u8]>) -> Result<(), Malformed>,
    {
        if self.depth == 0 {
            out.extend_from_slice(&[frame.open, frame.close]);
        } else {
            self.level(out, frame, 0)?;
        }
        self.elements.end()
    }

    fn level<W>(&mut self, out: &mut Vec<u8>, frame: &mut Frame<W>, level: usize) -> Result<(), Malformed>
    where
        W: FnMut(&mut Vec<u8>, Option<&[u8]>) -> Result<(), Malformed>,
    {
        out.push(frame.open);
        for number in 0..self.dimensions[level].length {
            if number > 0 {
                out.push(b',');
            }
            if level + 1 < self.depth {
                self.level(out, frame, level + 1)?;
                continue;
            }
            let value = match self.elements.i32()? {
                -1 => None,
                length => Some(self.elements.take(usize::try_from(length).map_err(|_| Malformed(KIND))?)?),
            };
            (frame.element)(out, value)?;
        }
        out.push(frame.close);
        Ok(())
    }
}
