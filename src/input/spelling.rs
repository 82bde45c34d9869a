//! Members in two spellings: the functions take snake_case and camelCase, as the original mixes them.

use serde_json::Map;

use super::{Fields, shown};
use crate::error::ApiError;

impl Fields {
    /// The same members under their snake_case names. 400 for a member that is not `known` (a misspelled one would be
    /// ignored), and for one that comes in both spellings with different values.
    pub fn in_either_spelling(self, known: &[&str]) -> Result<Self, ApiError> {
        let mut members = Map::new();
        for (spelled, value) in self.into_members() {
            let name = snake_case(&spelled);
            if !known.contains(&name.as_str()) {
                let known = known.join(", ");
                return Err(ApiError::bad_request(format!("Unknown member {}; known: {known}", shown(&spelled))));
            }
            match members.get(&name) {
                Some(before) if *before != value => {
                    let sentence = format!("{name} comes in two spellings with different values");
                    return Err(ApiError::bad_request(sentence));
                }
                _ => members.insert(name, value),
            };
        }
        Ok(Self::from_members(members))
    }
}

/// `allowedTables` as `allowed_tables`; anything but plain camelCase stays as it is, and so stays unknown.
fn snake_case(name: &str) -> String {
    if name.contains('_') || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Fields, ApiError> {
        Fields::parse(json.as_bytes()).unwrap().in_either_spelling(&["key_id", "name"])
    }

    #[test]
    fn both_spellings_mean_the_same_member() {
        for json in [r#"{"key_id":"a"}"#, r#"{"keyId":"a"}"#, r#"{"keyId":"a","key_id":"a"}"#] {
            assert_eq!(read(json).unwrap().text("key_id", 1..=9).unwrap().as_deref(), Some("a"), "{json}");
        }
    }

    #[test]
    fn what_is_unknown_or_contradicts_itself_is_refused() {
        for json in [
            r#"{"keyId":"a","key_id":"b"}"#,
            r#"{"keyId":null,"key_id":"b"}"#,
            r#"{"key_ID":"a"}"#,
            r#"{"KeyId":"a"}"#,
            r#"{"keyid":"a"}"#,
            r#"{"key_Id":"a"}"#,
            r#"{"Name":"a"}"#,
            r#"{"":"a"}"#,
            r#"{"__proto__":{}}"#,
        ] {
            assert_eq!(read(json).unwrap_err().status_code(), 400, "{json}");
        }
        assert_eq!(read(r#"{"nme":1}"#).unwrap_err().sentence(), "Unknown member \"nme\"; known: key_id, name");
    }
}
