//! The issuer inside the house.

use std::sync::Arc;

use chrono::TimeDelta;
use playhouse::{
    auth::token::{
        IssuerKind, Issuers, TokenRefusal,
        development::{DevelopmentIssuer, issuer_name},
    },
    clock::Clock,
};
use serde_json::json;

use super::{KID, changed, header};
use crate::support::issuer::test_key;

const HOUR: TimeDelta = TimeDelta::hours(1);

#[tokio::test]
async fn its_tokens_pass_the_checks_of_their_kind() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::default();
    let issuer = Arc::new(DevelopmentIssuer::open(dir.path()).unwrap());
    let issuers = Issuers::new(vec![], Some(Arc::clone(&issuer)), clock.clone()).unwrap();
    assert!(issuers.ready(), "it needs no network");
    for (kind, subject) in [(IssuerKind::Clerk, "user_demo_a"), (IssuerKind::Cognito, "5f0c1c5e")] {
        let token = issuer.mint(kind, subject, HOUR, &clock).unwrap();
        let person = issuers.verify(token.expose()).await.unwrap();
        assert_eq!((person.issuer, person.subject.as_str()), (kind, subject));
        assert_eq!((person.impersonator, person.pending), (None, false));
    }
    let token = issuer.mint(IssuerKind::Clerk, "user_demo_a", HOUR, &clock).unwrap();
    clock.advance(TimeDelta::seconds(3606));
    assert_eq!(issuers.verify(token.expose()).await, Err(TokenRefusal::Expired));
}

#[tokio::test]
async fn without_it_nobody_believes_its_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::default();
    let issuer = DevelopmentIssuer::open(dir.path()).unwrap();
    let token = issuer.mint(IssuerKind::Clerk, "user_demo_a", HOUR, &clock).unwrap();
    let issuers = Issuers::new(vec![], None, clock.clone()).unwrap();
    assert_eq!(issuers.verify(token.expose()).await, Err(TokenRefusal::UnknownIssuer));
    let other_dir = tempfile::tempdir().unwrap();
    let other = Arc::new(DevelopmentIssuer::open(other_dir.path()).unwrap());
    let issuers = Issuers::new(vec![], Some(other), clock).unwrap();
    assert_eq!(issuers.verify(token.expose()).await, Err(TokenRefusal::UnknownKey));
}

#[tokio::test]
async fn a_stranger_cannot_speak_in_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::default();
    let issuer = Arc::new(DevelopmentIssuer::open(dir.path()).unwrap());
    let issuers = Issuers::new(vec![], Some(issuer), clock.clone()).unwrap();
    let now = clock.now().timestamp();
    let claims = changed(
        json!({ "iss": issuer_name(IssuerKind::Clerk), "sub": "user_ada", "sid": "sess_1", "iat": now }),
        json!({ "exp": now + 60, "azp": "playhouse-development" }),
    );
    for kid in [KID, "", "development"] {
        let token = test_key(0).sign(&header(json!({ "kid": kid })), &claims);
        assert!(issuers.verify(&token).await.is_err());
    }
}

#[tokio::test]
async fn everybody_who_opens_the_same_directory_has_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("not/there/yet");
    let clock = Clock::default();
    let openers: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn({
                let place = place.clone();
                move || DevelopmentIssuer::open(&place).unwrap()
            })
        })
        .collect();
    let opened: Vec<_> = openers.into_iter().map(|opener| Arc::new(opener.join().unwrap())).collect();
    for one in &opened {
        let token = one.mint(IssuerKind::Cognito, "ada", HOUR, &clock).unwrap();
        for other in &opened {
            let issuers = Issuers::new(vec![], Some(Arc::clone(other)), clock.clone()).unwrap();
            assert!(issuers.verify(token.expose()).await.is_ok());
        }
    }
    let names: Vec<_> = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["development-issuer.pem"], "no draft stays behind");
}

#[cfg(unix)]
#[test]
fn the_key_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    DevelopmentIssuer::open(dir.path()).unwrap();
    let file = std::fs::metadata(dir.path().join("development-issuer.pem")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_holds_no_key_is_named_in_the_error() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("development-issuer.pem"), "hello").unwrap();
    let error = DevelopmentIssuer::open(dir.path()).err().unwrap();
    assert!(format!("{error:#}").contains("development-issuer.pem"));
}

#[test]
fn tokens_that_nobody_would_believe_are_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::default();
    let issuer = DevelopmentIssuer::open(dir.path()).unwrap();
    let made = |kind, subject, ttl| issuer.mint(kind, subject, ttl, &clock).is_ok();
    assert!(made(IssuerKind::Clerk, "user_a", TimeDelta::hours(24)));
    assert!(!made(IssuerKind::Clerk, "ada", HOUR));
    assert!(!made(IssuerKind::Cognito, "", HOUR));
    assert!(!made(IssuerKind::Builtin, "ada", HOUR));
    assert!(!made(IssuerKind::Cognito, "ada", TimeDelta::hours(25)));
    assert!(!made(IssuerKind::Cognito, "ada", TimeDelta::zero()));
}
