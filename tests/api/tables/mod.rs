//! The tables of a property over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "not every file needs every helper")]

mod attacks;
mod canary;
mod clients;
mod dialect;
mod features;
mod neighbours;
mod walk;
mod walls;

use playhouse::property_keys::NewPropertyKey;
use serde_json::{Value, json};

use crate::support::{
    TestApp,
    app::{Answer, Tenant, send},
    database,
    property_keys::{generous, property_key},
};

/// A server with one tenant and a key of its property that may do everything.
pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) tenant: Tenant,
    pub(super) key: String,
}

impl Stage {
    pub(super) async fn set() -> Self {
        Self::with(&[]).await
    }

    /// The same with some settings changed, as variables.
    pub(super) async fn with(variables: &[(&str, &str)]) -> Self {
        let app = TestApp::with(variables).await;
        let tenant = app.tenant().await;
        let (_, key) = property_key(&app.database_url, &tenant, generous()).await;
        Self { app, tenant, key }
    }

    /// A further key of the property.
    pub(super) async fn key(&self, new: NewPropertyKey) -> String {
        property_key(&self.app.database_url, &self.tenant, new).await.1
    }

    /// Another tenant and a key of its property.
    pub(super) async fn other(&self) -> (Tenant, String) {
        let tenant = self.app.tenant().await;
        let (_, key) = property_key(&self.app.database_url, &tenant, generous()).await;
        (tenant, key)
    }

    /// A request with the key, before it is sent.
    pub(super) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.app.request(method, path).header("x-api-key", &self.key)
    }

    /// A request without body; headers as `name: value`.
    pub(super) async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        send(headers.iter().fold(self.request(method, path), |request, (name, value)| request.header(*name, *value)))
            .await
    }

    /// A request with a JSON body.
    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let request = self.request(method, path).json(&body);
        send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[]).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], body).await
    }

    /// A new player with this external id: its row.
    pub(super) async fn player(&self, external_id: &str) -> Value {
        let answer = self.post("/api/players", json!({ "external_id": external_id })).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.body
    }

    /// The external ids of the players that a query finds, in its order.
    pub(super) async fn found(&self, query: &str) -> Vec<String> {
        external_ids(&self.get(&format!("/api/players?select=external_id&{query}")).await)
    }

    pub(super) async fn execute(&self, sql: &str) {
        database::execute(&self.app.database_url, sql).await;
    }

    pub(super) async fn number(&self, sql: &str) -> i64 {
        database::number(&self.app.database_url, sql).await
    }
}

/// The external ids in an answer, in its order.
pub(super) fn external_ids(answer: &Answer) -> Vec<String> {
    let rows = answer.body.as_array().unwrap_or_else(|| panic!("{} {}", answer.status, answer.text));
    rows.iter().map(|row| row["external_id"].as_str().unwrap().to_owned()).collect()
}

/// The answer is an error of this status and code; its sentence.
pub(super) fn refused<'a>(answer: &'a Answer, status: u16, code: &str) -> &'a str {
    assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{}", answer.text);
    assert_eq!(answer.body["success"], json!(false), "{}", answer.text);
    assert_eq!(answer.body["message"], answer.body["error"], "{}", answer.text);
    answer.error()
}
