//! Rows as CSV, as PostgREST writes it: the texts of Postgres' records without their parentheses.
//!
//! A field is quoted when it is empty, or has a blank, a comma, a parenthesis, a quote or a backslash; quotes and
//! backslashes are doubled. Nothing at all is null. That is not what a table program would write, but what clients of
//! that dialect read.

use super::{OutColumn, read::Malformed};

/// What happens to texts that a table program would take for a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Formulas {
    /// They are written as they are.
    #[default]
    Kept,
    /// Texts that begin with `=`, `+`, `-`, `@`, a tab or a carriage return get an apostrophe in front; numbers do not.
    Escaped,
}

/// The names of the columns. Names are plain words as a rule; one that would break the line is quoted.
pub(super) fn push_header(out: &mut Vec<u8>, columns: &[OutColumn], formulas: Formulas) {
    for (number, column) in columns.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        let name = column.name().as_bytes();
        let escaped = is_formula(name, formulas);
        if !escaped && !name.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
            out.extend_from_slice(name);
            continue;
        }
        out.extend_from_slice(if escaped { b"\"'" } else { b"\"" });
        for byte in name {
            out.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
        }
        out.push(b'"');
    }
}

/// One row without the end of its line. `spare` is room that rows share.
pub(super) fn push_row<'v>(
    out: &mut Vec<u8>,
    spare: &mut Vec<u8>,
    columns: &[OutColumn],
    formulas: Formulas,
    values: impl Fn(usize) -> Option<&'v [u8]>,
) -> Result<(), Malformed> {
    for (number, column) in columns.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        let Some(bytes) = values(number) else { continue };
        if column.writer().is_number() {
            column.writer().push_text(out, bytes)?;
            continue;
        }
        spare.clear();
        column.writer().push_text(spare, bytes)?;
        push_field(out, spare, is_formula(spare, formulas));
    }
    Ok(())
}

fn is_formula(text: &[u8], formulas: Formulas) -> bool {
    formulas == Formulas::Escaped && matches!(text.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

fn push_field(out: &mut Vec<u8>, text: &[u8], escaped: bool) {
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b',' | b' ' | 9..=13);
    if !escaped && !text.is_empty() && !text.iter().any(special) {
        out.extend_from_slice(text);
        return;
    }
    out.extend_from_slice(if escaped { b"\"'" } else { b"\"" });
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(&rest[..=at]);
        out.push(rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
