//! Tokens of people, good ones and every bad one that somebody has thought of.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod claims;
mod development;
mod header;
mod keys;

use chrono::TimeDelta;
use playhouse::{
    auth::token::{Identity, IssuerKind, Issuers, TokenRefusal},
    clock::Clock,
};
use serde_json::{Value, json};

use crate::support::issuer::{FakeIssuer, test_key};

/// Both services name their key like this, as two services may.
const KID: &str = "key-1";
const ORIGIN: &str = "https://app.example.com";
const APP_CLIENT: &str = "4f0appclient";

/// A server's view of two sign-in services, Clerk with the first test key and Cognito with the second.
struct House {
    clerk: FakeIssuer,
    cognito: FakeIssuer,
    clock: Clock,
    issuers: Issuers,
}

impl House {
    /// Nothing is fetched yet.
    async fn closed() -> Self {
        let clerk = FakeIssuer::start(vec![test_key(0).jwk(KID)]).await;
        let cognito = FakeIssuer::start(vec![test_key(1).jwk(KID)]).await;
        let settings =
            vec![clerk.settings(IssuerKind::Clerk, &[ORIGIN]), cognito.settings(IssuerKind::Cognito, &[APP_CLIENT])];
        let clock = Clock::default();
        let issuers = Issuers::new(settings, None, clock.clone()).unwrap();
        Self { clerk, cognito, clock, issuers }
    }

    /// Both key sets are there.
    async fn open() -> Self {
        let house = Self::closed().await;
        assert!(house.issuers.refresh().await);
        house
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    fn clerk_claims(&self) -> Value {
        let now = self.now();
        json!({
            "iss": self.clerk.url, "sub": "user_ada", "sid": "sess_1", "azp": ORIGIN,
            "iat": now, "nbf": now - 5, "exp": now + 60, "v": 2, "fva": [0, -1],
        })
    }

    fn cognito_claims(&self) -> Value {
        let now = self.now();
        json!({
            "iss": self.cognito.url, "sub": "5f0c1c5e-ada", "token_use": "access", "client_id": APP_CLIENT,
            "iat": now, "exp": now + 3600, "scope": "openid", "username": "ada",
        })
    }

    /// Clerk's good token with some claims changed; a change to `null` removes the claim.
    fn clerk_token(&self, changes: Value) -> String {
        test_key(0).sign(&header(json!({})), &changed(self.clerk_claims(), changes))
    }

    fn cognito_token(&self, changes: Value) -> String {
        test_key(1).sign(&header(json!({})), &changed(self.cognito_claims(), changes))
    }

    async fn verify(&self, token: &str) -> Result<Identity, TokenRefusal> {
        self.issuers.verify(token).await
    }

    async fn refuses(&self, token: &str, reason: TokenRefusal) {
        assert_eq!(self.verify(token).await, Err(reason));
    }
}

fn header(changes: Value) -> String {
    changed(json!({ "alg": "RS256", "kid": KID, "typ": "JWT" }), changes)
}

fn changed(mut good: Value, changes: Value) -> String {
    let members = good.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    good.to_string()
}

/// The same object with a member put first as text, for what no JSON library would write.
fn with_member(object: &str, member: &str) -> String {
    object.replacen('{', &format!("{{{member},"), 1)
}
