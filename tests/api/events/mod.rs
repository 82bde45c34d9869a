//! Events: everything that changes is told once, in the transaction of the change, to whoever may hear of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audience;
mod document;
mod lists;
mod logs;
mod memory;
mod sessions;
mod steps;
mod tables;
mod writes;

use playhouse::{
    property_keys::NewPropertyKey,
    tables::{catalog::Playhouse, registry::Catalog},
};
use sea_orm::{DbBackend, FromQueryResult, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    TestApp,
    app::{Answer, Tenant, send},
    database,
    property_keys::{generous, property_key},
};

/// A server with a tenant and a key of its property that may do everything, with guarded tables too.
struct Stage {
    app: TestApp,
    tenant: Tenant,
    key: String,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start().await;
        let tenant = app.tenant().await;
        let all = Playhouse::registry().tables().iter().map(|table| table.name.to_owned()).collect();
        let new = NewPropertyKey { allowed_tables: Some(all), ..generous() };
        let (_, key) = property_key(&app.database_url, &tenant, new).await;
        let stage = Self { app, tenant, key };
        // What the setting of the stage told is no matter of the test.
        stage.sql("delete from events").await;
        stage
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send_with(method, path, "return=representation", body).await
    }

    async fn send_with(&self, method: &str, path: &str, prefer: &str, body: &Value) -> Answer {
        let request = self.app.request(method, path).header("x-api-key", &self.key).header("prefer", prefer);
        send(if body.is_null() { request } else { request.json(body) }).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send_with("GET", path, "count=exact", &Value::Null).await
    }

    /// A row that is made.
    async fn made(&self, table: &str, body: Value) -> Value {
        let answer = self.send_with("POST", &format!("/api/{table}"), "count=exact", &body).await;
        assert_eq!(answer.status, 201, "{table}: {}", answer.text);
        answer.body
    }

    /// The property's events in their order, and none of them is seen again.
    async fn told(&self) -> Vec<Event> {
        let answer = self.get("/api/events?order=id&limit=1000").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        // While they are there to be handed out.
        database::hand_out(&self.app.database_url).await;
        self.sql("delete from events").await;
        serde_json::from_value::<Vec<Event>>(answer.body).unwrap()
    }

    /// The types of what was told, in alphabetical order.
    async fn types(&self) -> Vec<String> {
        let mut types: Vec<String> = self.told().await.into_iter().map(|event| event.kind).collect();
        types.sort();
        types
    }

    /// A webhook of a property; its id.
    async fn webhook(&self, property: Uuid, types: &str, more: &str) -> Uuid {
        let sql = format!(
            "insert into webhooks (property_id, url, event_types{}) values ('{property}', 'https://example.com/', '{types}'{}) \
             returning id::text as text",
            more.split_once('=').map(|(name, _)| format!(", {name}")).unwrap_or_default(),
            more.split_once('=').map(|(_, value)| format!(", {value}")).unwrap_or_default(),
        );
        self.texts(&sql).await[0].parse().unwrap()
    }

    /// What is to be sent to a webhook: types, in alphabetical order.
    async fn deliveries(&self, webhook: Uuid) -> Vec<String> {
        database::hand_out(&self.app.database_url).await;
        let sql =
            format!("select event_type as text from webhook_deliveries where webhook_id = '{webhook}' order by 1");
        self.texts(&sql).await
    }

    /// Statements of the owner.
    async fn sql(&self, sql: &str) {
        database::execute(&self.app.database_url, sql).await;
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        #[derive(FromQueryResult)]
        struct Row {
            text: String,
        }
        let db = database::owner(&self.app.database_url).await;
        let rows = Row::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).all(&db).await.unwrap();
        db.close().await.unwrap();
        rows.into_iter().map(|row| row.text).collect()
    }

    /// Keeps no log of the tenant's events.
    async fn keep_no_log(&self) {
        self.sql(&format!(
            r#"update properties set settings = '{{"event_log": false}}' where id = '{}'"#,
            self.tenant.property
        ))
        .await;
    }
}

/// An event as the API shows it.
#[derive(Debug, serde::Deserialize)]
struct Event {
    property_id: Uuid,
    id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    payload: Value,
    created_at: String,
}

impl Event {
    fn data(&self) -> &Value {
        &self.payload["data"]
    }

    /// The names of what changed.
    fn changed(&self) -> Vec<&str> {
        self.payload["previous"].as_object().into_iter().flatten().map(|(name, _)| &**name).collect()
    }
}

/// The columns of a table that callers see.
fn visible(table: &str) -> Vec<&'static str> {
    Playhouse::registry().table(table).unwrap().visible().map(|column| column.name).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn player(id: impl std::fmt::Display) -> Value {
    json!({ "external_id": format!("P-{id}") })
}
