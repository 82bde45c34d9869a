//! Credentials that do not hold: one answer for all of them.

use chrono::TimeDelta;
use playhouse::auth::{
    key_text,
    token::{IssuerKind, development::DevelopmentIssuer},
};
use reqwest::{RequestBuilder, header::HeaderValue};
use serde_json::{Value, json};

use super::{KEYS, SESSIONS, Stage, UNAUTHORIZED, headers};
use crate::support::app::{Answer, send};

/// The one answer of every credential that does not hold, compared with those before it.
#[derive(Default)]
struct Uniform(Option<String>);

impl Uniform {
    fn take(&mut self, what: &str, answer: &Answer) {
        assert_eq!((answer.status, &*answer.text), (401, UNAUTHORIZED), "{what}");
        let headers = headers(answer);
        for hint in ["ratelimit", "retry-after", "set-cookie"] {
            assert!(!headers.contains(hint) && answer.header(hint).is_empty(), "{what}: {headers}");
        }
        assert_eq!(*self.0.get_or_insert_with(|| headers.clone()), headers, "{what}");
    }
}

impl Stage {
    /// createSession of something that would work with the right credential.
    fn creation(&self, query: &str) -> RequestBuilder {
        let path = format!("{SESSIONS}{query}");
        self.app.request("POST", &path).json(&json!({ "game_id": self.tenant.game }))
    }

    fn list(&self, query: &str) -> RequestBuilder {
        self.app.request("GET", &format!("{KEYS}?org_id={}{query}", self.tenant.org))
    }

    fn owner(&self) -> String {
        self.app.token(&self.tenant.owner)
    }
}

fn bytes(value: impl AsRef<[u8]>) -> HeaderValue {
    HeaderValue::from_bytes(value.as_ref()).unwrap()
}

#[tokio::test]
async fn every_wrong_key_gets_the_same_answer() {
    let stage = Stage::set().await;
    let key = stage.tenant.key.clone();
    let (revoked_id, revoked) = stage.new_key(json!({})).await;
    let (_, expired) = stage.new_key(json!({ "expires_at": "2000-01-01T00:00:00Z" })).await;
    let (deleted_id, deleted) = stage.new_key(json!({})).await;
    for key in [&revoked, &deleted] {
        assert_eq!(stage.try_key(key).await.status, 200);
    }
    assert_eq!(stage.change_key(revoked_id, json!({ "is_active": false })).await.status, 200);
    let query = format!("?id={deleted_id}&org_id={}", stage.tenant.org);
    assert_eq!(stage.manage("DELETE", &query, Value::Null).await.status, 200);
    let unknown = key_text::generate_org_key();
    let mut uniform = Uniform::default();
    uniform.take("no key", &send(stage.creation("")).await);
    for (what, value) in [
        ("empty", bytes("")),
        ("prefix alone", bytes("dpk_")),
        ("too short", bytes(&key[..43])),
        ("too long", bytes(format!("{key}0"))),
        ("upper case", bytes(format!("dpk_{}", key[4..].to_uppercase()))),
        ("upper-case prefix", bytes(key.replacen("dpk_", "DPK_", 1))),
        ("no hex", bytes(format!("{}g", &key[..43]))),
        ("Cyrillic а", bytes(format!("{}а", &key[..42]))),
        ("a hard space after it", bytes([key.as_bytes(), b"\xa0"].concat())),
        ("a hard space in UTF-8", bytes(format!("{key}\u{a0}"))),
        ("a space within", bytes(format!("{} {}", &key[..20], &key[20..]))),
        ("a tab within", bytes(format!("{}\t{}", &key[..20], &key[20..]))),
        ("quoted", bytes(format!("\"{key}\""))),
        ("as a bearer", bytes(format!("Bearer {key}"))),
        ("two in one", bytes(format!("{key},{key}"))),
        ("of a property", bytes(key_text::generate_property_key().expose())),
        ("a user's token", bytes(stage.owner())),
        ("its hash", bytes(key_text::hash(&key).map(|byte| format!("{byte:02x}")).concat())),
        ("unknown", bytes(unknown.expose())),
        ("unknown, asked again", bytes(unknown.expose())),
        ("revoked", bytes(&revoked)),
        ("expired", bytes(&expired)),
        ("deleted", bytes(&deleted)),
        ("4 KB", bytes("d".repeat(4096))),
    ] {
        uniform.take(what, &send(stage.creation("").header("x-api-key", value)).await);
    }
}

