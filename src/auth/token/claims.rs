//! What a token says, and what each kind of issuer has to have said.
//!
//! Every claim that matters is a member of a struct: one that comes twice or with another type ends the reading.
//! Clerk's organisation claims are not among them, because rights come from our own memberships.

use anyhow::ensure;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous::insecure_decode_claims, decode, errors::ErrorKind};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{
    Identity, IssuerKind, TokenRefusal,
    lifetime::{Seconds, expiry, given},
};

const LONGEST_SUBJECT: usize = 255;

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

#[derive(Deserialize)]
struct Clerk {
    iss: String,
    sub: String,
    exp: Seconds,
    iat: Seconds,
    #[serde(default, deserialize_with = "given")]
    nbf: Option<Seconds>,
    #[serde(default, deserialize_with = "present")]
    aud: bool,
    sid: Option<String>,
    azp: Option<String>,
    sts: Option<String>,
    act: Option<Actor>,
}

#[derive(Deserialize)]
struct Actor {
    sub: String,
}

#[derive(Deserialize)]
struct Cognito {
    iss: String,
    sub: String,
    exp: Seconds,
    iat: Seconds,
    #[serde(default, deserialize_with = "given")]
    nbf: Option<Seconds>,
    #[serde(default, deserialize_with = "present")]
    aud: bool,
    token_use: Option<String>,
    client_id: Option<String>,
}

/// The issuer that a token names, not yet verified: good for picking one configured issuer and nothing else.
pub(super) fn claimed_issuer(token: &str) -> Result<String, TokenRefusal> {
    insecure_decode_claims::<Claimed>(token).map(|claimed| claimed.iss).map_err(|_| TokenRefusal::Malformed)
}

/// What the tokens of one issuer have to fulfil.
pub(super) struct Rules {
    kind: IssuerKind,
    issuer: String,
    parties: Vec<String>,
    validation: Validation,
}

impl Rules {
    pub(super) fn new(kind: IssuerKind, issuer: &str, parties: Vec<String>) -> anyhow::Result<Self> {
        ensure!(kind != IssuerKind::Builtin, "the built-in sign-in issues no tokens of this sort");
        ensure!(!issuer.is_empty(), "the {} issuer has no name", kind.as_str());
        // Without the list every app client of the pool would count, those of other products included.
        ensure!(
            kind != IssuerKind::Cognito || !parties.is_empty(),
            "auth.cognito.client_ids must name at least one app client"
        );
        if parties.is_empty() {
            tracing::warn!(issuer, "no authorized parties are set: tokens made for any origin count");
        }
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // The library asks the system for the time; ours comes from the clock, below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        // It lets an audience of the wrong type pass; here any audience is one too many.
        validation.validate_aud = false;
        Ok(Self { kind, issuer: issuer.to_owned(), parties, validation })
    }

    /// The person in a token, once signature, time and the kind's own claims hold.
    pub(super) fn identify(
        &self,
        token: &str,
        key: &DecodingKey,
        now: DateTime<Utc>,
    ) -> Result<Identity, TokenRefusal> {
        match self.kind {
            IssuerKind::Clerk => self.clerk(self.signed(token, key)?, now),
            IssuerKind::Cognito => self.cognito(self.signed(token, key)?, now),
            IssuerKind::Builtin => Err(TokenRefusal::UnknownIssuer),
        }
    }

    fn signed<T: DeserializeOwned>(&self, token: &str, key: &DecodingKey) -> Result<T, TokenRefusal> {
        decode(token, key, &self.validation).map(|data| data.claims).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => TokenRefusal::Signature,
            _ => TokenRefusal::Malformed,
        })
    }

    fn clerk(&self, claims: Clerk, now: DateTime<Utc>) -> Result<Identity, TokenRefusal> {
        let Clerk { iss, sub, exp, iat, nbf, aud, sid, azp, sts, act } = claims;
        self.check_names(&iss, &sub, aud)?;
        let expires_at = expiry(exp, iat, nbf, now)?;
        if !sub.starts_with("user_") {
            return Err(TokenRefusal::Subject);
        }
        if sid.is_none_or(|sid| sid.is_empty()) {
            return Err(TokenRefusal::NoSession);
        }
        if !self.parties.is_empty() && !self.is_party(azp) {
            return Err(TokenRefusal::Party);
        }
        let pending = sts.is_some_and(|status| status != "active");
        let impersonator = act.map(|actor| actor.sub);
        if impersonator.as_deref().is_some_and(|actor| !is_plausible(actor)) {
            return Err(TokenRefusal::Subject);
        }
        Ok(Identity { issuer: self.kind, subject: sub, impersonator, pending, expires_at })
    }

    fn cognito(&self, claims: Cognito, now: DateTime<Utc>) -> Result<Identity, TokenRefusal> {
        let Cognito { iss, sub, exp, iat, nbf, aud, token_use, client_id } = claims;
        // Asked first, because an id token also has an audience and the log should name the real mistake.
        if token_use.is_none_or(|wanted| wanted != "access") {
            return Err(TokenRefusal::Use);
        }
        self.check_names(&iss, &sub, aud)?;
        let expires_at = expiry(exp, iat, nbf, now)?;
        if !self.is_party(client_id) {
            return Err(TokenRefusal::Party);
        }
        Ok(Identity { issuer: self.kind, subject: sub, impersonator: None, pending: false, expires_at })
    }

    fn check_names(&self, iss: &str, sub: &str, aud: bool) -> Result<(), TokenRefusal> {
        // The library also takes a list of issuers that has the right one in it; the claim struct asks for a string.
        if iss != self.issuer {
            return Err(TokenRefusal::UnknownIssuer);
        }
        if aud {
            return Err(TokenRefusal::Audience);
        }
        if is_plausible(sub) { Ok(()) } else { Err(TokenRefusal::Subject) }
    }

    fn is_party(&self, party: Option<String>) -> bool {
        party.is_some_and(|party| self.parties.contains(&party))
    }
}

fn is_plausible(subject: &str) -> bool {
    (1..=LONGEST_SUBJECT).contains(&subject.chars().count()) && !subject.contains(char::is_control)
}
