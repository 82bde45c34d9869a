//! A strict reader of the lists of RFC 9651, as far as the rate-limit headers use them: strings with integer parameters.

/// A member of a list: a string and its parameters, in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: String,
    parameters: Vec<(String, i64)>,
}

impl Item {
    /// A parameter that must be there.
    pub(super) fn get(&self, name: &str) -> i64 {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no parameter {name} in {self:?}")).1
    }
}

/// The members of a list, or none when the text is not exactly one.
pub(super) fn list(text: &str) -> Option<Vec<Item>> {
    let mut rest = text;
    let mut items = Vec::new();
    loop {
        items.push(item(&mut rest)?);
        if rest.is_empty() {
            return Some(items);
        }
        rest = rest.trim_start_matches([' ', '\t']).strip_prefix(',')?.trim_start_matches([' ', '\t']);
    }
}

fn item(rest: &mut &str) -> Option<Item> {
    let (name, after) = rest.strip_prefix('"')?.split_once('"')?;
    // Escapes are allowed by the standard and needed by no name of ours.
    if !name.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'\\') {
        return None;
    }
    *rest = after;
    let mut parameters: Vec<(String, i64)> = Vec::new();
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_start_matches(' ');
        let (key, after) = after.split_once('=')?;
        let begins = key.starts_with(|c: char| c.is_ascii_lowercase() || c == '*');
        let goes_on = key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'));
        let end = after.find([';', ',', ' ', '\t']).unwrap_or(after.len());
        let (value, after) = after.split_at(end);
        let digits = value.strip_prefix('-').unwrap_or(value);
        let is_integer = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !begins || !goes_on || !is_integer || parameters.iter().any(|(known, _)| known == key) {
            return None;
        }
        parameters.push((key.to_owned(), value.parse().ok()?));
        *rest = after;
    }
    Some(Item { name: name.to_owned(), parameters })
}

#[test]
fn the_reader_takes_what_the_standard_takes_and_nothing_else() {
    let read = list("\"minute\";q=60;w=60, \"day\";q=10000;w=86400").unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!((read[1].name.as_str(), read[1].get("w")), ("day", 86_400));
    for good in ["\"a\"", "\"a\";q=0", "\"a\" \t,\t \"b\"", "\"a\"; q=-5"] {
        assert!(list(good).is_some(), "{good}");
    }
    let bad = [
        "",
        "minute;q=60",
        "limit=60, remaining=1",
        "\"a",
        "\"a\",",
        "\"a\";q",
        "\"a\";q=",
        "\"a\";q=1.5",
        "\"a\";Q=1",
        "\"a\";q=1;q=2",
        "\"a\" ;q=1",
        "\"a\";q=1 ",
        "\"a\";q=1234567890123456",
        "\"a\";q=\"1\"",
        "\"ä\"",
    ];
    for bad in bad {
        assert!(list(bad).is_none(), "{bad}");
    }
}
