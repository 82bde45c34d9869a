use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderMap;
use sha2::Sha256;

/// Whether a request is from Playhouse. The headers are those of the crate `http`.
pub(crate) fn verify(secret: &str, headers: &HeaderMap, body: &[u8], now: i64) -> Option<()> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let (id, stamp) = (header("webhook-id")?, header("webhook-timestamp")?);
    if stamp.parse::<i64>().ok()?.abs_diff(now) > 300 {
        return None;
    }
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).ok()?;
    let mac = Hmac::<Sha256>::new_from_slice(&key).ok()?.chain_update(format!("{id}.{stamp}.")).chain_update(body);
    header("webhook-signature")?.split(' ').filter_map(|one| one.strip_prefix("v1,")).find_map(|one| {
        // In constant time.
        mac.clone().verify_slice(&STANDARD.decode(one).ok()?).ok()
    })
}
