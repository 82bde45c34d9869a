//! Where keys come from, and what happens when they do not come.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey};
use playhouse::{
    auth::token::{IssuerKind, Issuers, TokenRefusal},
    clock::Clock,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{House, KID, header};
use crate::support::issuer::{Mood, encoded, signed, test_key};

impl House {
    fn signed_by(&self, key: usize, kid: &str) -> String {
        test_key(key).sign(&header(json!({ "kid": kid })), &self.clerk_claims().to_string())
    }

    /// Whether Clerk's good token counts once its service publishes exactly these keys.
    async fn believes_after(&self, keys: Vec<Value>) -> bool {
        self.clerk.publish(keys);
        self.issuers.refresh().await && self.verify(&self.clerk_token(json!({}))).await.is_ok()
    }
}

fn with(mut key: Value, member: &str, value: Value) -> Value {
    key[member] = value;
    key
}

fn unusable() -> Vec<Value> {
    let good = || test_key(0).jwk(KID);
    vec![
        with(good(), "use", json!("enc")),
        with(good(), "alg", json!("RS512")),
        with(good(), "kty", json!("EC")),
        with(good(), "kty", json!("rsa")),
        with(good(), "e", json!("Aw")),
        with(good(), "e", json!("")),
        with(good(), "n", json!(encoded([0xc5; 128]))),
        with(good(), "n", json!("")),
        with(good(), "n", json!("not base64!")),
        with(good(), "n", json!(5)),
        with(good(), "kid", json!(7)),
        with(good(), "kid", Value::Null),
        json!({ "kty": "oct", "kid": KID, "k": encoded(test_key(0).known_text()) }),
        json!({ "kty": "OKP", "kid": KID, "crv": "Ed25519", "x": encoded([1; 32]) }),
        json!({ "kty": "new", "kid": KID }),
        json!("key"),
        Value::Null,
    ]
}

#[tokio::test]
async fn only_rsa_signature_keys_of_a_fair_size_are_kept() {
    for key in unusable() {
        let house = House::closed().await;
        house.clerk.publish(vec![key.clone()]);
        house.refuses(&house.clerk_token(json!({})), TokenRefusal::KeysUnavailable).await;
        let house = House::closed().await;
        assert!(house.believes_after(vec![key.clone(), test_key(0).jwk(KID)]).await, "{key}");
    }
}

#[tokio::test]
async fn a_shared_secret_that_an_issuer_publishes_signs_nothing() {
    let house = House::closed().await;
    let secret = test_key(0).known_text();
    let oct = json!({ "kty": "oct", "kid": "shared", "alg": "HS256", "k": encoded(secret) });
    assert!(house.believes_after(vec![oct, test_key(0).jwk(KID)]).await);
    let key = EncodingKey::from_secret(secret);
    for (alg, reason) in [("HS256", TokenRefusal::Algorithm), ("RS256", TokenRefusal::UnknownKey)] {
        let head = header(json!({ "alg": alg, "kid": "shared" }));
        house.refuses(&signed(&head, &house.clerk_claims().to_string(), &key, Algorithm::HS256), reason).await;
    }
}

#[tokio::test]
async fn purpose_and_algorithm_of_a_key_may_be_left_out() {
    let house = House::closed().await;
    let mut bare = test_key(0).jwk(KID);
    bare.as_object_mut().unwrap().retain(|name, _| !["use", "alg"].contains(&name.as_str()));
    assert!(house.believes_after(vec![bare]).await);
}

#[tokio::test]
async fn of_two_keys_with_one_name_the_first_counts() {
    for _ in 0..5 {
        let house = House::open().await;
        assert!(house.believes_after(vec![test_key(0).jwk(KID), test_key(2).jwk(KID)]).await);
        assert!(!house.believes_after(vec![test_key(2).jwk(KID), test_key(0).jwk(KID)]).await);
    }
}

#[tokio::test]
async fn more_than_twenty_keys_are_no_key_set() {
    let house = House::closed().await;
    let keys = |count: usize| (0..count).map(|n| test_key(0).jwk(&format!("{KID}{n}"))).collect::<Vec<_>>();
    house.clerk.publish(keys(21));
    assert!(!house.issuers.refresh().await);
    house.clerk.publish(keys(20));
    assert!(house.issuers.refresh().await);
}

#[tokio::test]
async fn a_service_that_misbehaves_at_the_start_leaves_the_server_not_ready() {
    let moods = [Mood::Status(500), Mood::Status(429), Mood::Truncated, Mood::Html, Mood::Oversized, Mood::Redirecting];
    for mood in moods {
        let house = House::closed().await;
        house.clerk.be(mood.clone());
        assert!(!house.issuers.refresh().await, "{mood:?}");
        assert!(!house.issuers.ready());
        house.refuses(&house.clerk_token(json!({})), TokenRefusal::KeysUnavailable).await;
        assert!(house.verify(&house.cognito_token(json!({}))).await.is_ok(), "the other service goes on");
        assert_eq!(house.clerk.strays(), 0, "nobody follows a redirect");
        house.clerk.be(Mood::Well);
        house.wait(10);
        assert!(house.verify(&house.clerk_token(json!({}))).await.is_ok());
        assert!(house.issuers.ready());
    }
}

#[tokio::test]
async fn an_empty_key_set_is_none() {
    let house = House::closed().await;
    house.clerk.publish(vec![]);
    assert!(!house.issuers.refresh().await);
    assert!(!house.issuers.ready());
}

#[tokio::test]
async fn a_service_that_misbehaves_later_changes_nothing_for_two_hours() {
    let house = House::open().await;
    house.clerk.publish(vec![]);
    assert!(!house.issuers.refresh().await);
    for mood in [Mood::Status(500), Mood::Truncated, Mood::Html, Mood::Oversized, Mood::Redirecting] {
        house.clerk.be(mood);
        assert!(!house.issuers.refresh().await);
        assert!(house.verify(&house.clerk_token(json!({}))).await.is_ok());
    }
    house.wait(2 * 3600 - 10);
    assert!(house.verify(&house.clerk_token(json!({}))).await.is_ok());
    house.wait(20);
    house.refuses(&house.clerk_token(json!({})), TokenRefusal::KeysUnavailable).await;
    assert!(house.issuers.ready(), "there were keys once");
    house.clerk.be(Mood::Well);
    assert!(house.believes_after(vec![test_key(0).jwk(KID)]).await);
}

#[tokio::test]
async fn a_service_that_hangs_is_given_up_after_three_seconds() {
    let house = House::closed().await;
    house.clerk.be(Mood::Hanging);
    let begun = tokio::time::Instant::now();
    house.refuses(&house.clerk_token(json!({})), TokenRefusal::KeysUnavailable).await;
    assert!((2..12).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    let begun = tokio::time::Instant::now();
    house.refuses(&house.clerk_token(json!({})), TokenRefusal::KeysUnavailable).await;
    assert!(begun.elapsed() < Duration::from_millis(2500), "the next one does not wait again");
}

#[tokio::test]
async fn a_rotation_refuses_nobody() {
    let house = House::open().await;
    let (old, new) = (house.signed_by(0, KID), house.signed_by(2, "key-2"));
    house.clerk.publish(vec![test_key(2).jwk("key-2"), test_key(0).jwk(KID)]);
    for token in [&old, &new, &old, &new] {
        assert!(house.verify(token).await.is_ok());
    }
    assert_eq!(house.clerk.requests(), 2, "one fetch brought the new key");
    house.clerk.publish(vec![test_key(2).jwk("key-2")]);
    assert!(house.issuers.refresh().await);
    house.refuses(&old, TokenRefusal::UnknownKey).await;
    assert!(house.verify(&new).await.is_ok());
}

#[tokio::test]
async fn everybody_waits_for_the_one_fetch_of_a_new_key() {
    let house = House::open().await;
    let new = house.signed_by(2, "key-2");
    house.clerk.publish(vec![test_key(2).jwk("key-2"), test_key(0).jwk(KID)]);
    house.clerk.be(Mood::Slow(Duration::from_millis(300)));
    let outcomes = join_all((0..100).map(|_| house.verify(&new))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(house.clerk.requests(), 2);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_take_the_fetch_away() {
    let house = House::open().await;
    let new = house.signed_by(2, "key-2");
    house.clerk.publish(vec![test_key(2).jwk("key-2")]);
    house.clerk.be(Mood::Slow(Duration::from_millis(300)));
    assert!(tokio::time::timeout(Duration::from_millis(100), house.verify(&new)).await.is_err());
    assert!(house.verify(&new).await.is_ok());
    assert_eq!(house.clerk.requests(), 2);
}

#[tokio::test]
async fn ten_thousand_random_key_names_lead_to_one_fetch_per_ten_seconds() {
    let house = House::open().await;
    let claims = encoded(house.clerk_claims().to_string());
    let random = |round: usize, n: usize| {
        format!("{}.{claims}.{}", encoded(header(json!({ "kid": format!("random-{round}-{n}") }))), encoded([7; 256]))
    };
    for round in 1..=2 {
        let tokens: Vec<String> = (0..10_000).map(|n| random(round, n)).collect();
        let outcomes = join_all(tokens.iter().map(|token| house.verify(token))).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Err(TokenRefusal::UnknownKey)));
        assert_eq!(house.clerk.requests(), 1 + round);
        assert_eq!(house.cognito.requests(), 1);
        house.wait(10);
    }
}

#[tokio::test]
async fn a_name_that_a_fetch_did_not_bring_is_absent_for_a_minute() {
    let house = House::open().await;
    let absent = house.signed_by(2, "key-2");
    house.refuses(&absent, TokenRefusal::UnknownKey).await;
    house.wait(30);
    house.refuses(&absent, TokenRefusal::UnknownKey).await;
    assert_eq!(house.clerk.requests(), 2);
    house.wait(31);
    house.clerk.publish(vec![test_key(2).jwk("key-2")]);
    assert!(house.verify(&house.signed_by(2, "key-2")).await.is_ok());
    assert_eq!(house.clerk.requests(), 3);
}

#[tokio::test]
async fn key_sets_are_loaded_at_the_start_and_until_the_stop() {
    let house = Arc::new(House::closed().await);
    assert!(!house.issuers.ready());
    let stop = CancellationToken::new();
    let keeper = tokio::spawn({
        let (house, stop) = (Arc::clone(&house), stop.clone());
        async move { house.issuers.keep_fresh(stop).await }
    });
    while !house.issuers.ready() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((house.clerk.requests(), house.cognito.requests()), (1, 1));
    stop.cancel();
    keeper.await.unwrap();
}

#[tokio::test]
async fn a_server_that_started_before_its_sign_in_services_becomes_ready_by_itself() {
    let house = Arc::new(House::closed().await);
    house.clerk.be(Mood::Status(500));
    let stop = CancellationToken::new();
    let _stop_at_the_end = stop.clone().drop_guard();
    tokio::spawn({
        let house = Arc::clone(&house);
        async move { house.issuers.keep_fresh(stop).await }
    });
    while house.clerk.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    house.clerk.be(Mood::Well);
    let ready = async {
        while !house.issuers.ready() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ready).await.unwrap();
}

#[tokio::test]
async fn settings_that_could_not_work_or_would_believe_too_much_stop_the_start() {
    let house = House::closed().await;
    let clerk = || house.clerk.settings(IssuerKind::Clerk, &[]);
    let refused = |settings| Issuers::new(settings, None, Clock::default()).err().map(|error| format!("{error:#}"));
    let mut plain = clerk();
    plain.allow_http = false;
    assert!(refused(vec![plain]).unwrap().contains("must be https"));
    for url in ["ftp://example.com/keys", "file:///etc/passwd", "keys", ""] {
        let mut elsewhere = clerk();
        elsewhere.jwks_url = url.to_owned();
        assert!(refused(vec![elsewhere]).is_some(), "{url}");
    }
    assert!(refused(vec![house.cognito.settings(IssuerKind::Cognito, &[])]).unwrap().contains("client_ids"));
    assert!(refused(vec![house.clerk.settings(IssuerKind::Builtin, &[])]).is_some());
    assert!(refused(vec![clerk(), clerk()]).unwrap().contains("twice"));
    assert!(refused(vec![clerk()]).is_none());
    assert!(Issuers::new(vec![], None, Clock::default()).unwrap().ready());
}
