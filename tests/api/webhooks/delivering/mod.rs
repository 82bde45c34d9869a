//! From a change in a property to the endpoints that listen, by workers that share the work.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod basics;
mod endpoints;
mod faults;
mod handing_out;
mod jobs;
mod leases;
mod retries;
mod sharing;

use std::time::Duration;

use playhouse::{
    sealing::{Purpose, Sealer},
    webhooks::SigningKey,
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    app::{Answer, Tenant, TestApp},
    database,
    property_keys::{generous, property_key},
    receiver::{Behaviour, Receiver},
};

/// What lets deliveries reach a receiver on this machine.
pub(crate) const LOOPBACK: [(&str, &str); 2] =
    [("PLAYHOUSE_WEBHOOKS__ALLOW_HTTP", "true"), ("PLAYHOUSE_WEBHOOKS__ALLOW_SUBNETS", "127.0.0.0/8")];

/// No attempt ends by itself while a test looks at what is under way.
const PATIENT: (&str, &str) = ("PLAYHOUSE_WEBHOOKS__TIMEOUT_SECONDS", "120");

/// Deliveries that are due, made without any server: so many events, each for every endpoint of a property.
async fn due(url: &str, property: Uuid, count: u32, columns: &str) {
    let sql = format!(
        "with e as (insert into events (property_id, type, payload) \
           select '{property}', 'player.created', json_build_object('type', 'player.created', 'n', n) \
           from generate_series(1, {count}) n returning id) \
         insert into webhook_deliveries (property_id, webhook_id, event_id, event_type, attempts) \
           select '{property}', w.id, e.id, 'player.created', {columns} from e cross join webhooks w \
            where w.property_id = '{property}'; notify webhooks"
    );
    database::execute(url, &sql).await;
}

const DELIVERED: &str = "select count(*) from webhook_deliveries where state = 'delivered' and attempts = 1";

/// More servers over the same database.
async fn more(app: &TestApp, variables: &[(&str, &str)]) -> TestApp {
    TestApp::over(&app.database_url, &[&LOOPBACK, variables].concat()).await
}

/// A server that delivers, a tenant and its key.
struct Scene {
    app: TestApp,
    tenant: Tenant,
    key: String,
}

impl Scene {
    async fn set() -> Self {
        Self::with(&[]).await
    }

    async fn with(variables: &[(&str, &str)]) -> Self {
        let app = TestApp::with(&[&LOOPBACK, variables].concat()).await;
        let tenant = app.tenant().await;
        let (_, key) = property_key(&app.database_url, &tenant, generous()).await;
        Self { app, tenant, key }
    }

    /// An endpoint of the tenant that hears of everything.
    async fn endpoint(&self, url: &str) -> Uuid {
        self.endpoint_with(url, "{}").await
    }

    async fn endpoint_with(&self, url: &str, columns: &str) -> Uuid {
        endpoint(&self.app, self.tenant.property, url, columns).await
    }

    /// Makes a player by the API.
    async fn player(&self, external_id: &str) -> Answer {
        let answer = self.app.keyed(&self.key, "POST", "/api/players", json!({ "external_id": external_id })).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer
    }

    async fn execute(&self, sql: &str) {
        database::execute(&self.app.database_url, sql).await;
    }

    async fn number(&self, sql: &str) -> i64 {
        database::number(&self.app.database_url, sql).await
    }

    /// Waits until a number is what it should be.
    async fn until(&self, sql: &str, wanted: i64) {
        until(&self.app.database_url, sql, wanted).await;
    }

    /// Everything that failed is due now, and no endpoint is left alone.
    async fn hurry(&self) {
        self.execute(
            "update webhook_deliveries set due_at = now() where state = 'pending'; \
             update webhook_lanes set blocked_until = null",
        )
        .await;
    }
}

async fn until(database_url: &str, sql: &str, wanted: i64) {
    let mut last = 0;
    for _ in 0..600 {
        last = database::number(database_url, sql).await;
        if last == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{sql} stays {last} and does not become {wanted}");
}

/// An endpoint with a secret of its own; `columns` are further columns as JSON.
async fn endpoint(app: &TestApp, property: Uuid, url: &str, columns: &str) -> Uuid {
    endpoint_sealed(&app.database_url, &app.app.sealer, property, url, columns).await
}

async fn endpoint_sealed(database_url: &str, sealer: &Sealer, property: Uuid, url: &str, columns: &str) -> Uuid {
    let (id, key) = (Uuid::now_v7(), SigningKey::generate());
    let sealed = sealer.seal(Purpose::WebhookSecret, id, key.as_bytes());
    let columns: Value = serde_json::from_str(columns).unwrap();
    let rate: Option<i32> = columns["rate_limit"].as_i64().map(|limit| i32::try_from(limit).unwrap());
    let types = columns["event_types"].as_str().unwrap_or("*").to_owned();
    let sql = "with w as (insert into webhooks (property_id, id, url, rate_limit, event_types) \
         values ($1, $2, $3, $4, array[$5]) returning *) \
         insert into webhook_secrets (property_id, webhook_id, current) select property_id, id, $6 from w";
    let values = [property.into(), id.into(), url.into(), rate.into(), types.into(), sealed.into()];
    let db = database::owner(database_url).await;
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await.unwrap();
    db.close().await.unwrap();
    id
}
