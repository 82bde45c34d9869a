//! What is refused before any claim is believed.

use jsonwebtoken::{Algorithm, EncodingKey};
use playhouse::auth::token::TokenRefusal;
use serde_json::{Value, json};

use super::{House, KID, header, with_member};
use crate::support::issuer::{encoded, signed, test_key};

impl House {
    /// Clerk's good claims under another header, validly signed.
    fn under(&self, header: &str) -> String {
        test_key(0).sign(header, &self.clerk_claims().to_string())
    }
}

#[tokio::test]
async fn a_token_of_no_algorithm_or_a_foreign_one_is_refused() {
    let house = House::open().await;
    for alg in ["none", "nOnE", "None", "", "rs256", "RS1"] {
        let unsigned =
            format!("{}.{}.", encoded(header(json!({ "alg": alg }))), encoded(house.clerk_claims().to_string()));
        house.refuses(&unsigned, TokenRefusal::Malformed).await;
        house.refuses(&house.under(&header(json!({ "alg": alg }))), TokenRefusal::Malformed).await;
    }
    house.refuses(&house.under(&header(json!({ "alg": null }))), TokenRefusal::Malformed).await;
    house.refuses(&house.under(&header(json!({ "alg": ["RS256"] }))), TokenRefusal::Malformed).await;
    for (name, algorithm) in [("RS384", Algorithm::RS384), ("RS512", Algorithm::RS512), ("PS256", Algorithm::PS256)] {
        let claims = house.clerk_claims().to_string();
        let token = signed(&header(json!({ "alg": name })), &claims, &test_key(0).private, algorithm);
        house.refuses(&token, TokenRefusal::Algorithm).await;
    }
    house.refuses(&house.under(&header(json!({ "alg": "ES256" }))), TokenRefusal::Algorithm).await;
}

#[tokio::test]
async fn a_public_text_is_no_shared_secret() {
    let house = House::open().await;
    let secret = EncodingKey::from_secret(test_key(0).known_text());
    let claims = house.clerk_claims().to_string();
    let honest = signed(&header(json!({ "alg": "HS256" })), &claims, &secret, Algorithm::HS256);
    house.refuses(&honest, TokenRefusal::Algorithm).await;
    let lying = signed(&header(json!({})), &claims, &secret, Algorithm::HS256);
    house.refuses(&lying, TokenRefusal::Signature).await;
}

#[tokio::test]
async fn extensions_and_other_types_are_refused() {
    let house = House::open().await;
    for crit in [json!(["b64"]), json!([]), json!(["exp"])] {
        house.refuses(&house.under(&header(json!({ "crit": crit }))), TokenRefusal::Extension).await;
    }
    house.refuses(&house.under(&header(json!({ "crit": "b64" }))), TokenRefusal::Malformed).await;
    for typ in ["secevent+jwt", "at+jwt", "JWE", ""] {
        house.refuses(&house.under(&header(json!({ "typ": typ }))), TokenRefusal::Type).await;
    }
    assert!(house.verify(&house.under(&header(json!({ "typ": null })))).await.is_ok());
    let clerks_own = json!({ "cat": "cl_B7d4PD111AAA", "oiat": 1_700_000_000 });
    assert!(house.verify(&house.under(&header(clerks_own))).await.is_ok());
}

#[tokio::test]
async fn a_key_that_comes_with_the_token_is_never_used() {
    let house = House::open().await;
    let elsewhere = format!("{}/attacker.json", house.clerk.url);
    let headers = [
        json!({ "jku": elsewhere }),
        json!({ "x5u": elsewhere }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "jwk": test_key(2).jwk(KID) }),
        json!({ "jwk": test_key(2).jwk("mine"), "kid": "mine" }),
    ];
    for changes in headers {
        let claims = house.clerk_claims().to_string();
        for key in [0, 2] {
            house.refuses(&test_key(key).sign(&header(changes.clone()), &claims), TokenRefusal::OwnKey).await;
        }
    }
    assert_eq!((house.clerk.requests(), house.clerk.strays()), (1, 0));
}

