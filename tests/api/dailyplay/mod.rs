//! Face one over HTTP: sessions and keys as integrators, dashboards, players and attackers meet them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod actions;
mod callers;
mod inputs;
mod key_life;
mod keys;
mod members;
mod paths;
mod play;
mod queries;
mod races;
mod seed;
mod sessions;
mod targets;
mod trail;

use playhouse::{auth::key_text, tenant::OrgId};
use sea_orm::{DbBackend, FromQueryResult, Statement};
use serde_json::{Value, json};

use crate::support::{
    TestApp,
    app::{Answer, Tenant, send},
    database,
};

const KEYS: &str = "/api/org-api-keys";
const SESSIONS: &str = "/api/org-api-keys/sessions";

/// The one body of every token that plays no more.
const GONE: &str = r#"{"success":false,"error":"Session is invalid, already consumed, or expired"}"#;
/// The one body of every credential that does not hold.
const UNAUTHORIZED: &str = r#"{"success":false,"error":"Missing or invalid credentials"}"#;
/// The one body for a game or stream that is not the key's to open.
const NO_ACCESS: &str = r#"{"success":false,"error":"API key does not have access to the requested resource"}"#;
/// A setting under which guesses do not run out.
const PATIENT: (&str, &str) = ("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "1000000");
/// A token that no session has.
const UNKNOWN_TOKEN: &str = "3f0c5a34-0000-4000-8000-000000000001";

/// Words that tell about the inside of the server and nothing about the request.
const INSIDE: [&str; 14] = [
    "serde", "poem", "sqlx", "sea_orm", "sea-orm", "tokio", "hyper", "::", "i32", "i64", "u64", "select ", "insert ",
    "panicked",
];

/// A server with one tenant.
struct Stage {
    app: TestApp,
    tenant: Tenant,
}

impl Stage {
    async fn set() -> Self {
        Self::with(&[]).await
    }

    async fn with(variables: &[(&str, &str)]) -> Self {
        let app = TestApp::with(variables).await;
        let tenant = app.tenant().await;
        Self { app, tenant }
    }

    /// createSession with the tenant's key.
    async fn create(&self, body: Value) -> Answer {
        self.app.keyed(&self.tenant.key, "POST", SESSIONS, body).await
    }

    /// The token of a session for these members.
    async fn token(&self, body: Value) -> String {
        let answer = self.create(body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body["data"]["token"].as_str().unwrap().to_owned()
    }

    /// The token of a session for the tenant's game.
    async fn ticket(&self) -> String {
        self.app.session(&self.tenant).await
    }

    async fn validate(&self, token: &str) -> Answer {
        self.app.get(&format!("{SESSIONS}/{token}")).await
    }

    async fn consume(&self, token: &str) -> Answer {
        self.app.post(&format!("{SESSIONS}/{token}/consume"), json!({})).await
    }

    async fn revoke(&self, token: &str) -> Answer {
        send(self.app.request("DELETE", &format!("{SESSIONS}/{token}")).header("x-api-key", &self.tenant.key)).await
    }

    /// A key call of the tenant's owner.
    async fn manage(&self, method: &str, query: &str, body: Value) -> Answer {
        self.app.as_user(&self.tenant.owner, method, &format!("{KEYS}{query}"), body).await
    }

    /// createApiKey with a name and these members: the key's number and text.
    async fn new_key(&self, members: Value) -> (i64, String) {
        let answer =
            self.manage("POST", "", merged(json!({ "org_id": self.tenant.org, "name": "A key" }), members)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let data = &answer.body["data"];
        (data["id"].as_i64().unwrap(), data["key"].as_str().unwrap().to_owned())
    }

    /// updateApiKey with these members.
    async fn change_key(&self, id: i64, members: Value) -> Answer {
        self.manage("PATCH", "", merged(json!({ "id": id, "org_id": self.tenant.org }), members)).await
    }

    /// A key as the list shows it; null when it is not there.
    async fn listed(&self, id: i64) -> Value {
        let answer = self.manage("GET", &format!("?org_id={}", self.tenant.org), Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let keys = answer.body["data"].as_array().unwrap();
        keys.iter().find(|key| key["id"] == id).cloned().unwrap_or_default()
    }

    /// createSession for the tenant's game with any key.
    async fn try_key(&self, key: &str) -> Answer {
        self.app.keyed(key, "POST", SESSIONS, json!({ "game_id": self.tenant.game })).await
    }

    /// Stores a key by its hash alone, as an import does.
    async fn import(&self, key: &str) {
        let db = database::owner(&self.app.database_url).await;
        let new = playhouse::keys::NewKey {
            name: "Imported".to_owned(),
            description: None,
            allowed_game_ids: None,
            allowed_stream_ids: None,
            rate_limit_per_minute: 60,
            rate_limit_per_day: 10_000,
            expires_at: None,
        };
        let prefix = key_text::display_prefix(key);
        playhouse::keys::insert(&db, OrgId(self.tenant.org), new, key_text::hash(key), prefix).await.unwrap();
        db.close().await.unwrap();
    }

    async fn execute(&self, sql: &str) {
        database::execute(&self.app.database_url, sql).await;
    }

    async fn number(&self, sql: &str) -> i64 {
        database::number(&self.app.database_url, sql).await
    }

    /// Lines of text, as the owner of the database reads them.
    async fn lines(&self, sql: &str) -> Vec<String> {
        #[derive(FromQueryResult)]
        struct Row {
            line: String,
        }
        let db = database::owner(&self.app.database_url).await;
        let sql = format!("select line from ({sql}) as rows(line)");
        let rows = Row::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).all(&db).await.unwrap();
        db.close().await.unwrap();
        rows.into_iter().map(|row| row.line).collect()
    }

    /// Writes what waits to be written.
    async fn flush(&self) {
        self.app.app.trail.flush(&self.app.app.background).await.unwrap();
    }
}

fn merged(mut object: Value, members: Value) -> Value {
    object.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    object
}

/// Any body with any type.
fn body_of(
    request: reqwest::RequestBuilder,
    content_type: &str,
    body: impl Into<reqwest::Body>,
) -> reqwest::RequestBuilder {
    request.header("content-type", content_type).body(body)
}

/// The answer is an error of this status, fit for strangers; returns its sentence.
fn refused(answer: &Answer, status: u16) -> &str {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert_eq!(answer.body["success"], false, "{}", answer.text);
    let sentence = answer.error();
    assert!(!sentence.is_empty() && sentence.chars().count() < 400, "{}", answer.text);
    let lower = answer.text.to_lowercase();
    let inside: Vec<_> = INSIDE.iter().filter(|word| lower.contains(*word)).collect();
    assert!(inside.is_empty(), "{inside:?} in {}", answer.text);
    sentence
}

/// The headers that two equal answers share, in one text.
fn headers(answer: &Answer) -> String {
    let own = ["date", "x-request-id", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    let mut lines: Vec<_> = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
    lines.sort_by_key(|(name, _)| name.as_str());
    format!("{lines:?}")
}

/// Whether a text is an instant as this face writes it.
fn is_instant(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == "2026-02-17T12:00:00.000Z".len()
        && text.as_bytes()[19] == b'.'
        && text.ends_with('Z')
        && chrono::DateTime::parse_from_rfc3339(text).is_ok()
}
