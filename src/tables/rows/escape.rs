//! A text as a JSON string: quotes, backslashes and control characters escaped as Postgres escapes them.

use super::digits::hex;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A text, which must be UTF-8, in quotes.
pub(super) fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text;
    while let Some(clean) = first_special(rest) {
        out.extend_from_slice(&rest[..clean]);
        match rest[clean] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            control => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&hex(control));
            }
        }
        rest = &rest[clean + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Where the first byte stands that cannot be copied. Eight bytes are looked at as one number.
fn first_special(bytes: &[u8]) -> Option<usize> {
    let mut words = bytes.chunks_exact(8);
    let mut at = 0;
    for word in words.by_ref() {
        let word = u64::from_le_bytes(word.try_into().expect("chunks of eight have eight bytes"));
        // A bit at the top of each byte that is below 32, a quote or a backslash. A borrow may set more of them, but only
        // above the first, which is the one that counts.
        let control = word.wrapping_sub(LOW * 0x20);
        let quote = (word ^ (LOW * b'"' as u64)).wrapping_sub(LOW);
        let backslash = (word ^ (LOW * b'\\' as u64)).wrapping_sub(LOW);
        let found = (control | quote | backslash) & !word & HIGH;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    words.remainder().iter().position(|byte| matches!(byte, 0..0x20 | b'"' | b'\\')).map(|found| at + found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn string(text: &str) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn control_characters_have_the_escapes_of_postgres() {
        assert_eq!(
            string("\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f}\"\\/\u{7f}é😀"),
            "\"\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/\u{7f}é😀\""
        );
    }

    #[test]
    fn each_special_byte_is_found_in_each_place() {
        for special in (0..0x20).chain([b'"', b'\\']) {
            for (before, after) in (0..20).flat_map(|before| [(before, 0), (before, 9)]) {
                let mut bytes = vec![b'~'; before];
                bytes.push(special);
                bytes.extend(vec![0xff; after]);
                assert_eq!(first_special(&bytes), Some(before));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_str::<String>(&string(&text)).unwrap(), text);
        }
    }
}
