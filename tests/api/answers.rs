//! How refusals read: a snapshot that a person reviews whenever a sentence changes.

use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{
    TestApp,
    app::{Answer, send},
};

#[derive(Serialize)]
struct Shown {
    status: u16,
    body: Value,
    #[serde(skip_serializing_if = "String::is_empty")]
    allow: String,
}

impl From<Answer> for Shown {
    fn from(answer: Answer) -> Self {
        Self { status: answer.status, allow: answer.header("allow").to_owned(), body: answer.body }
    }
}

#[tokio::test]
async fn refusals_say_what_was_wrong_and_what_is_allowed() {
    let app = TestApp::start().await;
    let (tenant, stranger) = (app.tenant().await, app.tenant().await);
    let (keys, sessions) = ("/api/org-api-keys", "/api/org-api-keys/sessions");
    let create = async |body: Value| Shown::from(app.keyed(&tenant.key, "POST", sessions, body).await);
    let raw = async |content_type: &str, body: &'static str| {
        let request = app.request("POST", sessions).header("x-api-key", &tenant.key);
        Shown::from(send(request.header("content-type", content_type).body(body)).await)
    };
    let listed = format!("{keys}?org_id={}", tenant.org);
    let shown = [
        ("no such path", app.get("/api/nothing").await.into()),
        ("no such method", app.keyed(&tenant.key, "PUT", sessions, json!({})).await.into()),
        ("no credential", app.post(sessions, json!({})).await.into()),
        ("neither game nor stream", create(json!({})).await),
        ("text for a number", create(json!({ "game_id": "42" })).await),
        ("fraction for a number", create(json!({ "game_id": 1.5 })).await),
        ("expiry out of range", create(json!({ "game_id": tenant.game, "expires_in_minutes": 0 })).await),
        ("metadata that is no object", create(json!({ "game_id": tenant.game, "metadata": [1] })).await),
        ("reference too long", create(json!({ "game_id": tenant.game, "external_ref": "x".repeat(256) })).await),
        ("somebody else's game", create(json!({ "game_id": stranger.game })).await),
        ("no JSON", raw("application/json", "{\"game_id\": 42").await),
        ("a member twice", raw("application/json", "{\"game_id\": 42, \"game_id\": 43}").await),
        ("not announced as JSON", raw("text/plain", "{}").await),
        ("unknown action", app.get(&format!("{keys}?action=destroy-session")).await.into()),
        ("malformed token", app.get(&format!("{sessions}/42")).await.into()),
        ("missing token", app.post(&format!("{keys}?action=consume-session"), json!({})).await.into()),
        ("used token", app.post(&format!("{sessions}/{}/consume", uuid::Uuid::nil()), json!({})).await.into()),
        ("missing parameter", app.as_user(&tenant.owner, "GET", keys, Value::Null).await.into()),
        (
            "unknown parameter",
            app.as_user(&tenant.owner, "GET", &format!("{listed}&limit=5"), Value::Null).await.into(),
        ),
        ("another organization", app.as_user(&stranger.owner, "GET", &listed, Value::Null).await.into()),
        ("nameless key", app.as_user(&tenant.owner, "POST", keys, json!({ "org_id": tenant.org })).await.into()),
    ];
    let shown: serde_json::Map<_, _> =
        shown.into_iter().map(|(name, answer): (&str, Shown)| (name.to_owned(), json!(answer))).collect();
    // Numbers that differ from run to run stand in no sentence here.
    insta::assert_yaml_snapshot!(shown);
    app.stop().await;
}
