//! Secrets at rest: what the database stores so that a copy of it gives nothing away.
//!
//! A sealed text is `version, nonce, ciphertext`: one byte that tells which key was used (so that another can come after
//! it), 24 random bytes, and XChaCha20-Poly1305 over the rest. What it is and whose it is are sealed with it: a secret
//! that is copied into another row, or read as something else, does not open.
//!
//! The key is `secrets.encryption_key`. Where that may be missing, outside production, the first process makes one in
//! the data folder and all others find it there.

use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    config::{Config, Environment},
    kept_file::kept,
    secret::Secret,
};

/// The file of a key that nobody configured, in the data folder.
const FILE: &str = "encryption_key";
/// The key of the settings.
const VERSION: u8 = 1;
const NONCE: usize = 24;

/// What a sealed text is; it opens as nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A secret that signs an endpoint's deliveries, in use or on its way out.
    WebhookSecret,
    /// The values of an endpoint's own headers.
    WebhookHeaders,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::WebhookSecret => "webhook secret",
            Self::WebhookHeaders => "webhook headers",
        }
    }
}

/// Seals and opens with this installation's key.
pub struct Sealer(XChaCha20Poly1305);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(<hidden>)")
    }
}

impl Sealer {
    /// Seals with a key derived from the installation's: the base64 of 32 bytes, in either alphabet, padded or not.
    pub fn new(key: &Secret) -> anyhow::Result<Self> {
        let text = key.expose().trim();
        let bytes = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
            .iter()
            .find_map(|alphabet| alphabet.decode(text).ok().filter(|bytes| bytes.len() == 32))
            .context("the encryption key is not the base64 of exactly 32 bytes")?;
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&bytes).expect("a key may have any length");
        let own = mac.chain_update(b"playhouse sealing v1").finalize().into_bytes();
        Ok(Self(XChaCha20Poly1305::new_from_slice(&own).expect("SHA-256 gives 32 bytes")))
    }

    /// Seals a secret of a row.
    pub fn seal(&self, purpose: Purpose, owner: Uuid, secret: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).expect("the operating system gives randomness");
        let context = context(purpose, owner);
        let payload = Payload { msg: secret, aad: &context };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).expect("secrets are short");
        [&[VERSION], nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Sealer::seal`] made for the same purpose and row.
    ///
    /// # Errors
    ///
    /// For everything else: another key, another row, another purpose, a changed byte.
    pub fn open(&self, purpose: Purpose, owner: Uuid, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
        let what = purpose.name();
        let (version, rest) = sealed.split_first().with_context(|| format!("the {what} of {owner} is empty"))?;
        if *version != VERSION {
            bail!("the {what} of {owner} was sealed with key version {version}, which this server does not know");
        }
        let (nonce, rest) =
            rest.split_first_chunk::<NONCE>().with_context(|| format!("the {what} of {owner} is cut off"))?;
        let context = context(purpose, owner);
        let payload = Payload { msg: rest, aad: &context };
        self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| {
            anyhow!(
                "the {what} of {owner} does not open: it was sealed with another secrets.encryption_key, or changed"
            )
        })
    }
}

fn context(purpose: Purpose, owner: Uuid) -> Vec<u8> {
    [&[VERSION], purpose.name().as_bytes(), &[0], owner.as_bytes().as_slice()].concat()
}

/// The key of this installation: the configured one, or outside production the one in the data folder.
pub(crate) fn installation_key(config: &Config) -> anyhow::Result<Secret> {
    if let Some(key) = &config.secrets.encryption_key {
        return Ok(key.clone());
    }
    if config.environment == Environment::Production {
        bail!("secrets.encryption_key is not set");
    }
    let path = file(config);
    let text = kept(&path, || {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(STANDARD.encode(key))
    })?;
    let key = Secret::new(text.trim());
    Sealer::new(&key).with_context(|| format!("{} holds no key; remove it for a new one", path.display()))?;
    Ok(key)
}

/// Where that key comes from, for the operator.
pub(crate) fn source(config: &Config) -> String {
    match config.secrets.encryption_key {
        Some(_) => "the key of secrets.encryption_key".to_owned(),
        None => format!("a key made for this machine, in {}", file(config).display()),
    }
}

fn file(config: &Config) -> PathBuf {
    config.data.directory.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&Secret::new(STANDARD.encode([byte; 32]))).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_again_and_never_looks_the_same_twice() {
        let owner = Uuid::from_u128(7);
        let [one, two] = [(); 2].map(|()| sealer(1).seal(Purpose::WebhookSecret, owner, b"secret"));
        assert_ne!(one, two);
        assert_eq!(one.len(), 1 + NONCE + 6 + 16);
        assert_eq!(one[0], 1, "the version of the key comes first");
        for sealed in [one, two] {
            assert_eq!(sealer(1).open(Purpose::WebhookSecret, owner, &sealed).unwrap(), b"secret");
        }
    }

    #[test]
    fn nothing_opens_for_another_row_purpose_or_key_or_with_a_changed_byte() {
        let (owner, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let sealed = sealer(1).seal(Purpose::WebhookSecret, owner, b"secret");
        assert!(sealer(1).open(Purpose::WebhookSecret, other, &sealed).is_err());
        assert!(sealer(1).open(Purpose::WebhookHeaders, owner, &sealed).is_err());
        assert!(sealer(2).open(Purpose::WebhookSecret, owner, &sealed).is_err());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            let error = sealer(1).open(Purpose::WebhookSecret, owner, &changed).unwrap_err().to_string();
            assert!(error.starts_with(&format!("the webhook secret of {owner} ")), "{error}");
            assert!(sealer(1).open(Purpose::WebhookSecret, owner, &sealed[..place]).is_err());
        }
    }

    #[test]
    fn every_usual_base64_of_a_key_is_the_same_key() {
        let owner = Uuid::from_u128(7);
        let bytes = [0xfb; 32];
        let sealed =
            Sealer::new(&Secret::new(STANDARD.encode(bytes))).unwrap().seal(Purpose::WebhookHeaders, owner, b"x");
        for text in [STANDARD_NO_PAD.encode(bytes), URL_SAFE.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)] {
            let again = Sealer::new(&Secret::new(text)).unwrap();
            assert_eq!(again.open(Purpose::WebhookHeaders, owner, &sealed).unwrap(), b"x");
        }
        assert!(Sealer::new(&Secret::new(STANDARD.encode([1; 31]))).is_err());
    }
}
