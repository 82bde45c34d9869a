//! An issuer inside the house, for machines without Clerk or Cognito; never in production.
//!
//! Its one key lies in a file, so that the server and the command that makes tokens agree on it. Its tokens carry
//! everything that real ones of their kind carry and go through the same checks.

use std::{path::Path, sync::Arc};

use anyhow::{Context, bail, ensure};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header,
    jwk::{Jwk, ThumbprintHash},
};
use serde::Serialize;

use super::{IssuerKind, install_crypto};
use crate::{clock::Clock, kept_file::kept, secret::Secret};

const FILE: &str = "development-issuer.pem";
/// The one origin and app client that this issuer makes tokens for.
pub(super) const PARTY: &str = "playhouse-development";

/// The `iss` of this issuer's tokens; each kind has its own, the built-in sign-in none.
pub fn issuer_name(kind: IssuerKind) -> Option<&'static str> {
    match kind {
        IssuerKind::Clerk => Some("https://development.playhouse.invalid/clerk"),
        IssuerKind::Cognito => Some("https://development.playhouse.invalid/cognito"),
        IssuerKind::Builtin => None,
    }
}

/// A key that this machine makes its own tokens with.
pub struct DevelopmentIssuer {
    kid: String,
    signing: EncodingKey,
    checking: Arc<DecodingKey>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_use: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

impl DevelopmentIssuer {
    /// Takes the key out of the directory and makes it on first use, readable by its owner only; two processes that
    /// do so at once end up with the same key. Fails when the file cannot be written or is no key.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        install_crypto();
        let path = dir.join(FILE);
        let pem = kept(&path, new_key)?;
        Self::from_pem(pem.as_bytes())
            .with_context(|| format!("{} holds no RSA key; remove it for a new one", path.display()))
    }

    fn from_pem(pem: &[u8]) -> anyhow::Result<Self> {
        let signing = EncodingKey::from_rsa_pem(pem)?;
        let public = Jwk::from_encoding_key(&signing, Algorithm::RS256)?;
        let kid = public.thumbprint(ThumbprintHash::SHA256)?;
        let checking = Arc::new(DecodingKey::from_jwk(&public)?);
        Ok(Self { kid, signing, checking })
    }

    /// A token for a person, valid from now on for `ttl` (whole seconds, at most 24 hours). Fails for a subject or a
    /// life that verification would refuse.
    pub fn mint(&self, kind: IssuerKind, subject: &str, ttl: TimeDelta, clock: &Clock) -> anyhow::Result<Secret> {
        let Some(iss) = issuer_name(kind) else { bail!("the built-in sign-in has no tokens of this sort") };
        let clerk = kind == IssuerKind::Clerk;
        ensure!(!subject.is_empty(), "a token needs a subject");
        ensure!(!clerk || subject.starts_with("user_"), "a subject at Clerk starts with user_");
        ensure!(ttl > TimeDelta::zero() && ttl <= TimeDelta::hours(24), "a token lives at most 24 hours");
        let iat = clock.now().timestamp();
        let claims = Claims {
            iss,
            sub: subject,
            iat,
            nbf: iat,
            exp: iat + ttl.num_seconds(),
            sid: clerk.then_some("sess_development"),
            azp: clerk.then_some(PARTY),
            token_use: (!clerk).then_some("access"),
            client_id: (!clerk).then_some(PARTY),
        };
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) };
        Ok(Secret::new(jsonwebtoken::encode(&header, &claims, &self.signing)?))
    }

    /// The key of this name, if it is this issuer's.
    pub(super) fn key(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        (kid == self.kid).then(|| Arc::clone(&self.checking))
    }
}

fn new_key() -> anyhow::Result<String> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok().context("no RSA key could be made")?;
    let der: Pkcs8V1Der<'_> = pair.as_der().ok().context("the new RSA key has no DER form")?;
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in STANDARD.encode(der.as_ref()).as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(pem)
}
