//! Which text of which header is the credential; everything else gets one answer.

use playhouse::auth::key_text;
use reqwest::header::HeaderValue;

use super::*;
use crate::support::app::from_memory;

fn bytes(value: impl AsRef<[u8]>) -> HeaderValue {
    HeaderValue::from_bytes(value.as_ref()).unwrap()
}

/// The headers that two equal answers share.
fn shared(answer: &Answer) -> String {
    let own = ["date", "x-request-id"];
    let mut lines: Vec<_> = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
    lines.sort_by_key(|(name, _)| name.as_str());
    format!("{lines:?}")
}

#[tokio::test]
async fn a_key_may_come_in_either_header() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(generous()).await;
    for headers in [
        vec![("x-api-key", key.clone())],
        vec![("authorization", format!("Bearer {key}"))],
        vec![("authorization", format!("bearer {key}"))],
        vec![("x-api-key", key.clone()), ("authorization", format!("Bearer {key}"))],
        vec![("x-api-key", format!(" {key}\t"))],
    ] {
        let request = headers.iter().fold(stage.app.request("GET", WHOAMI), |r, (name, value)| r.header(*name, value));
        assert_eq!(send(request).await.status, 200, "{headers:?}");
    }
}

#[tokio::test]
async fn every_wrong_credential_gets_the_same_answer() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(generous()).await;
    let (_, other) = stage.key(generous()).await;
    let revoked = stage.created(json!({})).await;
    data(&stage.function("revoke-api-key", json!({ "key_id": revoked["id"] })).await);
    let past = Some(stage.app.clock.now() - TimeDelta::hours(1));
    let (_, expired) = stage.key(NewPropertyKey { expires_at: past, ..generous() }).await;
    let token = stage.app.token(&stage.tenant.owner);
    let (unknown, dpk) = (key_text::generate_property_key(), &stage.tenant.key);
    let (x, a) = ("x-api-key", "authorization");
    let wrong: Vec<(&str, Vec<(&str, HeaderValue)>)> = vec![
        ("nothing", vec![]),
        ("empty", vec![(x, bytes(""))]),
        ("prefix alone", vec![(x, bytes("pk_"))]),
        ("too short", vec![(x, bytes(&key[..51]))]),
        ("too long", vec![(x, bytes(format!("{key}0")))]),
        ("another checksum", vec![(x, bytes(format!("{}{}", &key[..46], &other[46..])))]),
        ("upper-case prefix", vec![(x, bytes(key.replacen("pk_", "PK_", 1)))]),
        ("a hard space after it", vec![(x, bytes([key.as_bytes(), b"\xa0"].concat()))]),
        ("Cyrillic р", vec![(x, bytes(key.replacen('p', "р", 1)))]),
        ("two in one", vec![(x, bytes(format!("{key},{key}")))]),
        ("two headers", vec![(x, bytes(&key)), (x, bytes(&key))]),
        ("two different headers", vec![(x, bytes(&key)), (x, bytes(&other))]),
        ("two authorizations", vec![(a, bytes(format!("Bearer {key}"))), (a, bytes(format!("Bearer {token}")))]),
        ("both headers, different keys", vec![(x, bytes(&key)), (a, bytes(format!("Bearer {other}")))]),
        ("a key and a token", vec![(x, bytes(&key)), (a, bytes(format!("Bearer {token}")))]),
        ("a key and no bearer", vec![(x, bytes(&key)), (a, bytes(format!("Basic {key}")))]),
        ("a token as a key", vec![(x, bytes(&token))]),
        ("a list of bearers", vec![(a, bytes(format!("Bearer {token}, Bearer {token}")))]),
        ("a bare key", vec![(a, bytes(&key))]),
        ("basic", vec![(a, bytes(format!("Basic {key}")))]),
        ("an organization's key", vec![(x, bytes(dpk))]),
        ("an organization's key as a bearer", vec![(a, bytes(format!("Bearer {dpk}")))]),
        ("unknown", vec![(x, bytes(unknown.expose()))]),
        ("unknown, asked again", vec![(x, bytes(unknown.expose()))]),
        ("revoked", vec![(x, bytes(text(&revoked["key"])))]),
        ("expired", vec![(x, bytes(&expired))]),
        ("a token of nobody", vec![(a, bytes("Bearer a.b.c"))]),
        ("cookie", vec![("cookie", bytes(format!("x-api-key={key}")))]),
        ("apikey", vec![("apikey", bytes(&key))]),
    ];
    let mut uniform = None;
    for (what, headers) in wrong {
        let mut request = stage.app.request("GET", WHOAMI);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = send(request).await;
        let headers = shared(&answer);
        assert!(!headers.contains("ratelimit") && !headers.contains("retry-after"), "{what}: {headers}");
        unauthorized(&answer);
        assert_eq!(*uniform.get_or_insert_with(|| headers.clone()), headers, "{what}");
    }
}

