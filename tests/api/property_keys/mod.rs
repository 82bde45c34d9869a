//! The credentials of a property: `pk_` keys and users, what they may do, how they end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod headers;
mod inputs;
mod life;
mod members;
mod once;
mod places;
mod quota;
mod rights;
mod rotation;
mod trail;
mod whoami;

use chrono::TimeDelta;
use playhouse::{
    auth::token::{IssuerKind, development::DevelopmentIssuer},
    call::Call,
    caller::PropertyCaller,
    error::ApiError,
    http::ClientAddress,
    property_keys::NewPropertyKey,
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

const WHOAMI: &str = "/api/whoami";
/// The one body of every credential that does not hold.
const UNAUTHORIZED: &str = concat!(
    r#"{"success":false,"error":"Missing or invalid credentials","code":"unauthorized","#,
    r#""message":"Missing or invalid credentials","details":null,"hint":null}"#
);
/// A setting under which guesses do not run out.
const PATIENT: (&str, &str) = ("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "1000000");

/// A server with one tenant, whose owner's subject is known to Clerk and Cognito alike.
struct Stage {
    app: TestApp,
    tenant: Tenant,
}

impl Stage {
    async fn set() -> Self {
        Self::with(&[PATIENT]).await
    }

    async fn with(variables: &[(&str, &str)]) -> Self {
        let app = TestApp::with(variables).await;
        let tenant = app.tenant().await;
        Self { app, tenant }
    }

    /// A key of the tenant's property, made without HTTP.
    async fn key(&self, new: NewPropertyKey) -> (Uuid, String) {
        property_key(&self.app.database_url, &self.tenant, new).await
    }

    /// A function called by the tenant's owner.
    async fn function(&self, name: &str, body: Value) -> Answer {
        self.function_as(&self.app.token(&self.tenant.owner), name, body).await
    }

    async fn function_as(&self, token: &str, name: &str, body: Value) -> Answer {
        send(self.app.request("POST", &format!("/api/functions/{name}")).bearer_auth(token).json(&body)).await
    }

    /// A key made by the tenant's owner: the answer's data.
    async fn created(&self, members: Value) -> Value {
        let mut body = json!({ "name": "A key" });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        data(&self.function("create-api-key", body).await)
    }

    /// A further membership.
    async fn member(&self, issuer: &str, subject: &str, role: &str, property: Option<Uuid>) {
        let property = property.map_or("null".to_owned(), |id| format!("'{id}'"));
        let org = self.tenant.org;
        self.execute(&format!(
            "insert into memberships (issuer, subject, organization_id, property_id, role) \
             values ('{issuer}', '{subject}', {org}, {property}, '{role}')"
        ))
        .await;
    }

    /// A further property of the tenant's organisation.
    async fn property(&self, name: &str) -> Uuid {
        let (id, org) = (Uuid::now_v7(), self.tenant.org);
        self.execute(&format!("insert into properties (id, organization_id, name) values ('{id}', {org}, '{name}')"))
            .await;
        id
    }

    /// A token of the development issuer.
    fn token(&self, kind: IssuerKind, subject: &str) -> String {
        let issuer = DevelopmentIssuer::open(&self.app.app.config.data.directory).unwrap();
        let token = issuer.mint(kind, subject, TimeDelta::minutes(60), &self.app.clock).unwrap();
        token.expose().to_owned()
    }

    /// Who the server takes a request with these headers for.
    async fn caller(&self, headers: &[(&str, &str)]) -> Result<PropertyCaller, ApiError> {
        PropertyCaller::of(&self.request(headers)).await
    }

    /// A request with these headers as it reaches a face.
    fn request(&self, headers: &[(&str, &str)]) -> poem::Request {
        let request =
            headers.iter().fold(poem::Request::builder(), |request, (name, value)| request.header(*name, *value));
        let mut request = request.finish();
        let address = ClientAddress::find([127, 0, 0, 1].into(), request.headers(), &[]);
        request.set_data(address);
        request.set_data(self.app.app.clone());
        request.set_data(Call::default());
        request
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

/// whoami with a key.
async fn whoami(app: &TestApp, key: &str) -> Answer {
    send(app.request("GET", WHOAMI).header("x-api-key", key)).await
}

/// whoami with a user's token, and the property that it names.
async fn whoami_as(app: &TestApp, token: &str, property: Option<&str>) -> Answer {
    let request = app.request("GET", WHOAMI).bearer_auth(token);
    send(property.into_iter().fold(request, |request, id| request.header("x-property-id", id))).await
}

fn data(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["success"], true, "{}", answer.text);
    answer.body["data"].clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn unauthorized(answer: &Answer) {
    assert_eq!((answer.status, &*answer.text), (401, UNAUTHORIZED));
}

/// The answer is an error of this status and code; its sentence.
fn refused<'a>(answer: &'a Answer, status: u16, code: &str) -> &'a str {
    assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{}", answer.text);
    assert_eq!(answer.body["message"], answer.body["error"], "{}", answer.text);
    answer.error()
}
