//! JSON as `jsonb` can hold it. The text itself is stored: a number keeps its digits.

use serde::de::IgnoredAny;

use super::{super::kind::Kind, BadValue, number};

/// Deeper nesting is refused, as the parsers of most languages do.
pub(in crate::tables) const MAX_DEPTH: usize = 128;

/// Whether a text is JSON, and such that Postgres can store it.
pub(super) fn judge(text: &str) -> Result<(), BadValue> {
    if serde_json::from_str::<IgnoredAny>(text).is_err() || depth(text) > MAX_DEPTH {
        return Err(BadValue::syntax(Kind::Json));
    }
    let mut rest = text;
    while let Some(at) = rest.find(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        rest = &rest[at..];
        let end = if rest.starts_with('"') { string_end(rest) } else { number_end(rest) };
        let (token, behind) = rest.split_at(end);
        if token.starts_with('"') {
            judge_string(token)?;
        } else if !number::is_moderate(token) {
            return Err(BadValue { state: "22003", reason: "value holds a number with too many digits".to_owned() });
        }
        rest = behind;
    }
    Ok(())
}

/// How deeply arrays and objects are nested; brackets inside strings do not count.
pub(in crate::tables) fn depth(text: &str) -> usize {
    let (mut deepest, mut open) = (0_usize, 0_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                open += 1;
                deepest = deepest.max(open);
            }
            b']' | b'}' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Where the string that a text begins with ends, its quote included.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn number_end(text: &str) -> usize {
    text.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(text.len())
}

/// Postgres has no character zero, and half a surrogate pair is no character.
fn judge_string(token: &str) -> Result<(), BadValue> {
    if !token.contains("\\u") {
        return Ok(());
    }
    let text: String = serde_json::from_str(token).map_err(|_| BadValue::syntax(Kind::Json))?;
    if text.contains('\0') {
        return Err(BadValue { state: "22P05", reason: "unsupported Unicode escape sequence \\u0000".to_owned() });
    }
    Ok(())
}