#[tokio::test]
async fn a_key_name_that_nobody_would_give_is_refused_without_a_fetch() {
    let house = House::open().await;
    let names = ["", "' UNION SELECT", "key-1\0", "key 1", "schlüssel", "key-1\n", "%2e%2e", &"k".repeat(129)];
    for kid in names {
        house.refuses(&house.under(&header(json!({ "kid": kid }))), TokenRefusal::KeyName).await;
    }
    house.refuses(&house.under(&header(json!({ "kid": null }))), TokenRefusal::KeyName).await;
    for kid in [json!(1), json!([KID]), json!({})] {
        house.refuses(&house.under(&header(json!({ "kid": kid }))), TokenRefusal::Malformed).await;
    }
    house.refuses(&house.under(&header(json!({ "kid": "k".repeat(10_240) }))), TokenRefusal::TooLong).await;
    house.refuses(&house.under(&with_member(&header(json!({})), r#""kid":"key-1""#)), TokenRefusal::Malformed).await;
    assert_eq!(house.clerk.requests(), 1);
}

#[tokio::test]
async fn a_plausible_key_name_that_is_unknown_is_refused_after_one_fetch() {
    let house = House::open().await;
    house.cognito.publish(vec![test_key(1).jwk("key-of-cognito")]);
    assert!(house.issuers.refresh().await);
    for kid in ["../../etc/passwd", "KEY-1", "key-2", "key-of-cognito"] {
        for key in [0, 1] {
            let token = test_key(key).sign(&header(json!({ "kid": kid })), &house.clerk_claims().to_string());
            house.refuses(&token, TokenRefusal::UnknownKey).await;
        }
    }
    assert_eq!((house.clerk.requests(), house.cognito.requests()), (3, 2));
}

#[tokio::test]
async fn a_token_of_another_shape_is_refused() {
    let house = House::open().await;
    let good = house.clerk_token(json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let [head, claims, signature] = parts[..] else { panic!("a token has three parts") };
    let last = good.chars().last().unwrap();
    let altered = format!("{}{}", &good[..good.len() - 1], if last == 'A' { 'B' } else { 'A' });
    let bent = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{head}.{claims}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}="),
        format!("{head}=.{claims}.{signature}"),
        format!("{head}.{claims}=.{signature}"),
        format!(".{claims}.{signature}"),
        format!("{head}..{signature}"),
        format!("{}.{claims}.{signature}", encoded("[]")),
        format!("{}.{claims}.{signature}", encoded("\u{0}")),
        format!("dpk_{}", "a".repeat(40)),
        "é.é.é".to_owned(),
        altered,
    ];
    for token in &bent {
        assert!(house.verify(token).await.is_err(), "{token}");
    }
    house.refuses(&format!("{head}.{claims}."), TokenRefusal::Signature).await;
    house.refuses(&format!("{head}.{claims}.{}", encoded([0xfb; 256])), TokenRefusal::Signature).await;
    let standard = format!("{head}.{claims}.{}", encoded([0xfb; 256]).replace('-', "+").replace('_', "/"));
    assert!(house.verify(&standard).await.is_err());
    assert!(house.verify(&good).await.is_ok());
}

#[tokio::test]
async fn eight_kibibytes_are_the_limit() {
    let house = House::open().await;
    let padded = |length: usize| house.clerk_token(json!({ "note": "x".repeat(length) }));
    let mut length = 5_000;
    while padded(length + 1).len() <= 8_192 {
        length += 1;
    }
    assert!(house.verify(&padded(length)).await.is_ok());
    house.refuses(&padded(length + 3), TokenRefusal::TooLong).await;
    let huge = house.under(&header(json!({ "note": "x".repeat(8 * 1024 * 1024) })));
    house.refuses(&huge, TokenRefusal::TooLong).await;
    house.refuses(&".".repeat(1_000_000), TokenRefusal::TooLong).await;
}

#[tokio::test]
async fn signing_with_another_key_opens_nothing() {
    let house = House::open().await;
    let stranger = test_key(2).sign(&header(json!({})), &house.clerk_claims().to_string());
    house.refuses(&stranger, TokenRefusal::Signature).await;
    // Both services call their key the same; each key is good for its own issuer only.
    let other_service = test_key(1).sign(&header(json!({})), &house.clerk_claims().to_string());
    house.refuses(&other_service, TokenRefusal::Signature).await;
    let the_other_way = test_key(0).sign(&header(json!({})), &house.cognito_claims().to_string());
    house.refuses(&the_other_way, TokenRefusal::Signature).await;
    let (ada, eve) = (house.clerk_token(json!({})), house.clerk_token(json!({ "sub": "user_eve" })));
    let (message, signature) = (eve.rsplit_once('.').unwrap().0, ada.rsplit_once('.').unwrap().1);
    house.refuses(&format!("{message}.{signature}"), TokenRefusal::Signature).await;
}

#[tokio::test]
async fn a_refusal_tells_nothing_of_the_token() {
    let house = House::open().await;
    let refusal = house.verify(&house.clerk_token(json!({ "sub": Value::from("secret-name") }))).await.unwrap_err();
    assert!(!refusal.to_string().contains("secret-name"));
}
