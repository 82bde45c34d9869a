//! Who sent this token: the JSON web tokens of the people who sign in at Clerk or Cognito.
//!
//! The cast: an *issuer* is a sign-in service that the configuration names; its *key set* is what it publishes to
//! check its signatures with; a *token* names its issuer, its key and a *subject*, the person. A token is read in
//! this order, and the first thing that does not hold ends it:
//!
//! 1. `header`: size, shape, algorithm and key name, before anything is computed;
//! 2. the `iss` claim, not yet believed, picks one configured issuer and does nothing else;
//! 3. `keys`: that issuer's key of that name. Key sets of two issuers are never one map, so the same key name in
//!    both, or a token signed by one in the name of the other, opens nothing;
//! 4. `claims`: signature, then time, then what the issuer's kind demands.
//!
//! `jwks` turns what an issuer publishes into keys, and `development` is an issuer inside the house for machines
//! without any sign-in service. What a person may do is not in the token: memberships live in our own tables.

mod claims;
pub mod development;
mod header;
mod jwks;
mod keys;
mod lifetime;
mod refusal;

use std::sync::{Arc, Once};

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use jsonwebtoken::DecodingKey;
use tokio_util::sync::CancellationToken;

pub use self::refusal::TokenRefusal;
use self::{claims::Rules, development::DevelopmentIssuer, jwks::Source, keys::Keys};
use crate::clock::Clock;

/// Chooses the one cryptography of this process, for tokens and for TLS; call it first, more than once does no harm.
pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error only says that somebody chose before, and nobody in this workspace chooses anything else.
        jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().ok();
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    });
}

/// The kind of sign-in service a person comes from; memberships hold it next to the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssuerKind {
    /// Clerk session tokens.
    Clerk,
    /// Amazon Cognito access tokens.
    Cognito,
    /// Our own e-mail and password sign-in, which issues no JSON web tokens.
    Builtin,
}

impl IssuerKind {
    /// The name as memberships and settings write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Cognito => "cognito",
            Self::Builtin => "builtin",
        }
    }
}

/// The person behind a token that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The kind of service that vouches for the person.
    pub issuer: IssuerKind,
    /// The person's id at that service, 1 to 255 characters.
    pub subject: String,
    /// Who acts in the person's name (Clerk's `act`): may read, must not manage keys.
    pub impersonator: Option<String>,
    /// Whether sign-in is not finished (Clerk's `sts`): such a person may do nothing yet.
    pub pending: bool,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
}

/// One sign-in service as the configuration names it.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// Which checks its tokens have to pass.
    pub kind: IssuerKind,
    /// The exact text of the `iss` claim.
    pub issuer: String,
    /// Where the key set is; nothing in a token ever changes it.
    pub jwks_url: String,
    /// For Clerk the origins (`azp`) whose tokens count, empty for all; for Cognito the app clients, at least one.
    pub parties: Vec<String>,
    /// Whether `http` will do for the key set, outside production only.
    pub allow_http: bool,
}

/// Every issuer whose tokens are believed.
pub struct Issuers {
    list: Vec<Issuer>,
    clock: Clock,
}

struct Issuer {
    name: String,
    rules: Rules,
    keys: KeysOf,
}

enum KeysOf {
    Service(Arc<Keys>),
    Development(Arc<DevelopmentIssuer>),
}

impl Issuers {
    /// Fails on settings that could never work or would believe too much; fetches nothing yet.
    pub fn new(
        settings: Vec<IssuerSettings>,
        development: Option<Arc<DevelopmentIssuer>>,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        install_crypto();
        let mut list = Vec::new();
        for IssuerSettings { kind, issuer, jwks_url, parties, allow_http } in settings {
            let source = Source::new(&jwks_url, allow_http)
                .with_context(|| format!("the key set address of the {} issuer", kind.as_str()))?;
            let rules = Rules::new(kind, &issuer, parties)?;
            list.push(Issuer {
                name: issuer,
                rules,
                keys: KeysOf::Service(Arc::new(Keys::new(source, clock.clone()))),
            });
        }
        if let Some(development) = development {
            for kind in [IssuerKind::Clerk, IssuerKind::Cognito] {
                let name = development::issuer_name(kind).expect("both kinds have a development issuer").to_owned();
                let rules = Rules::new(kind, &name, vec![development::PARTY.to_owned()])?;
                list.push(Issuer { name, rules, keys: KeysOf::Development(Arc::clone(&development)) });
            }
        }
        for (place, issuer) in list.iter().enumerate() {
            let twice = list[..place].iter().any(|earlier| earlier.name == issuer.name);
            ensure!(!twice, "the token issuer {} is configured twice", issuer.name);
        }
        Ok(Self { list, clock })
    }

    /// Verifies a bearer token; every refusal is one value for the log, while the caller answers one uniform 401, or
    /// 503 for [`TokenRefusal::KeysUnavailable`].
    pub async fn verify(&self, token: &str) -> Result<Identity, TokenRefusal> {
        let outcome = self.examine(token).await;
        if let Err(refusal) = &outcome {
            tracing::debug!(reason = %refusal, "token refused");
        }
        outcome
    }

    async fn examine(&self, token: &str) -> Result<Identity, TokenRefusal> {
        let kid = header::key_name(token)?;
        let name = claims::claimed_issuer(token)?;
        let issuer = self.list.iter().find(|issuer| issuer.name == name).ok_or(TokenRefusal::UnknownIssuer)?;
        let key = issuer.keys.find(&kid).await?;
        issuer.rules.identify(token, &key, self.clock.now())
    }

    /// Keeps the key sets fresh, every 10 min ± 10 %, until `stop` is cancelled; loads them once at the start.
    pub async fn keep_fresh(&self, stop: CancellationToken) {
        stop.run_until_cancelled(join_all(self.services().map(|keys| keys.keep_fresh()))).await;
    }

    /// Loads every key set now, one attempt each; whether all of them came.
    pub async fn refresh(&self) -> bool {
        join_all(self.services().map(|keys| keys.refresh())).await.into_iter().all(|loaded| loaded)
    }

    /// Whether every configured issuer has had keys once.
    pub fn ready(&self) -> bool {
        self.services().all(|keys| keys.ever_loaded())
    }

    fn services(&self) -> impl Iterator<Item = &Arc<Keys>> {
        self.list.iter().filter_map(|issuer| match &issuer.keys {
            KeysOf::Service(keys) => Some(keys),
            KeysOf::Development(_) => None,
        })
    }
}

impl KeysOf {
    async fn find(&self, kid: &str) -> Result<Arc<DecodingKey>, TokenRefusal> {
        match self {
            Self::Service(keys) => keys.find(kid).await,
            Self::Development(issuer) => issuer.key(kid).ok_or(TokenRefusal::UnknownKey),
        }
    }
}
