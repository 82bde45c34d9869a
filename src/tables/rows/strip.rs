//! Leaving out the members of JSON objects that are null, without building a tree.
//!
//! Only lexical: the text comes from Postgres, which has checked it. Like `json_strip_nulls` it removes blanks between
//! tokens and keeps nulls that are elements of arrays.

use super::read::Malformed;

const BAD: Malformed = Malformed("json");

/// What is open around a place in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// An object that has no member yet.
    EmptyObject,
    /// An object with a member.
    Object,
    /// An array.
    Array,
}

pub(super) fn push(out: &mut Vec<u8>, json: &[u8]) -> Result<(), Malformed> {
    let mut around = Vec::new();
    let mut rest = blanks_off(json);
    while let Some(first) = rest.first() {
        let inside = around.last().copied();
        let token = match first {
            b'{' | b'[' => {
                around.push(if *first == b'{' { Around::EmptyObject } else { Around::Array });
                1
            }
            b'}' | b']' => {
                let open = around.pop().ok_or(BAD)?;
                if (open == Around::Array) != (*first == b']') {
                    return Err(BAD);
                }
                1
            }
            b',' => {
                // In objects the comma is written with the next member that stays.
                if inside != Some(Around::Array) {
                    rest = blanks_off(&rest[1..]);
                    continue;
                }
                1
            }
            b'"' if matches!(inside, Some(Around::Object | Around::EmptyObject)) => {
                let (key, after) = rest.split_at(string_length(rest)?);
                let value = blanks_off(blanks_off(after).strip_prefix(b":").ok_or(BAD)?);
                if let Some(after_null) = value.strip_prefix(b"null") {
                    rest = blanks_off(after_null);
                    continue;
                }
                if inside == Some(Around::Object) {
                    out.push(b',');
                }
                if let Some(open) = around.last_mut() {
                    *open = Around::Object;
                }
                out.extend_from_slice(key);
                out.push(b':');
                rest = value;
                // A nested object or array is opened by the next turn; anything else is one token.
                match value.first().ok_or(BAD)? {
                    b'{' | b'[' => continue,
                    b'"' => string_length(value)?,
                    _ => bare_length(value)?,
                }
            }
            b'"' => string_length(rest)?,
            _ => bare_length(rest)?,
        };
        out.extend_from_slice(&rest[..token]);
        rest = blanks_off(&rest[token..]);
    }
    if around.is_empty() { Ok(()) } else { Err(BAD) }
}

fn blanks_off(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    &bytes[blanks..]
}

/// The length of the string that begins here, with both quotes.
fn string_length(bytes: &[u8]) -> Result<usize, Malformed> {
    let mut at = 1;
    loop {
        match bytes.get(at).ok_or(BAD)? {
            b'"' => return Ok(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The length of the number or word that begins here.
fn bare_length(bytes: &[u8]) -> Result<usize, Malformed> {
    let length = bytes.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.'));
    match length.count() {
        0 => Err(BAD),
        length => Ok(length),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strip(json: &str) -> Result<String, Malformed> {
        let mut out = Vec::new();
        push(&mut out, json.as_bytes())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn null_members_go_and_null_elements_stay() {
        for (json, left) in [
            (r#"{"a": null}"#, "{}"),
            (r#"{"a": 1, "b": null, "c": {"d": null, "e": [null, {"f": null}]}}"#, r#"{"a":1,"c":{"e":[null,{}]}}"#),
            (r#"{"a": null, "b": "null", "c,}\"": " x "}"#, r#"{"b":"null","c,}\"":" x "}"#),
            ("[1.5e+3 ,\n null, true]", "[1.5e+3,null,true]"),
            ("null", "null"),
            (" \"a b\" ", "\"a b\""),
            ("{}", "{}"),
        ] {
            assert_eq!(strip(json).unwrap(), left);
        }
    }

    #[test]
    fn broken_json_is_refused() {
        for broken in [r#"{"a""#, r#"{"a":"#, r#"{"a":1"#, "[", "]", "{]", "\"a", "\"\\", "?", r#"{"a":?}"#] {
            assert!(strip(broken).is_err(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(prop::sample::select(b"{}[]\",:\\n ul1x".to_vec()), 0..40)) {
            let _ = push(&mut Vec::new(), &bytes);
        }
    }
}
