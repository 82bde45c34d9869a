//! What an endpoint answered, as far as it is read.

use reqwest::{Response, header::CONTENT_ENCODING};

/// Bytes of an answer that are read; nobody needs more to say yes or no.
const READ: usize = 16 * 1024;
/// Bytes of it that are kept for the log.
const KEPT: usize = 4 * 1024;

/// The beginning of an answer's body, and where it ended.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// What was kept of it.
    kept: Vec<u8>,
    read: usize,
    encoded: bool,
}

impl Body {
    /// Reads until the end or the bound, into `self`, so that what was read remains when the reading is broken off.
    /// The connection is dropped with the answer when more would have come.
    pub(super) async fn read(&mut self, answer: &mut Response) -> reqwest::Result<()> {
        self.encoded = answer.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
        while self.read < READ {
            let Some(chunk) = answer.chunk().await? else { break };
            self.read += chunk.len();
            self.kept.extend_from_slice(&chunk[..chunk.len().min(KEPT - self.kept.len())]);
        }
        Ok(())
    }

    /// The text that was kept; `None` when there is none, or when it is encoded: decoding it is what a bomb waits for.
    pub(super) fn excerpt(self) -> Option<String> {
        if self.kept.is_empty() || self.encoded {
            return None;
        }
        let end = whole_characters(&self.kept);
        Some(shortened(String::from_utf8_lossy(&self.kept[..end]).replace('\0', "\u{fffd}")))
    }
}

/// Where the last character that is whole ends; a character that the bound cut in two is not kept.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

/// Replacing a byte makes three of it.
fn shortened(mut text: String) -> String {
    let end = text.floor_char_boundary(KEPT);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(bytes: &[u8]) -> Option<String> {
        Body { kept: bytes.to_vec(), read: bytes.len(), encoded: false }.excerpt()
    }

    #[test]
    fn an_excerpt_is_text_that_a_database_can_keep() {
        assert_eq!(excerpt(b"ok").as_deref(), Some("ok"));
        assert_eq!(excerpt(b""), None);
        assert_eq!(excerpt(b"a\0b\xffc").as_deref(), Some("a\u{fffd}b\u{fffd}c"));
        assert_eq!(excerpt("Zoë".as_bytes()).as_deref(), Some("Zoë"));
        assert_eq!(excerpt(&"Zoë".as_bytes()[..3]).as_deref(), Some("Zo"), "half a character is dropped");
        assert!(excerpt(&[0; KEPT]).unwrap().len() <= KEPT);
        assert_eq!(Body { kept: b"\x1f\x8b".to_vec(), read: 2, encoded: true }.excerpt(), None);
    }
}
