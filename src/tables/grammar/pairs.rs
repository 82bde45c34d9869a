//! From the text of a query string to decoded pairs.
//!
//! `+` is a blank and `%` introduces two hexadecimal digits. What is no text is refused instead of repaired: a repaired
//! value would be looked for and not found, and nobody would know why.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::error::{SyntaxError, What, clipped};

/// What a query string cannot carry as it is, and what proxies and shells stumble over.
const VALUE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
const KEY: &AsciiSet = &VALUE.add(b'=');

/// The decoded pairs of a query string, in their order.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = Result<(Cow<'_, str>, Cow<'_, str>), SyntaxError>> {
    query.split('&').filter_map(|pair| match pair.split_once('=') {
        Some((key, value)) => Some(decode(key).and_then(|key| Ok((key, decode(value)?)))),
        None => without_value(pair).err().map(Err),
    })
}

/// A pair as it stands in a query string.
pub(super) fn encode(key: &str, value: &str) -> String {
    format!("{}={}", utf8_percent_encode(key, KEY), utf8_percent_encode(value, VALUE))
}

/// A word without `=` is left aside, as the dialect does, unless it reads like a filter: who wrote one wants fewer rows,
/// not all of them.
fn without_value(word: &str) -> Result<(), SyntaxError> {
    let word = decode(word)?;
    if word.contains(['.', '>', '(', '<', '!']) {
        let message = format!("The parameter \"{}\" has no value", clipped(&word));
        let hint = "A filter is written status.eq=active or status=eq.active".to_owned();
        return Err(SyntaxError::plain(What::Parameter, message).with_hint(Some(hint)));
    }
    Ok(())
}

fn decode(text: &str) -> Result<Cow<'_, str>, SyntaxError> {
    let refuse = |why: &str| {
        let message = format!("\"{}\" in the query string {why}", clipped(text));
        Err(SyntaxError::plain(What::Encoding, message))
    };
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let mut encoded = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'%' => {
                let digits = &text.as_bytes()[at + 1..];
                if !is_digit(digits.first()) || !is_digit(digits.get(1)) {
                    return refuse("has a % without two hexadecimal digits; a percent sign is written %25");
                }
                if digits.starts_with(b"00") {
                    return refuse("contains a NUL character, which no text may");
                }
                encoded = true;
            }
            b'+' => encoded = true,
            0 => return refuse("contains a NUL character, which no text may"),
            _ => (),
        }
    }
    if !encoded {
        return Ok(Cow::Borrowed(text));
    }
    match percent_decode_str(&text.replace('+', " ")).decode_utf8() {
        Ok(decoded) => Ok(Cow::Owned(decoded.into_owned())),
        Err(_) => refuse("is not valid UTF-8"),
    }
}
