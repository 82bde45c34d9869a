//! Array literals of one dimension, `{a,"b c",NULL}`, read and written by the rules of Postgres.

/// The blanks of array literals.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

/// The elements of a literal; `None` when it is malformed or has several dimensions.
pub(super) fn split(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.trim_matches(BLANKS).strip_prefix('{')?;
    let mut rest = inner.trim_start_matches(BLANKS);
    let mut elements = Vec::new();
    if let Some(behind) = rest.strip_prefix('}') {
        return behind.is_empty().then_some(elements);
    }
    loop {
        let (element, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_element(quoted)?,
            None => bare_element(rest)?,
        };
        elements.push(element);
        if let Some(next) = behind.strip_prefix(',') {
            rest = next.trim_start_matches(BLANKS);
        } else {
            return (behind == "}").then_some(elements);
        }
    }
}

/// An element behind its opening quote, and what stands behind it.
fn quoted_element(text: &str) -> Option<(Option<String>, &str)> {
    let mut element = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((Some(element), text[at + 1..].trim_start_matches(BLANKS))),
            '\\' => element.push(chars.next()?.1),
            other => element.push(other),
        }
    }
    None
}

/// An element without quotes; blanks at its end are its own only behind a backslash.
fn bare_element(text: &str) -> Option<(Option<String>, &str)> {
    let mut element = String::new();
    let (mut kept, mut escaped) = (0, false);
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            ',' | '}' => {
                element.truncate(kept);
                let null = !escaped && element.eq_ignore_ascii_case("null");
                return (!element.is_empty()).then(|| ((!null).then_some(element), &text[at..]));
            }
            '{' | '"' => return None,
            '\\' => {
                element.push(chars.next()?.1);
                (kept, escaped) = (element.len(), true);
            }
            other => {
                element.push(other);
                if !BLANKS.contains(&other) {
                    kept = element.len();
                }
            }
        }
    }
    None
}

/// Writes an array literal as Postgres does; `None` is a null.
pub fn array_literal(elements: &[Option<String>]) -> String {
    let mut literal = String::from("{");
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            literal.push(',');
        }
        match element {
            None => literal.push_str("NULL"),
            Some(text) if needs_quotes(text) => {
                literal.push('"');
                for char in text.chars() {
                    if matches!(char, '"' | '\\') {
                        literal.push('\\');
                    }
                    literal.push(char);
                }
                literal.push('"');
            }
            Some(text) => literal.push_str(text),
        }
    }
    literal.push('}');
    literal
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case("null")
        || text.contains(|char| matches!(char, '{' | '}' | ',' | '"' | '\\') || BLANKS.contains(&char))
}
