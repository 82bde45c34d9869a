//! Values and rows as JSON, as `row_to_json` prints them.

use super::{
    array,
    column::{OutColumn, Writer},
    escape::push_string,
    moment::{self, Style},
    read::Malformed,
    scalar::Scalar,
    strip, text,
};

/// What happens to members whose value is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nulls {
    /// They are written.
    #[default]
    Kept,
    /// They are left out, also inside JSON columns and embedded rows; nulls in arrays stay.
    Stripped,
}

/// Writes one row as a JSON object. On an error `out` is as it was.
///
/// `values` gives the binary form of the value of a column by its number, nothing for null.
///
/// # Errors
/// When a value is not in the form of its column's type.
pub fn write_object<'v>(
    out: &mut Vec<u8>,
    columns: &[OutColumn],
    nulls: Nulls,
    values: impl Fn(usize) -> Option<&'v [u8]>,
) -> Result<(), Malformed> {
    let start = out.len();
    let outcome = push_members(out, columns, nulls, values);
    if outcome.is_err() {
        out.truncate(start);
    }
    outcome
}

fn push_members<'v>(
    out: &mut Vec<u8>,
    columns: &[OutColumn],
    nulls: Nulls,
    values: impl Fn(usize) -> Option<&'v [u8]>,
) -> Result<(), Malformed> {
    out.push(b'{');
    let start = out.len();
    for (number, column) in columns.iter().enumerate() {
        let member = out.len();
        // The key begins with the comma that the first member does not have.
        let key = if member == start { &column.key()[1..] } else { column.key() };
        match (values(number), nulls) {
            (None, Nulls::Stripped) => {}
            (None, Nulls::Kept) => {
                out.extend_from_slice(key);
                out.extend_from_slice(b"null");
            }
            (Some(bytes), _) => {
                out.extend_from_slice(key);
                let value = out.len();
                push_value(out, column.writer(), bytes, nulls)?;
                if nulls == Nulls::Stripped && out[value..] == *b"null" {
                    out.truncate(member);
                }
            }
        }
    }
    out.push(b'}');
    Ok(())
}

pub(super) fn push_value(out: &mut Vec<u8>, writer: Writer, bytes: &[u8], nulls: Nulls) -> Result<(), Malformed> {
    match writer {
        Writer::One(scalar) => push(out, scalar.0, bytes, nulls),
        Writer::Many(scalar) => array::push_json(out, scalar.0, bytes, nulls),
    }
}

pub(super) fn push(out: &mut Vec<u8>, scalar: Scalar, bytes: &[u8], nulls: Nulls) -> Result<(), Malformed> {
    match scalar {
        Scalar::Bool => out.extend_from_slice(if text::boolean(bytes)? { b"true" } else { b"false" }),
        Scalar::Int2 | Scalar::Int4 | Scalar::Int8 => text::push(out, scalar, bytes)?,
        Scalar::Float4 | Scalar::Float8 | Scalar::Numeric => push_number(out, scalar, bytes)?,
        Scalar::Text => push_string(out, text::characters(scalar, bytes)?),
        Scalar::Json | Scalar::Jsonb => {
            let inner = text::characters(scalar, bytes)?;
            match nulls {
                Nulls::Kept => out.extend_from_slice(inner),
                Nulls::Stripped => strip::push(out, inner)?,
            }
        }
        Scalar::Timestamp => {
            quoted(out, |out| moment::push_timestamp(out, bytes, false, Style::Json))?;
        }
        Scalar::TimestampZoned => {
            quoted(out, |out| moment::push_timestamp(out, bytes, true, Style::Json))?;
        }
        Scalar::Bytes => quoted(out, |out| {
            // The backslash of the text form, escaped.
            out.push(b'\\');
            text::push(out, scalar, bytes)
        })?,
        Scalar::Oid | Scalar::Uuid | Scalar::Date | Scalar::Time | Scalar::TimeZoned | Scalar::Interval => {
            quoted(out, |out| text::push(out, scalar, bytes))?;
        }
        Scalar::Inet | Scalar::Cidr => quoted(out, |out| text::push(out, scalar, bytes))?,
    }
    Ok(())
}

/// NaN and the infinities are no numbers in JSON, so they become strings.
fn push_number(out: &mut Vec<u8>, scalar: Scalar, bytes: &[u8]) -> Result<(), Malformed> {
    let start = out.len();
    text::push(out, scalar, bytes)?;
    if out.last().is_some_and(u8::is_ascii_alphabetic) {
        out.insert(start, b'"');
        out.push(b'"');
    }
    Ok(())
}

/// For texts that cannot hold what JSON escapes.
fn quoted(out: &mut Vec<u8>, inner: impl FnOnce(&mut Vec<u8>) -> Result<(), Malformed>) -> Result<(), Malformed> {
    out.push(b'"');
    inner(out)?;
    out.push(b'"');
    Ok(())
}
