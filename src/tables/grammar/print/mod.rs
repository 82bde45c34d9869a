//! The original spelling of a query.
//!
//! There is one way to print each query, so that two spellings of the same one become the same text; and reading it
//! gives the query back, whatever its names and values contain.

use std::fmt::Write;

use super::{
    ast::{Comparison, Condition, Direction, Field, JsonKey, Nulls, Operation, OrderTerm, Query},
    names::is_plain,
    operand::braces,
    pairs::encode,
};

mod select;

impl Query {
    /// The pairs of the query string, not yet encoded.
    pub fn print(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut pair = |key: &str, value: String| pairs.push((key.to_owned(), value));
        if !self.select.is_empty() {
            pair("select", select::items(&self.select));
        }
        if let Some(columns) = &self.columns {
            pair("columns", names(columns));
        }
        if let Some(columns) = &self.on_conflict {
            pair("on_conflict", names(columns));
        }
        for filter in &self.filters {
            let (key, value) = condition(&filter.path, &filter.value);
            pair(&key, value);
        }
        if let Some(words) = &self.search {
            pair("q", words.clone());
        }
        for order in &self.order {
            pair(&way(&order.path, "order"), joined(&order.value, ",", order_term));
        }
        for limit in &self.limit {
            pair(&way(&limit.path, "limit"), limit.value.to_string());
        }
        for offset in &self.offset {
            pair(&way(&offset.path, "offset"), offset.value.to_string());
        }
        if let Some(cursor) = &self.after {
            pair("after", cursor.clone());
        }
        pairs
    }

    /// The query string, encoded, without `?`.
    pub fn to_query_string(&self) -> String {
        let pairs: Vec<_> = self.print().iter().map(|(key, value)| encode(key, value)).collect();
        pairs.join("&")
    }
}

impl Condition {
    /// The condition as one decoded pair, for a relation named by the way to it.
    pub fn print(&self, path: &[String]) -> (String, String) {
        condition(path, self)
    }
}

fn condition(path: &[String], condition: &Condition) -> (String, String) {
    match condition {
        Condition::Compare(Comparison { field, negated, operation }) => {
            let mut last = String::new();
            write_field(&mut last, field);
            last.push_str(if *negated { ".not." } else { "." });
            write_verb(&mut last, operation);
            let mut value = String::new();
            match operation {
                Operation::Binary { value: text, .. }
                | Operation::Quantified { value: text, .. }
                | Operation::Search { value: text, .. } => value.push_str(text),
                Operation::In(elements) => write_list(&mut value, elements),
                Operation::Is(is) => value.push_str(is.word()),
            }
            (way(path, &last), value)
        }
        Condition::Logic { negated, join, of } => {
            let last = [if *negated { "not." } else { "" }, join.word()].concat();
            let mut value = String::new();
            write_group(&mut value, of);
            (way(path, &last), value)
        }
    }
}

fn write_group(out: &mut String, of: &[Condition]) {
    out.push('(');
    for (at, condition) in of.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        match condition {
            Condition::Compare(comparison) => write_leaf(out, comparison),
            Condition::Logic { negated, join, of } => {
                out.push_str(if *negated { "not." } else { "" });
                out.push_str(join.word());
                write_group(out, of);
            }
        }
    }
    out.push(')');
}

fn write_leaf(out: &mut String, Comparison { field, negated, operation }: &Comparison) {
    write_field(out, field);
    out.push_str(if *negated { ".not." } else { "." });
    write_verb(out, operation);
    out.push('.');
    match operation {
        Operation::Binary { value, .. } | Operation::Quantified { value, .. } | Operation::Search { value, .. } => {
            let literal = braces(&mut value.as_str()).is_ok_and(|literal| literal == value);
            if literal || value.is_empty() {
                out.push_str(value);
            } else if value.starts_with('{') {
                // Its missing end might be found in a later value.
                write_quoted(out, value);
            } else {
                write_element(out, value);
            }
        }
        Operation::In(elements) => write_list(out, elements),
        Operation::Is(is) => out.push_str(is.word()),
    }
}

/// The operator with its parentheses.
fn write_verb(out: &mut String, operation: &Operation) {
    match operation {
        Operation::Binary { operator, .. } => out.push_str(operator.word()),
        Operation::Quantified { operator, quantifier, .. } => {
            out.extend([operator.word(), "(", quantifier.word(), ")"]);
        }
        Operation::In(_) => out.push_str("in"),
        Operation::Is(_) => out.push_str("is"),
        Operation::Search { kind, config: None, .. } => out.push_str(kind.word()),
        Operation::Search { kind, config: Some(config), .. } => out.extend([kind.word(), "(", config, ")"]),
    }
}

fn write_list(out: &mut String, elements: &[String]) {
    out.push('(');
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_element(out, element);
    }
    out.push(')');
}

/// A value inside of parentheses, in quotes when it would not be read as itself or not be seen.
fn write_element(out: &mut String, element: &str) {
    let blank = |char: char| matches!(char, ' ' | '\t');
    if element.is_empty()
        || element.contains([',', '(', ')', '"', '\\'])
        || element.starts_with(blank)
        || element.ends_with(blank)
    {
        write_quoted(out, element);
    } else {
        out.push_str(element);
    }
}

fn write_field(out: &mut String, field: &Field) {
    write_name(out, &field.name);
    for step in &field.json {
        out.push_str(if step.as_text { "->>" } else { "->" });
        match &step.key {
            JsonKey::Index(index) => write!(out, "{index}").expect("a string takes every number"),
            // Digits without quotes would be an index.
            JsonKey::Name(name) if name.bytes().all(|byte| byte.is_ascii_digit()) => write_quoted(out, name),
            JsonKey::Name(name) => write_name(out, name),
        }
    }
}

fn write_name(out: &mut String, name: &str) {
    if is_plain(name) { out.push_str(name) } else { write_quoted(out, name) }
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        if matches!(char, '"' | '\\') {
            out.push('\\');
        }
        out.push(char);
    }
    out.push('"');
}

fn names(names: &[String]) -> String {
    joined(names, ",", |out, name| write_name(out, name))
}

fn order_term(out: &mut String, term: &OrderTerm) {
    if let Some(relation) = &term.relation {
        write_name(out, relation);
        out.push('(');
    }
    write_field(out, &term.field);
    if term.relation.is_some() {
        out.push(')');
    }
    out.push_str(match term.direction {
        None => "",
        Some(Direction::Asc) => ".asc",
        Some(Direction::Desc) => ".desc",
    });
    out.push_str(match term.nulls {
        None => "",
        Some(Nulls::First) => ".nullsfirst",
        Some(Nulls::Last) => ".nullslast",
    });
}

/// A key behind the relations that lead to it.
fn way(path: &[String], last: &str) -> String {
    let mut key = joined(path, "", |out, name| {
        write_name(out, name);
        out.push('.');
    });
    key.push_str(last);
    key
}

fn joined<T>(items: &[T], separator: &str, write: impl Fn(&mut String, &T)) -> String {
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(separator);
        }
        write(&mut out, item);
    }
    out
}