#[tokio::test]
async fn the_transport_strips_spaces_around_a_key_before_anybody_compares_it() {
    let stage = Stage::set().await;
    for value in [format!("{} ", stage.tenant.key), format!("\t{}\t", stage.tenant.key)] {
        assert_eq!(send(stage.creation("").header("x-api-key", bytes(value))).await.status, 200);
    }
}

#[tokio::test]
async fn a_text_that_cannot_be_a_key_is_refused_without_asking_the_database() {
    let stage = Stage::set().await;
    stage.execute("alter table org_api_keys rename to away").await;
    for text in ["", "dpk_", &stage.tenant.key[..43], &stage.tenant.key.to_uppercase(), "pk_x"] {
        let answer = send(stage.creation("").header("x-api-key", text)).await;
        assert_eq!((answer.status, &*answer.text), (401, UNAUTHORIZED), "{text}");
    }
    let answer = send(stage.creation("").header("x-api-key", key_text::generate_org_key().expose())).await;
    assert_eq!(answer.status, 500, "what may be a key is looked up");
}

#[tokio::test]
async fn the_public_calls_do_not_care_about_credentials() {
    let stage = Stage::set().await;
    for (name, value) in [("x-api-key", "dpk_wrong"), ("authorization", "Bearer x"), ("x-api-key", &stage.tenant.key)] {
        let path = format!("{SESSIONS}/{}", stage.ticket().await);
        assert_eq!(send(stage.app.request("GET", &path).header(name, value)).await.body["data"]["valid"], true);
        let answer = send(stage.app.request("POST", &format!("{path}/consume")).header(name, value)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_key_counts_in_its_header_only() {
    let stage = Stage::set().await;
    let key = &stage.tenant.key;
    let mut uniform = Uniform::default();
    let in_body = json!({ "game_id": stage.tenant.game, "api_key": key, "x-api-key": key });
    for (what, request) in [
        ("query", stage.creation(&format!("?api_key={key}"))),
        ("query by the header's name", stage.creation(&format!("?x-api-key={key}"))),
        ("body", stage.app.request("POST", SESSIONS).json(&in_body)),
        ("cookie", stage.creation("").header("cookie", format!("x-api-key={key}; api_key={key}"))),
        ("Authorization", stage.creation("").bearer_auth(key)),
        ("Authorization by its scheme", stage.creation("").header("authorization", format!("ApiKey {key}"))),
        ("underscores", stage.creation("").header("x_api_key", key)),
        ("a user's token", stage.creation("").bearer_auth(stage.owner())),
    ] {
        uniform.take(what, &send(request).await);
    }
    assert_eq!(stage.number("select count(*) from game_sessions").await, 0);
}

#[tokio::test]
async fn two_credentials_at_once_are_none() {
    let stage = Stage::set().await;
    let (key, owner) = (&stage.tenant.key, stage.owner());
    let mut uniform = Uniform::default();
    for (what, request) in [
        ("the key twice", stage.creation("").header("x-api-key", key).header("x-api-key", key)),
        ("the key, then another", stage.creation("").header("x-api-key", key).header("x-api-key", "dpk_")),
        ("another, then the key", stage.creation("").header("x-api-key", "").header("x-api-key", key)),
        ("the key and a user's token", stage.creation("").header("x-api-key", key).bearer_auth(&owner)),
        ("the key and an empty Authorization", stage.creation("").header("x-api-key", key).header("authorization", "")),
        ("a user's token and a key", stage.list("").bearer_auth(&owner).header("x-api-key", key)),
        ("a user's token twice", stage.list("").bearer_auth(&owner).bearer_auth(&owner)),
    ] {
        uniform.take(what, &send(request).await);
    }
    let same_twice = stage.creation("").header("x-api-key", key).bearer_auth(key);
    assert_eq!(send(same_twice).await.status, 200, "the same credential in both places leaves no doubt");
}

#[tokio::test]
async fn every_wrong_token_gets_the_same_answer_on_every_key_call() {
    let stage = Stage::set().await;
    let owner = stage.owner();
    let issuer = DevelopmentIssuer::open(&stage.app.app.config.data.directory).unwrap();
    let life = TimeDelta::minutes(5);
    let cognito = issuer.mint(IssuerKind::Cognito, &stage.tenant.owner, life, &stage.app.clock).unwrap();
    stage
        .execute(&format!(
            "insert into memberships (issuer, subject, organization_id, role) values ('cognito', '{}', {}, 'owner')",
            stage.tenant.owner, stage.tenant.org
        ))
        .await;
    let (head, signature) = owner.rsplit_once('.').unwrap();
    let mut uniform = Uniform::default();
    let values = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer  {owner}"),
        format!("Bearer {owner}, Bearer {owner}"),
        format!("Bearer {owner},{owner}"),
        format!("Bearer {owner} x"),
        format!("Bearer \"{owner}\""),
        format!("Basic {owner}"),
        format!("Token {owner}"),
        owner.clone(),
        format!("Bearer {}", stage.tenant.key),
        format!("Bearer {}", key_text::generate_property_key().expose()),
        format!("Bearer {head}."),
        format!("Bearer {head}.{}", signature.chars().rev().collect::<String>()),
        "Bearer a.b.c".to_owned(),
        format!("Bearer {}", cognito.expose()),
    ];
    for value in values {
        let org = stage.tenant.org;
        let body = json!({ "org_id": org, "id": 1, "name": "A key" });
        for request in [
            stage.list(""),
            stage.app.request("POST", KEYS).json(&body),
            stage.app.request("PATCH", KEYS).json(&body),
            stage.app.request("DELETE", &format!("{KEYS}?id=1&org_id={org}")),
        ] {
            uniform.take(&value, &send(request.header("authorization", bytes(&value))).await);
        }
    }
    assert_eq!(send(stage.list("").header("authorization", format!("bearer {owner}"))).await.status, 200);
    stage.app.clock.advance(TimeDelta::minutes(61));
    uniform.take("a token past its end", &send(stage.list("").bearer_auth(&owner)).await);
}

#[tokio::test]
async fn a_token_counts_in_its_header_only() {
    let stage = Stage::set().await;
    let owner = stage.owner();
    let mut uniform = Uniform::default();
    for (what, request) in [
        ("nowhere", stage.list("")),
        ("query", stage.list(&format!("&access_token={owner}"))),
        ("query by the header's name", stage.list(&format!("&authorization=Bearer%20{owner}"))),
        ("cookie", stage.list("").header("cookie", format!("__session={owner}"))),
        ("x-api-key", stage.list("").header("x-api-key", &owner)),
        ("the key's header", stage.list("").header("x-api-key", &stage.tenant.key)),
    ] {
        uniform.take(what, &send(request).await);
    }
}

#[tokio::test]
async fn every_operation_that_needs_a_credential_says_so_before_anything_else() {
    let stage = Stage::set().await;
    let document = stage.app.get("/openapi.json").await.body;
    let mut uniform = Uniform::default();
    let mut walked = Vec::new();
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with(KEYS)) {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array();
            if security.or(document["security"].as_array()).is_none_or(Vec::is_empty) {
                continue;
            }
            let path = path.replace(['{', '}'], "");
            let method = method.to_uppercase();
            uniform.take(&format!("{method} {path}"), &send(stage.app.request(&method, &path)).await);
            let garbage =
                stage.app.request(&method, &format!("{path}?x=1")).header("content-type", "text/plain").body("{");
            uniform.take(&format!("{method} {path} with garbage"), &send(garbage).await);
            walked.push(operation["operationId"].as_str().unwrap().to_owned());
        }
    }
    for operation in ["createSession", "revokeSession", "listApiKeys", "createApiKey", "updateApiKey", "deleteApiKey"] {
        assert!(walked.iter().any(|known| known == operation), "{operation} is not among {walked:?}");
    }
}
