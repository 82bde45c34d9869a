//! CSV bodies: a header line with the names of columns, then a line for each row.
//!
//! The scan is our own because it must tell `NULL`, which is null, from `"NULL"`, which is a text.

use std::{borrow::Cow, collections::HashSet};

use super::{Document, Given, refusals};
use crate::error::ApiError;

pub(super) fn read(bytes: &[u8]) -> Result<Document<'_>, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| refusals::invalid_csv(error.to_string()))?;
    let mut scan = Scan { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
    let header = scan.record()?.ok_or_else(|| refusals::invalid_csv("a header line is missing".to_owned()))?;
    let names: Vec<Cow<'_, str>> = header.into_iter().map(|field| field.text).collect();
    let mut seen = HashSet::new();
    for name in &names {
        if !seen.insert(name) {
            return Err(refusals::invalid_csv(format!("the header names {} twice", crate::input::shown(name))));
        }
    }
    let mut rows = Vec::new();
    loop {
        let line = scan.line;
        let Some(fields) = scan.record()? else { break };
        if fields.len() != names.len() {
            return Err(refusals::ragged(line, fields.len(), names.len()));
        }
        rows.push(Some(names.iter().cloned().zip(fields.into_iter().map(Field::given)).collect()));
        refusals::limit_rows(rows.len())?;
    }
    Ok(Document { was_array: true, header: names, rows })
}

struct Field<'b> {
    text: Cow<'b, str>,
    quoted: bool,
}

impl<'b> Field<'b> {
    fn given(self) -> Given<'b> {
        if !self.quoted && self.text == "NULL" { Given::Null } else { Given::Text(self.text) }
    }
}

/// What is still to be read, and the line where it begins.
struct Scan<'b> {
    rest: &'b str,
    line: usize,
}

impl<'b> Scan<'b> {
    /// The next record that is not a blank line.
    fn record(&mut self) -> Result<Option<Vec<Field<'b>>>, ApiError> {
        while !self.rest.is_empty() {
            let mut fields = Vec::new();
            loop {
                fields.push(self.field()?);
                match self.rest.strip_prefix(',') {
                    Some(next) => self.rest = next,
                    None => break,
                }
            }
            self.end_line();
            if !matches!(&*fields, [only] if only.text.is_empty() && !only.quoted) {
                return Ok(Some(fields));
            }
        }
        Ok(None)
    }

    fn field(&mut self) -> Result<Field<'b>, ApiError> {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let text = self.quoted(quoted)?;
            return Ok(Field { text, quoted: true });
        }
        let end = self.rest.find([',', '\r', '\n']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Field { text: Cow::Borrowed(text), quoted: false })
    }

    /// A field behind its opening quote; two quotes inside it stand for one.
    fn quoted(&mut self, text: &'b str) -> Result<Cow<'b, str>, ApiError> {
        let line = self.line;
        let mut end = 0;
        loop {
            let Some(quote) = text[end..].find('"') else {
                return Err(refusals::invalid_csv(format!("the quote that opens in line {line} is never closed")));
            };
            end += quote;
            if !text[end + 1..].starts_with('"') {
                break;
            }
            end += 2;
        }
        let (field, rest) = (&text[..end], &text[end + 1..]);
        self.line += field.matches('\n').count();
        self.rest = rest;
        if !(rest.is_empty() || rest.starts_with([',', '\r', '\n'])) {
            return Err(refusals::invalid_csv(format!("text follows a closing quote in line {}", self.line)));
        }
        Ok(if field.contains('"') { Cow::Owned(field.replace("\"\"", "\"")) } else { Cow::Borrowed(field) })
    }

    fn end_line(&mut self) {
        let rest = self.rest;
        self.rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n'])).unwrap_or(rest);
        self.line += 1;
    }
}
