//! Endpoints as their owners save, change, test and use them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod again;
mod canary;
mod changing;
mod headers;
mod once;
mod reach;
mod receiver;
mod rights;
mod rotation;
mod saving;
mod tenants;
mod trial;

use playhouse::property_keys::NewPropertyKey;
use serde_json::{Value, json};

use self::receiver::Receiver;
use crate::support::{
    TestApp,
    app::{Answer, Tenant, send},
    database,
    property_keys::{generous, property_key},
};

const WEBHOOKS: &str = "/api/webhooks";
/// An address of the public internet that is never asked in these tests.
const FAR: &str = "https://192.88.98.1/hook";
/// The settings under which this machine may be an endpoint.
const NEAR: &[(&str, &str)] =
    &[("PLAYHOUSE_WEBHOOKS__ALLOW_HTTP", "true"), ("PLAYHOUSE_WEBHOOKS__ALLOW_SUBNETS", "127.0.0.1/32")];

/// A server with one tenant and a key of its property.
struct Stage {
    app: TestApp,
    tenant: Tenant,
    key: String,
}

impl Stage {
    /// With the rules of the public internet.
    async fn set() -> Self {
        Self::with(&[]).await
    }

    /// Where this machine may be an endpoint.
    async fn near() -> Self {
        Self::with(NEAR).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let app = TestApp::with(settings).await;
        let tenant = app.tenant().await;
        let (_, key) = property_key(&app.database_url, &tenant, generous()).await;
        Self { app, tenant, key }
    }

    /// A further key of the property.
    async fn key_of(&self, tables: &[&str]) -> String {
        let tables = Some(tables.iter().map(|table| (*table).to_owned()).collect());
        let new = NewPropertyKey { allowed_tables: tables, ..generous() };
        property_key(&self.app.database_url, &self.tenant, new).await.1
    }

    async fn ask_as(&self, key: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let request = self.app.request(method, path).header("x-api-key", key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        send(if body.is_null() { request } else { request.json(body) }).await
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        self.ask_as(&self.key, method, path, headers, &body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], Value::Null).await
    }

    /// Saves an endpoint: its row with the secret.
    async fn made(&self, row: Value) -> Value {
        let answer = self.ask("POST", WEBHOOKS, &[], row).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert!(is_secret(&answer.body["secret"]), "{}", answer.text);
        answer.body
    }

    async fn call(&self, function: &str, body: Value) -> Answer {
        self.ask("POST", &format!("/api/functions/{function}"), &[], body).await
    }

    async fn number(&self, sql: &str) -> i64 {
        database::number(&self.app.database_url, sql).await
    }

    async fn execute(&self, sql: &str) {
        database::execute(&self.app.database_url, sql).await;
    }
}

fn one(row: &Value) -> String {
    format!("{WEBHOOKS}/{}", id(row))
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap_or_else(|| panic!("{row}"))
}

fn is_secret(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("whsec_") && text.len() == 50)
}

/// The answer is an error of this status and code; its sentence.
fn refused<'a>(answer: &'a Answer, status: u16, code: &str) -> &'a str {
    assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{}", answer.text);
    answer.error()
}
