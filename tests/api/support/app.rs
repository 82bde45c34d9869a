//! A server of this process over a database of its own, and the tenants in it.

use std::path::Path;

use chrono::TimeDelta;
use playhouse::{
    app::App,
    auth::token::{IssuerKind, development::DevelopmentIssuer},
    clock::Clock,
    config::Config,
    outside::Outside,
    server::{Duties, Server},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::database;

/// A running server. Dropping it stops nothing; [`TestApp::stop`] stops it as SIGTERM would.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) url: String,
    pub(crate) database_url: String,
    pub(crate) clock: Clock,
    pub(crate) client: reqwest::Client,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

/// An organisation on the Business tier with a property, a game, a stream, an owner and a key.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) org: i32,
    pub(crate) property: uuid::Uuid,
    pub(crate) game: i32,
    pub(crate) stream: i32,
    pub(crate) owner: String,
    pub(crate) key: String,
    pub(crate) key_id: i32,
}

/// What came back: status, headers, JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }
}

pub(crate) fn config(variables: &[(&str, &str)]) -> Config {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join(".data/test");
    let mut all = vec![
        ("PLAYHOUSE_ENV".to_owned(), "development".to_owned()),
        ("PLAYHOUSE_SERVER__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("PLAYHOUSE_DATA__DIRECTORY".to_owned(), data.display().to_string()),
        ("PLAYHOUSE_DATABASE__MAX_CONNECTIONS".to_owned(), "8".to_owned()),
        // Who waits for a connection waits for a busy machine.
        ("PLAYHOUSE_DATABASE__ACQUIRE_TIMEOUT_SECONDS".to_owned(), "30".to_owned()),
    ];
    all.retain(|(name, _)| variables.iter().all(|(changed, _)| changed != name));
    all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Config::from_sources(all, None).unwrap()
}

impl TestApp {
    /// A server with the settings of development over a fresh database.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with some settings changed, as variables.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        Self::over(&database::fresh().await, variables).await
    }

    /// A further replica over the same database, with a clock of its own.
    pub(crate) async fn replica(&self) -> Self {
        Self::over(&self.database_url, &[]).await
    }

    /// A server over a given database.
    pub(crate) async fn over(database_url: &str, variables: &[(&str, &str)]) -> Self {
        Self::amid(database_url, variables, Outside::default()).await
    }

    /// The same with surroundings of the test's.
    pub(crate) async fn amid(database_url: &str, variables: &[(&str, &str)], outside: Outside) -> Self {
        let clock = outside.clock.clone();
        let server = Server::bind(config(variables), database_url, outside).await.unwrap();
        let app = server.app().clone();
        let url = format!("http://{}", app.config.server.listen);
        let stop = CancellationToken::new();
        let running = tokio::spawn(server.run(stop.clone(), Duties::ALL));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let this = Self { app, url, database_url: database_url.to_owned(), clock, client, stop, running };
        while this.app.ready().is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        this
    }

    /// Stops it as SIGTERM would and waits for its end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }

    /// Begins to stop it.
    pub(crate) fn begin_stop(&self) {
        self.stop.cancel();
    }

    /// A new tenant.
    pub(crate) async fn tenant(&self) -> Tenant {
        tenant(&self.database_url).await
    }

    /// A Clerk token of the development issuer.
    pub(crate) fn token(&self, subject: &str) -> String {
        let issuer = DevelopmentIssuer::open(&self.app.config.data.directory).unwrap();
        let token = issuer.mint(IssuerKind::Clerk, subject, TimeDelta::minutes(60), &self.clock).unwrap();
        token.expose().to_owned()
    }

    /// Any request; the path may carry a query.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request("GET", path)).await
    }

    /// A JSON body without credential.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.request("POST", path).json(&body)).await
    }

    /// A JSON body with a key.
    pub(crate) async fn keyed(&self, key: &str, method: &str, path: &str, body: Value) -> Answer {
        send(self.request(method, path).header("x-api-key", key).json(&body)).await
    }

    /// A JSON body, or none for null, with a user's token.
    pub(crate) async fn as_user(&self, subject: &str, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).bearer_auth(self.token(subject));
        send(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// A session of a tenant's game; its token.
    pub(crate) async fn session(&self, tenant: &Tenant) -> String {
        let answer =
            self.keyed(&tenant.key, "POST", "/api/org-api-keys/sessions", json!({ "game_id": tenant.game })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body["data"]["token"].as_str().unwrap().to_owned()
    }
}

/// The answer to a call that memory can answer, of an address that has used up its guesses.
///
/// On a machine that is busy with other tests a server may not trust its memory for a moment; it would have to look a key
/// up, which it does not for this address, so the call is made again.
pub(crate) async fn from_memory(mut call: impl AsyncFnMut() -> Answer) -> Answer {
    for _ in 0..200 {
        let answer = call().await;
        if answer.status != 429 {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("memory is not trusted again");
}

/// Sends a request and reads the answer; a body that is no JSON is null.
pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
}

/// A new tenant in a database, by SQL, as an operator's shell would make it.
pub(crate) async fn tenant(database_url: &str) -> Tenant {
    use sea_orm::{DbBackend, FromQueryResult, Statement};
    #[derive(FromQueryResult)]
    struct Row {
        org: i32,
        game: i32,
        stream: i32,
    }
    let db = database::owner(database_url).await;
    let property = uuid::Uuid::now_v7();
    let unique = property.simple().to_string();
    let sql = "with o as (insert into organizations (name, slug, tier) values ($2, $2, 'business') returning id), \
         p as (insert into properties (id, organization_id, name) select $1, id, $2 from o returning id, organization_id), \
         m as (insert into memberships (issuer, subject, organization_id, role) \
         select 'clerk', 'user_' || $2, id, 'owner' from o), \
         g as (insert into games (property_id, organization_id, name, status) \
         select id, organization_id, 'A game', 'active' from p returning id), \
         s as (insert into streams (property_id, organization_id, name, status) \
         select id, organization_id, 'A stream', 'active' from p returning id) \
         select o.id as org, g.id as game, s.id as stream from o, g, s";
    let values = [property.into(), unique.clone().into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let row = Row::find_by_statement(statement).one(&db).await.unwrap().unwrap();
    db.close().await.unwrap();
    let (key_id, key) = key(database_url, row.org, 1_000_000, 1_000_000).await;
    let owner = format!("user_{unique}");
    Tenant { org: row.org, property, game: row.game, stream: row.stream, owner, key, key_id }
}

/// A key of an organisation with these limits: its number and its text.
pub(crate) async fn key(database_url: &str, org: i32, per_minute: i32, per_day: i32) -> (i32, String) {
    use playhouse::{auth::key_text, keys, tenant::OrgId};
    let db = database::owner(database_url).await;
    let key = key_text::generate_org_key();
    let new = keys::NewKey {
        name: "A key".to_owned(),
        description: None,
        allowed_game_ids: None,
        allowed_stream_ids: None,
        rate_limit_per_minute: per_minute,
        rate_limit_per_day: per_day,
        expires_at: None,
    };
    let (hash, prefix) = (key_text::hash(key.expose()), key_text::display_prefix(key.expose()));
    let row = keys::insert(&db, OrgId(org), new, hash, prefix).await.unwrap();
    db.close().await.unwrap();
    (row.id, key.expose().to_owned())
}