#[tokio::test]
async fn every_operation_of_the_property_wants_a_credential_before_anything_else() {
    let stage = Stage::set().await;
    let document = stage.app.get("/openapi.json").await.body;
    let (mut walked, mut uniform) = (Vec::new(), None);
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("/api/org-api-keys")) {
        let operations = item.as_object().unwrap().iter().filter(|(_, operation)| operation["operationId"].is_string());
        for (method, operation) in operations {
            let (name, method) = (text(&operation["operationId"]), method.to_uppercase());
            let path = path.replace(['{', '}'], "");
            for (path, body) in [(path.clone(), ""), (format!("{path}?x=1"), "{")] {
                let request = stage.app.request(&method, &path).header("content-type", "application/json").body(body);
                let answer = send(request).await;
                match &*method {
                    "HEAD" => assert_eq!((answer.status, &*answer.text), (401, ""), "{name}"),
                    _ => assert_eq!((answer.status, &*answer.text), (401, UNAUTHORIZED), "{name}"),
                }
                let headers = shared(&answer);
                if method != "HEAD" {
                    assert_eq!(*uniform.get_or_insert_with(|| headers.clone()), headers, "{name}");
                }
            }
            walked.push(name.to_owned());
        }
    }
    for name in ["whoami", "createPropertyApiKey", "revokePropertyApiKey", "rotatePropertyApiKey"] {
        assert!(walked.iter().any(|known| known == name), "{name} is not among {walked:?}");
    }
}

#[tokio::test]
async fn a_key_in_the_query_is_no_credential() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(generous()).await;
    for name in ["api_key", "apikey", "x-api-key", "access_token"] {
        unauthorized(&stage.app.get(&format!("{WHOAMI}?{name}={key}")).await);
    }
}

#[tokio::test]
async fn a_property_key_opens_no_session_call() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(generous()).await;
    let body = json!({ "game_id": stage.tenant.game });
    let answer = stage.app.keyed(&key, "POST", "/api/org-api-keys/sessions", body).await;
    assert_eq!(answer.status, 401, "{}", answer.text);
}

#[tokio::test]
async fn who_guesses_keys_is_throttled_and_known_keys_are_not() {
    let stage = Stage::with(&[("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "5")]).await;
    let (_, key) = stage.key(generous()).await;
    assert_eq!(whoami(&stage.app, &key).await.status, 200);
    let mut guesses = 0;
    // A minute may end while we guess, so the limit may be spent twice.
    while whoami(&stage.app, key_text::generate_property_key().expose()).await.status == 401 {
        guesses += 1;
        assert!(guesses <= 10, "nobody stops the guessing");
    }
    assert!(guesses >= 5, "{guesses}");
    let known = from_memory(async || whoami(&stage.app, &key).await).await;
    assert_eq!(known.status, 200, "a key that memory knows is not looked up");
    // A wrong checksum asks nobody, so it is no guess.
    unauthorized(&whoami(&stage.app, &format!("{}000000", &key[..46])).await);
}
