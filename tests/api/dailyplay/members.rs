//! Who may manage an organisation's keys: its owners and admins as our own table has them.

use serde_json::{Value, json};

use super::{KEYS, Stage, UNAUTHORIZED, refused};
use crate::support::{
    app::{Answer, send},
    issuer::{FakeIssuer, test_key},
};

impl Stage {
    async fn member(&self, subject: &str, role: &str, property: Option<uuid::Uuid>) {
        let property = property.map_or("null".to_owned(), |id| format!("'{id}'"));
        self.execute(&format!(
            "insert into memberships (issuer, subject, organization_id, property_id, role) \
             values ('clerk', '{subject}', {}, {property}, '{role}')",
            self.tenant.org
        ))
        .await;
    }

    /// What each key call answers to a token, in the order list, create, update, delete.
    async fn all_four(&self, token: &str, id: i64) -> [Answer; 4] {
        let org = self.tenant.org;
        let call = async |method: &str, path: String, body: Value| {
            let request = self.app.request(method, &path).bearer_auth(token);
            send(if body.is_null() { request } else { request.json(&body) }).await
        };
        [
            call("GET", format!("{KEYS}?org_id={org}"), Value::Null).await,
            call("POST", KEYS.to_owned(), json!({ "org_id": org, "name": "A key" })).await,
            call("PATCH", KEYS.to_owned(), json!({ "org_id": org, "id": id, "name": "B" })).await,
            call("DELETE", format!("{KEYS}?org_id={org}&id={id}"), Value::Null).await,
        ]
    }
}

