//! Whose tokens are believed.

use anyhow::ensure;
use serde::Deserialize;

use super::{names, parse};

/// The outside issuers, and our own for development.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The Clerk instance.
    pub clerk: Clerk,
    /// The Cognito user pool.
    pub cognito: Cognito,
    /// Whether this server issues tokens of both kinds itself.
    #[serde(deserialize_with = "parse::text")]
    pub dev_issuer: bool,
}

/// A Clerk instance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clerk {
    /// The `iss` of its tokens, to the letter.
    #[serde(default, deserialize_with = "parse::web_address")]
    pub issuer: Option<String>,
    /// Where its keys are; filled from the issuer after loading.
    #[serde(default, deserialize_with = "parse::web_address")]
    pub jwks_url: Option<String>,
    /// The `azp` that are accepted; empty means all.
    #[serde(deserialize_with = "parse::texts")]
    pub authorized_parties: Vec<String>,
}

/// A Cognito user pool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cognito {
    /// The `iss` of its tokens, to the letter.
    #[serde(default, deserialize_with = "parse::web_address")]
    pub issuer: Option<String>,
    /// Where its keys are; filled from the issuer after loading.
    #[serde(default, deserialize_with = "parse::web_address")]
    pub jwks_url: Option<String>,
    /// The app clients that are accepted; not empty when there is an issuer.
    #[serde(default, deserialize_with = "parse::texts")]
    pub client_ids: Vec<String>,
}

impl Auth {
    /// Looks for the keys of an issuer in the usual place when nobody named another.
    pub(super) fn fill(&mut self) {
        for (issuer, jwks_url) in
            [(&self.clerk.issuer, &mut self.clerk.jwks_url), (&self.cognito.issuer, &mut self.cognito.jwks_url)]
        {
            if let (Some(issuer), None) = (issuer, &jwks_url) {
                *jwks_url = Some(format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/')));
            }
        }
    }

    /// Refuses a pool without app clients: those of other products in the same pool would be accepted too.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.cognito.issuer.is_none() || !self.cognito.client_ids.is_empty(),
            "auth.cognito.issuer is set, but no app client whose tokens are accepted; name at least one in {}.",
            names::variable("auth.cognito.client_ids")
        );
        Ok(())
    }
}
