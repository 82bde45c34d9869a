//! What must hold while servers, connections and the database fail: no revoked key passes, no answer is lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod credentials;
mod cut_off;
mod dead_replica;
mod load;
mod order;
mod outage;
mod proxy;
mod revocation;
mod stop;
mod stuck;

use std::{future::Future, time::Duration};

use chrono::TimeDelta;
use load::Load;
use playhouse::{
    auth::token::{IssuerKind, development::DevelopmentIssuer},
    clock::Clock,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{
    app::{Answer, Tenant, config, send},
    database,
};

/// A revocation waits for polls, a second apart, or for a dead server's trust, two seconds; the rest is for a slow
/// machine.
const PROMPTLY: Duration = Duration::from_secs(10);

const SESSIONS: &str = "/api/org-api-keys/sessions";

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap()
}

/// The token of a tenant's owner.
fn bearer(tenant: &Tenant) -> String {
    let issuer = DevelopmentIssuer::open(&config(&[]).data.directory).unwrap();
    let token = issuer.mint(IssuerKind::Clerk, &tenant.owner, TimeDelta::minutes(60), &Clock::default()).unwrap();
    token.expose().to_owned()
}

/// Revokes or reactivates a tenant's key through a server.
async fn set_active(url: &str, tenant: &Tenant, active: bool) -> Answer {
    let body = json!({ "id": tenant.key_id, "org_id": tenant.org, "is_active": active });
    send(client().patch(format!("{url}/api/org-api-keys")).bearer_auth(bearer(tenant)).json(&body)).await
}

async fn delete_key(url: &str, tenant: &Tenant) -> Answer {
    let path = format!("{url}/api/org-api-keys?id={}&org_id={}", tenant.key_id, tenant.org);
    send(client().delete(path).bearer_auth(bearer(tenant))).await
}

async fn get(url: &str, path: &str) -> Answer {
    send(client().get(format!("{url}{path}"))).await
}

async fn create(url: &str, tenant: &Tenant) -> Answer {
    keyed(url, tenant, json!({ "game_id": tenant.game })).await
}

async fn keyed(url: &str, tenant: &Tenant, body: Value) -> Answer {
    send(client().post(format!("{url}{SESSIONS}")).header("x-api-key", &tenant.key).json(&body)).await
}

/// Waits for something that comes by itself within so many seconds.
async fn within<F: Future<Output = bool>>(seconds: u64, what: &str, mut holds: impl FnMut() -> F) -> Duration {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(seconds), "not within {seconds} s: {what}");
        sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

async fn is_ready(url: &str) -> bool {
    let answer = client().get(format!("{url}/readyz")).timeout(Duration::from_millis(500)).send().await;
    answer.is_ok_and(|answer| answer.status() == 200)
}
