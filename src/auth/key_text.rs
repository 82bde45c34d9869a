//! The text of a key: a prefix that scanners know, randomness, a checksum; and the hash that we keep.

use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// SHA-256 of a key, the only form in which the database knows it.
///
/// A slow hash would protect guessable secrets; 128 random bits cannot be guessed, so it would only cost every request.
pub type KeyHash = [u8; 32];

/// What all organisation keys begin with.
pub const ORG_KEY_PREFIX: &str = "dpk_";
const ORG_KEY_RANDOM_BYTES: usize = 16;
const ORG_KEY_HEX: usize = 40;

/// Makes an organisation key: `dpk_`, 32 hex characters of OS randomness, 8 of their CRC-32.
pub fn generate_org_key() -> Secret {
    let mut random = [0_u8; ORG_KEY_RANDOM_BYTES];
    getrandom::fill(&mut random).expect("the operating system gives randomness");
    let mut key = String::with_capacity(ORG_KEY_PREFIX.len() + ORG_KEY_HEX);
    key.push_str(ORG_KEY_PREFIX);
    for byte in random {
        push_hex(&mut key, byte);
    }
    let checksum = crc32fast::hash(&key.as_bytes()[ORG_KEY_PREFIX.len()..]);
    for byte in checksum.to_be_bytes() {
        push_hex(&mut key, byte);
    }
    Secret::new(key)
}

/// What all property keys begin with.
pub const PROPERTY_KEY_PREFIX: &str = "pk_";
const PROPERTY_KEY_BODY: usize = 43;
const PROPERTY_KEY_CHECKSUM: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Makes a property key: `pk_`, 43 base62 characters that hold 32 bytes of OS randomness, 6 of their CRC-32.
pub fn generate_property_key() -> Secret {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).expect("the operating system gives randomness");
    let body = base62(&random, PROPERTY_KEY_BODY);
    Secret::new(format!("{PROPERTY_KEY_PREFIX}{body}{}", property_checksum(&body)))
}

fn property_checksum(body: &str) -> String {
    base62(&crc32fast::hash(body.as_bytes()).to_be_bytes(), PROPERTY_KEY_CHECKSUM)
}

/// A big-endian number in so many digits, which must be enough for it.
fn base62(bytes: &[u8], digits: usize) -> String {
    let mut number = bytes.to_vec();
    let mut text = vec![b'0'; digits];
    for digit in text.iter_mut().rev() {
        let mut rest = 0_usize;
        for byte in &mut number {
            let value = rest * 256 + usize::from(*byte);
            *byte = u8::try_from(value / 62).expect("the rest was below 62, so the quotient is below 256");
            rest = value % 62;
        }
        *digit = BASE62[rest];
    }
    text.into_iter().map(char::from).collect()
}

/// Whether a text has the form of an organisation key.
///
/// The checksum is not asked: keys that another installation issued may have been imported by their hash.
pub fn is_org_key(text: &str) -> bool {
    text.strip_prefix(ORG_KEY_PREFIX).is_some_and(|rest| {
        rest.len() == ORG_KEY_HEX && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Whether the last 8 characters are the CRC-32 of the 32 before them, as in every key that we issue.
pub fn has_checksum(key: &str) -> bool {
    is_org_key(key) && {
        let (random, checksum) = key[ORG_KEY_PREFIX.len()..].split_at(ORG_KEY_RANDOM_BYTES * 2);
        u32::from_str_radix(checksum, 16) == Ok(crc32fast::hash(random.as_bytes()))
    }
}

/// Whether a text has the form and the checksum of a property key; nobody else issues such keys, so a wrong checksum
/// spares the lookup.
pub fn is_property_key(text: &str) -> bool {
    text.strip_prefix(PROPERTY_KEY_PREFIX).is_some_and(|rest| {
        rest.len() == PROPERTY_KEY_BODY + PROPERTY_KEY_CHECKSUM
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && rest[PROPERTY_KEY_BODY..] == property_checksum(&rest[..PROPERTY_KEY_BODY])
    })
}

/// The first 8 characters, which may be shown: enough to recognise a key, too little to use it.
pub fn display_prefix(key: &str) -> &str {
    key.get(..8).unwrap_or(key)
}

/// The first 11 characters of a property key, which may be shown.
pub fn property_display_prefix(key: &str) -> &str {
    key.get(..11).unwrap_or(key)
}

/// The hash of a key.
pub fn hash(key: &str) -> KeyHash {
    Sha256::digest(key.as_bytes()).into()
}

fn push_hex(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push(DIGITS[usize::from(byte >> 4)] as char);
    text.push(DIGITS[usize::from(byte & 15)] as char);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_has_its_form_and_its_checksum() {
        let key = generate_org_key();
        assert!(is_org_key(key.expose()) && has_checksum(key.expose()));
        assert_ne!(key, generate_org_key());
    }

    #[test]
    fn the_checksum_is_the_crc32_of_the_32_hex_characters() {
        let random = "00112233445566778899aabbccddeeff";
        assert!(has_checksum(&format!("dpk_{random}{:08x}", crc32fast::hash(random.as_bytes()))));
        assert!(!has_checksum(&format!("dpk_{random}00000000")));
    }

    #[test]
    fn a_property_key_has_43_characters_and_6_of_checksum() {
        let key = generate_property_key();
        assert_eq!(key.expose().len(), 3 + 43 + 6);
        assert!(is_property_key(key.expose()));
        assert_eq!((base62(&[0, 61], 3), base62(&[0, 62], 3)), ("00z".to_owned(), "010".to_owned()));
        assert!(base62(&[255; 32], 44).starts_with('0'), "43 digits hold 32 bytes");
    }

    #[test]
    fn a_changed_property_key_is_none() {
        let key = generate_property_key();
        let key = key.expose();
        assert_eq!(property_display_prefix(key).len(), 11);
        for place in 0..key.len() {
            let other = if key.as_bytes()[place] == b'A' { "B" } else { "A" };
            let mut changed = key.to_owned();
            changed.replace_range(place..=place, other);
            assert!(!is_property_key(&changed), "{place}");
        }
        for text in ["", "pk_", &key[..51], &format!("{key}0"), &format!("{key} "), &key.replacen('p', "р", 1)] {
            assert!(!is_property_key(text), "{text:?}");
        }
    }

    #[test]
    fn other_texts_are_no_keys() {
        let key = generate_org_key();
        let key = key.expose();
        let upper = format!("dpk_{}", key[4..].to_uppercase());
        for text in ["", "dpk_", &key[..43], &format!("{key}0"), &upper, &format!("{key} "), &key.replacen('d', "а", 1)]
        {
            assert!(!is_org_key(text), "{text:?}");
        }
    }
}
