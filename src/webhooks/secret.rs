//! The secrets that sign deliveries.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::secret::Secret;

/// What the text of every secret begins with.
pub(crate) const PREFIX: &str = "whsec_";
/// Bytes of a secret that is made here.
const OURS: usize = 32;

/// A secret that signs an endpoint's deliveries: 24 to 64 bytes, as Standard Webhooks wants them.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(<hidden>)")
    }
}

impl SigningKey {
    /// A new one of 32 random bytes.
    pub fn generate() -> Self {
        let mut bytes = vec![0; OURS];
        getrandom::fill(&mut bytes).expect("the operating system gives randomness");
        Self(bytes)
    }

    /// The secret of a text, `whsec_` and base64; `None` when it is no such text or has fewer than 24 or more than 64 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?)
    }

    /// The secret of these bytes; `None` for fewer than 24 or more than 64.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes, for signing and sealing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text that a receiver is given, once.
    pub fn text(&self) -> Secret {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(&self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_reads_back_from_its_text_and_is_never_printed() {
        let key = SigningKey::generate();
        let text = key.text();
        assert_eq!(text.expose().len(), PREFIX.len() + 44);
        assert_eq!(SigningKey::parse(text.expose()), Some(key.clone()));
        assert_ne!(key, SigningKey::generate());
        assert_eq!(format!("{key:?} {text:?}"), "SigningKey(<hidden>) <hidden>");
    }

    #[test]
    fn a_secret_has_24_to_64_bytes_and_its_prefix() {
        let text = |length: usize| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        for length in [24, 32, 64] {
            assert!(SigningKey::parse(&text(length)).is_some(), "{length}");
        }
        for wrong in [&text(0), &text(23), &text(65), &text(32)[6..], "whsec_", "whsec_%%%", "", "WHSEC_AAAA"] {
            assert!(SigningKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
