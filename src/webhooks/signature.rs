//! The signature of a delivery, as Standard Webhooks defines it.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::SigningKey;

/// Signs `{id}.{timestamp}.{body}` with every key: `v1,<base64>` for each, one space apart, in the order of the keys.
///
/// The timestamp is in Unix seconds.
pub fn sign(keys: &[SigningKey], id: &str, timestamp: i64, body: &[u8]) -> String {
    let each: Vec<String> = keys.iter().map(|key| one(key.as_bytes(), id, timestamp, body)).collect();
    each.join(" ")
}

fn one(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    let mac = mac.chain_update(id).chain_update(".").chain_update(timestamp.to_string()).chain_update(".");
    format!("v1,{}", STANDARD.encode(mac.chain_update(body).finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vector {
        secret: String,
        id: String,
        timestamp: i64,
        payload: String,
        signature: String,
    }

    fn vectors() -> Vec<Vector> {
        serde_json::from_str(include_str!("../../tests/api/fixtures/webhook-vectors.json")).unwrap()
    }

    #[test]
    fn the_vectors_of_the_contract_hold() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 6);
        for Vector { secret, id, timestamp, payload, signature } in vectors {
            // One of them is shorter than a secret of ours may be.
            let key = STANDARD.decode(&secret["whsec_".len()..]).unwrap();
            assert_eq!(one(&key, &id, timestamp, payload.as_bytes()), signature, "{payload}");
        }
    }

    #[test]
    fn during_a_rotation_both_secrets_sign_one_space_apart() {
        let [one, two] = &vectors()[..2] else { panic!("there are more vectors") };
        let keys = [one, two].map(|vector| SigningKey::parse(&vector.secret).unwrap());
        let both = sign(&keys, &one.id, one.timestamp, one.payload.as_bytes());
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(first, one.signature);
        assert_eq!(second, sign(&keys[1..], &one.id, one.timestamp, one.payload.as_bytes()));
    }
}