#[tokio::test]
async fn owners_and_admins_manage_keys_and_nobody_else() {
    let stage = Stage::set().await;
    let stranger = stage.app.tenant().await.owner;
    let property = stage.tenant.property;
    for (subject, role) in [
        ("user_owner2", "owner"),
        ("user_admin", "admin"),
        ("user_editor", "editor"),
        ("user_analyst", "analyst"),
        ("user_viewer", "viewer"),
    ] {
        stage.member(subject, role, None).await;
    }
    stage.member("user_of_property", "owner", Some(property)).await;
    stage.member("user_of_both", "viewer", None).await;
    stage.member("user_of_both", "owner", Some(property)).await;
    for subject in
        [&stranger, "user_editor", "user_analyst", "user_viewer", "user_of_property", "user_of_both", "user_nobody"]
    {
        for answer in stage.all_four(&stage.app.token(subject), stage.tenant.key_id.into()).await {
            let sentence = refused(&answer, 403);
            assert_eq!(sentence, "Only an owner or admin of this organization may manage its API keys", "{subject}");
        }
    }
    assert_eq!(stage.number("select count(*) from org_api_keys where name = 'A key'").await, 2, "nothing happened");
    for subject in [&stage.tenant.owner, "user_owner2", "user_admin"] {
        let (id, _) = stage.new_key(json!({})).await;
        for answer in stage.all_four(&stage.app.token(subject), id).await {
            assert_eq!(answer.status, 200, "{subject}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn an_organization_that_does_not_exist_is_like_one_of_others() {
    let stage = Stage::set().await;
    let other = stage.app.tenant().await.org;
    let asked = async |org: i32| stage.manage("GET", &format!("?org_id={org}"), Value::Null).await;
    let (foreign, absent) = (asked(other).await, asked(i32::MAX).await);
    assert_eq!((foreign.status, &foreign.text), (absent.status, &absent.text));
    refused(&foreign, 403);
}

#[tokio::test]
async fn a_right_that_was_taken_away_is_gone_while_the_token_still_holds() {
    let stage = Stage::set().await;
    let (owner, id) = (stage.app.token(&stage.tenant.owner), stage.tenant.key_id.into());
    assert_eq!(stage.all_four(&owner, id).await[0].status, 200);
    for change in ["update memberships set role = 'viewer'", "delete from memberships"] {
        stage.execute(change).await;
        for answer in stage.all_four(&owner, id).await {
            refused(&answer, 403);
        }
    }
}

/// A server that believes a sign-in service of ours, so that tokens can say anything.
struct Signed {
    stage: Stage,
    issuer: FakeIssuer,
}

impl Signed {
    async fn set() -> Self {
        let issuer = FakeIssuer::start(vec![test_key(0).jwk("k")]).await;
        let jwks = format!("{}/.well-known/jwks.json", issuer.url);
        let stage =
            Stage::with(&[("PLAYHOUSE_AUTH__CLERK__ISSUER", &issuer.url), ("PLAYHOUSE_AUTH__CLERK__JWKS_URL", &jwks)])
                .await;
        Self { stage, issuer }
    }

    /// A good token of the tenant's owner with more claims.
    fn token(&self, more: Value) -> String {
        let now = self.stage.app.clock.now().timestamp();
        let claims = json!({
            "iss": self.issuer.url, "sub": self.stage.tenant.owner, "sid": "sess_1", "iat": now, "nbf": now - 5,
            "exp": now + 60, "v": 2, "fva": [0, -1]
        });
        let header = json!({ "alg": "RS256", "kid": "k", "typ": "JWT" });
        test_key(0).sign(&header.to_string(), &super::merged(claims, more).to_string())
    }
}

#[tokio::test]
async fn who_acts_in_a_users_name_may_look_and_not_touch() {
    let signed = Signed::set().await;
    let stage = &signed.stage;
    let (id, _) = stage.new_key(json!({})).await;
    let token = signed.token(json!({ "act": { "sub": "user_support", "iss": "https://dashboard.clerk.com" } }));
    let [list, create, update, delete] = stage.all_four(&token, id).await;
    assert_eq!(list.status, 200, "{}", list.text);
    for answer in [create, update, delete] {
        assert_eq!(refused(&answer, 403), "An impersonated user may not change API keys");
    }
    assert_eq!(stage.listed(id).await["name"], "A key");
    stage.flush().await;
    let actor = format!("clerk:{} by user_support", stage.tenant.owner);
    let trail = stage
        .lines(&format!("select action || ' ' || status from audit_log where actor_id = '{actor}' order by id"))
        .await;
    assert_eq!(trail, ["listApiKeys 200", "createApiKey 403", "updateApiKey 403", "deleteApiKey 403"]);
}

#[tokio::test]
async fn who_has_not_finished_signing_in_may_do_nothing() {
    let signed = Signed::set().await;
    let (id, _) = signed.stage.new_key(json!({})).await;
    for answer in signed.stage.all_four(&signed.token(json!({ "sts": "pending" })), id).await {
        assert_eq!(refused(&answer, 403), "The sign-in of this user is not complete");
    }
    for answer in signed.stage.all_four(&signed.token(json!({ "sts": "active" })), id).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn what_a_token_says_about_roles_gives_no_right() {
    let signed = Signed::set().await;
    let stage = &signed.stage;
    let org = stage.tenant.org;
    let claims = json!({ "sub": "user_liar", "o": { "id": org, "rol": "admin" }, "org_id": org, "org_role": "org:admin", "role": "owner" });
    for answer in stage.all_four(&signed.token(claims), stage.tenant.key_id.into()).await {
        refused(&answer, 403);
    }
}

#[tokio::test]
async fn a_token_of_a_key_that_the_issuer_does_not_have_is_no_token() {
    let signed = Signed::set().await;
    let good = signed.token(json!({}));
    let (head, _) = good.rsplit_once('.').unwrap();
    let (header, claims) = head.split_once('.').unwrap();
    let text = |part: &str| {
        use base64::Engine as _;
        String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let forged = test_key(1).sign(&text(header), &text(claims));
    for answer in signed.stage.all_four(&forged, signed.stage.tenant.key_id.into()).await {
        assert_eq!((answer.status, &*answer.text), (401, UNAUTHORIZED));
    }
}
