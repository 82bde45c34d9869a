//! What a validly signed token says.

use playhouse::auth::token::{IssuerKind, Issuers, TokenRefusal};
use serde_json::{Value, json};

use super::{APP_CLIENT, House, ORIGIN, changed, header, with_member};
use crate::support::issuer::test_key;

#[tokio::test]
async fn a_clerk_session_token_names_its_person() {
    let house = House::open().await;
    let person = house.verify(&house.clerk_token(json!({}))).await.unwrap();
    assert_eq!((person.issuer, person.subject.as_str()), (IssuerKind::Clerk, "user_ada"));
    assert_eq!((person.impersonator, person.pending), (None, false));
    assert!((house.now() + 50..=house.now() + 60).contains(&person.expires_at.timestamp()));
}

#[tokio::test]
async fn a_cognito_access_token_names_its_person() {
    let house = House::open().await;
    let person = house.verify(&house.cognito_token(json!({}))).await.unwrap();
    assert_eq!((person.issuer, person.subject.as_str()), (IssuerKind::Cognito, "5f0c1c5e-ada"));
    let token = test_key(1).sign(&header(json!({ "typ": null })), &house.cognito_claims().to_string());
    assert!(house.verify(&token).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_no_single_string_is_refused() {
    let house = House::open().await;
    let good = house.clerk.url.clone();
    for iss in [Value::Null, json!(5), json!({}), json!(["https://evil.example", good]), json!([good])] {
        house.refuses(&house.clerk_token(json!({ "iss": iss })), TokenRefusal::Malformed).await;
    }
    for iss in [format!("{good}/"), good.to_uppercase(), "https://evil.example".to_owned(), String::new()] {
        house.refuses(&house.clerk_token(json!({ "iss": iss })), TokenRefusal::UnknownIssuer).await;
    }
}

#[tokio::test]
async fn any_audience_is_refused_whatever_its_type() {
    let house = House::open().await;
    for aud in [json!(7), json!("playhouse"), json!(["playhouse"]), json!([]), json!({})] {
        house.refuses(&house.clerk_token(json!({ "aud": aud })), TokenRefusal::Audience).await;
        house.refuses(&house.cognito_token(json!({ "aud": aud })), TokenRefusal::Audience).await;
    }
}

#[tokio::test]
async fn a_subject_is_a_plausible_string() {
    let house = House::open().await;
    for sub in [Value::Null, json!(5), json!(["user_ada"]), json!({ "id": "user_ada" })] {
        house.refuses(&house.clerk_token(json!({ "sub": sub })), TokenRefusal::Malformed).await;
    }
    for sub in ["", "ada", "org_ada", "mch_ada", "user_a\0b", &format!("user_{}", "a".repeat(251))] {
        house.refuses(&house.clerk_token(json!({ "sub": sub })), TokenRefusal::Subject).await;
    }
    for sub in ["", "line\nbreak", &"a".repeat(256)] {
        house.refuses(&house.cognito_token(json!({ "sub": sub })), TokenRefusal::Subject).await;
    }
    assert!(house.verify(&house.cognito_token(json!({ "sub": "a".repeat(255) }))).await.is_ok());
}

#[tokio::test]
async fn five_seconds_of_difference_between_clocks_are_forgiven_and_six_are_not() {
    let house = House::open().await;
    let at = |offset: i64| house.now() + offset;
    assert!(house.verify(&house.clerk_token(json!({ "exp": at(-4), "iat": at(-60) }))).await.is_ok());
    house.refuses(&house.clerk_token(json!({ "exp": at(-6), "iat": at(-60) })), TokenRefusal::Expired).await;
    house.refuses(&house.clerk_token(json!({ "exp": at(-30), "iat": at(-60) })), TokenRefusal::Expired).await;
    assert!(house.verify(&house.clerk_token(json!({ "nbf": at(4) }))).await.is_ok());
    // The second may change between the token and its check, and then six are five.
    let within_a_second = async |claim: &str, refusal: TokenRefusal| {
        loop {
            let (token, second) = (house.clerk_token(json!({ claim: at(6) })), house.now());
            let judged = house.verify(&token).await;
            if house.now() == second {
                break assert_eq!(judged.unwrap_err(), refusal, "{claim}");
            }
        }
    };
    within_a_second("nbf", TokenRefusal::NotYetValid).await;
    house.refuses(&house.clerk_token(json!({ "nbf": at(3600), "exp": at(7200) })), TokenRefusal::NotYetValid).await;
    assert!(house.verify(&house.clerk_token(json!({ "iat": at(4) }))).await.is_ok());
    within_a_second("iat", TokenRefusal::IssuedInFuture).await;
    house.refuses(&house.cognito_token(json!({ "iat": at(86_400) })), TokenRefusal::IssuedInFuture).await;
}

#[tokio::test]
async fn a_token_ends_by_the_clock_of_the_server() {
    let house = House::open().await;
    let token = house.clerk_token(json!({}));
    house.wait(64);
    assert!(house.verify(&token).await.is_ok());
    house.wait(3);
    house.refuses(&token, TokenRefusal::Expired).await;
}

#[tokio::test]
async fn a_token_lives_at_most_a_day() {
    let house = House::open().await;
    let now = house.now();
    assert!(house.verify(&house.clerk_token(json!({ "iat": now, "exp": now + 86_400 }))).await.is_ok());
    for exp in [now + 86_401, 253_402_300_799] {
        house.refuses(&house.clerk_token(json!({ "iat": now, "exp": exp })), TokenRefusal::LivesTooLong).await;
        house.refuses(&house.cognito_token(json!({ "iat": now, "exp": exp })), TokenRefusal::LivesTooLong).await;
    }
    house.refuses(&house.clerk_token(json!({ "iat": null })), TokenRefusal::Malformed).await;
}

#[tokio::test]
async fn dates_are_plausible_numbers() {
    let house = House::open().await;
    for claim in ["exp", "nbf", "iat"] {
        let rest = changed(house.clerk_claims(), json!({ claim: null }));
        for bad in [r#""123""#, "null", "-1", "1e300", "1e999", r#""x""#, "[]", "{}", "true", "253402300800"] {
            let token = test_key(0).sign(&header(json!({})), &with_member(&rest, &format!(r#""{claim}":{bad}"#)));
            house.refuses(&token, TokenRefusal::Malformed).await;
        }
    }
    house.refuses(&house.clerk_token(json!({ "exp": null })), TokenRefusal::Malformed).await;
    assert!(house.verify(&house.clerk_token(json!({ "nbf": null }))).await.is_ok());
    assert!(house.verify(&house.clerk_token(json!({ "exp": house.now() as f64 + 30.5 }))).await.is_ok());
}

#[tokio::test]
async fn a_claim_that_comes_twice_is_refused() {
    let house = House::open().await;
    let good = house.clerk_claims();
    for claim in ["iss", "sub", "azp", "sid", "exp", "iat", "nbf"] {
        let twice = with_member(&good.to_string(), &format!(r#""{claim}":{}"#, good[claim]));
        house.refuses(&test_key(0).sign(&header(json!({})), &twice), TokenRefusal::Malformed).await;
    }
}

#[tokio::test]
async fn claims_that_are_no_object_are_refused() {
    let house = House::open().await;
    let deep = format!("{}{}", "[".repeat(2_500), "]".repeat(2_500));
    for claims in ["", "null", "5", "[]", "{}", "{", "\u{feff}{}", &deep] {
        house.refuses(&test_key(0).sign(&header(json!({})), claims), TokenRefusal::Malformed).await;
    }
    let nested = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    house.refuses(&test_key(0).sign(&header(json!({})), &nested), TokenRefusal::TooLong).await;
}

#[tokio::test]
async fn only_session_tokens_of_clerk_count() {
    let house = House::open().await;
    for sid in [Value::Null, json!("")] {
        house.refuses(&house.clerk_token(json!({ "sid": sid })), TokenRefusal::NoSession).await;
    }
    house.refuses(&house.clerk_token(json!({ "sub": "mch_1", "sid": null })), TokenRefusal::Subject).await;
    for azp in [Value::Null, json!(""), json!("https://evil.example"), json!("https://app.example.com.evil.example")] {
        house.refuses(&house.clerk_token(json!({ "azp": azp })), TokenRefusal::Party).await;
    }
    house.refuses(&house.clerk_token(json!({ "azp": [ORIGIN] })), TokenRefusal::Malformed).await;
}

#[tokio::test]
async fn without_a_list_of_origins_every_origin_counts() {
    let house = House::open().await;
    let settings = vec![house.clerk.settings(IssuerKind::Clerk, &[])];
    let issuers = Issuers::new(settings, None, house.clock.clone()).unwrap();
    for azp in [Value::Null, json!("https://other.example")] {
        assert!(issuers.verify(&house.clerk_token(json!({ "azp": azp }))).await.is_ok());
    }
}

#[tokio::test]
async fn only_access_tokens_of_known_app_clients_of_cognito_count() {
    let house = House::open().await;
    let id_token = json!({ "token_use": "id", "aud": APP_CLIENT, "client_id": null });
    house.refuses(&house.cognito_token(id_token), TokenRefusal::Use).await;
    for token_use in [Value::Null, json!(""), json!("id"), json!("refresh"), json!("Access")] {
        house.refuses(&house.cognito_token(json!({ "token_use": token_use })), TokenRefusal::Use).await;
    }
    for client in [Value::Null, json!(""), json!("another-app")] {
        house.refuses(&house.cognito_token(json!({ "client_id": client })), TokenRefusal::Party).await;
    }
    house.refuses(&house.cognito_token(json!({ "client_id": [APP_CLIENT] })), TokenRefusal::Malformed).await;
}

#[tokio::test]
async fn an_unfinished_sign_in_and_an_impersonator_are_reported() {
    let house = House::open().await;
    for (sts, pending) in [(json!("pending"), true), (json!("something new"), true), (json!("active"), false)] {
        assert_eq!(house.verify(&house.clerk_token(json!({ "sts": sts }))).await.unwrap().pending, pending);
    }
    let person = house.verify(&house.clerk_token(json!({ "act": { "sub": "user_support" } }))).await.unwrap();
    assert_eq!(person.impersonator.as_deref(), Some("user_support"));
    for act in [json!("user_support"), json!({}), json!({ "sub": 5 })] {
        house.refuses(&house.clerk_token(json!({ "act": act })), TokenRefusal::Malformed).await;
    }
    house.refuses(&house.clerk_token(json!({ "act": { "sub": "" } })), TokenRefusal::Subject).await;
}

#[tokio::test]
async fn organisation_claims_change_nothing() {
    let house = House::open().await;
    let plain = house.verify(&house.clerk_token(json!({}))).await.unwrap();
    let claims = json!({ "o": { "id": "org_1", "rol": "admin" }, "org_id": "org_2", "org_role": "org:admin", "v": 1 });
    let mut decorated = house.verify(&house.clerk_token(claims)).await.unwrap();
    decorated.expires_at = plain.expires_at;
    assert_eq!(decorated, plain);
}

#[tokio::test]
async fn the_rules_of_one_kind_do_not_pass_the_tokens_of_the_other() {
    let house = House::open().await;
    let as_clerk = changed(house.cognito_claims(), json!({ "iss": house.clerk.url }));
    house.refuses(&test_key(0).sign(&header(json!({})), &as_clerk), TokenRefusal::Subject).await;
    let as_cognito = changed(house.clerk_claims(), json!({ "iss": house.cognito.url }));
    house.refuses(&test_key(1).sign(&header(json!({})), &as_cognito), TokenRefusal::Use).await;
}
