//! From what an issuer publishes to keys that can check a signature.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use jsonwebtoken::{DecodingKey, DecodingKeyKind};
use reqwest::{Client, StatusCode, Url, redirect::Policy};
use serde::Deserialize;

const PATIENCE: Duration = Duration::from_secs(3);
const LARGEST_ANSWER: usize = 256 * 1024;
const MOST_KEYS: usize = 20;
const SMALLEST_MODULUS: u32 = 2048;
/// 65537, the only exponent in use; others are mistakes or attacks.
const EXPONENT: &[u8] = &[1, 0, 1];

/// An issuer's keys by their names.
pub(super) type KeySet = HashMap<String, Arc<DecodingKey>>;

/// Where a key set is fetched from.
pub(super) struct Source {
    client: Client,
    url: Url,
}

#[derive(Deserialize)]
struct Document {
    // Read one by one, so that a key of a sort not known here costs that key only.
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Published {
    kid: String,
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: String,
    e: String,
}

impl Source {
    pub(super) fn new(url: &str, allow_http: bool) -> anyhow::Result<Self> {
        let url = Url::parse(url).context("is no URL")?;
        ensure!(url.scheme() == "https" || (allow_http && url.scheme() == "http"), "must be https");
        // A redirect or a proxy would let somebody else than the configuration decide where keys come from, and a
        // silent retry would be a second fetch.
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(PATIENCE)
            .build()
            .context("no client for fetching keys")?;
        Ok(Self { client, url })
    }

    /// The address without anything that could be a secret.
    pub(super) fn shown(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.url.path())
    }

    pub(super) async fn fetch(&self) -> anyhow::Result<KeySet> {
        let mut answer = self.client.get(self.url.clone()).send().await.map_err(reqwest::Error::without_url)?;
        ensure!(answer.status() == StatusCode::OK, "answered {}", answer.status());
        let mut text = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            ensure!(text.len() + chunk.len() <= LARGEST_ANSWER, "answered more than {LARGEST_ANSWER} bytes");
            text.extend_from_slice(&chunk);
        }
        usable_keys(&text)
    }
}

fn usable_keys(text: &[u8]) -> anyhow::Result<KeySet> {
    let Document { keys } = serde_json::from_slice(text).context("answered no key set")?;
    ensure!(keys.len() <= MOST_KEYS, "published {} keys, more than {MOST_KEYS}", keys.len());
    let mut set = KeySet::new();
    for key in keys {
        if let Some((kid, key)) = serde_json::from_value(key).ok().and_then(usable_key) {
            // Of two usable keys with one name the first stays, whatever order a map would have them in.
            set.entry(kid).or_insert_with(|| Arc::new(key));
        }
    }
    if set.is_empty() {
        bail!("published no usable key");
    }
    Ok(set)
}

/// An RSA key for RS256 signatures; everything else, shared secrets above all, is no key here.
fn usable_key(key: Published) -> Option<(String, DecodingKey)> {
    let fits = key.kty == "RSA"
        && key.purpose.is_none_or(|purpose| purpose == "sig")
        && key.alg.is_none_or(|alg| alg == "RS256");
    if !fits {
        return None;
    }
    let parsed = DecodingKey::from_rsa_components(&key.n, &key.e).ok()?;
    let DecodingKeyKind::RsaModulusExponent { n, e } = parsed.kind() else { return None };
    let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
    let bits = n.len() as u32 * 8 - n.first()?.leading_zeros();
    (bits >= SMALLEST_MODULUS && e == EXPONENT).then(|| (key.kid, DecodingKey::from_rsa_raw_components(n, e)))
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    &number[zeros..]
}
