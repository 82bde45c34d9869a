//! Scopes of keys, roles of users, lists of tables.

use playhouse::auth::property_key::Right;

use super::*;

fn refusal(outcome: Result<(), ApiError>) -> String {
    let error = outcome.unwrap_err();
    assert_eq!((error.status_code().as_u16(), error.code()), (403, Some("scope_missing")));
    error.sentence().to_owned()
}

#[tokio::test]
async fn a_key_may_do_what_its_scopes_say() {
    let stage = Stage::set().await;
    for (scopes, may_read, may_write) in [
        (vec![Right::Read], true, false),
        (vec![Right::Write], false, true),
        (vec![Right::Read, Right::Write], true, true),
    ] {
        let (_, key) = stage.key(NewPropertyKey { scopes, ..generous() }).await;
        let caller = stage.caller(&[("x-api-key", &key)]).await.unwrap();
        assert_eq!((caller.require(Right::Read).is_ok(), caller.require(Right::Write).is_ok()), (may_read, may_write));
        if !may_write {
            assert_eq!(refusal(caller.require(Right::Write)), "This API key does not have the scope write");
        }
        if !may_read {
            assert_eq!(refusal(caller.require(Right::Read)), "This API key does not have the scope read");
        }
    }
}

#[tokio::test]
async fn a_keys_list_says_which_tables_it_may_use() {
    let stage = Stage::set().await;
    let list = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    for (allowed_tables, players, api_keys) in [
        (None, true, false),
        (list(&[]), false, false),
        (list(&["players"]), true, false),
        (list(&["api_keys"]), false, true),
        (list(&["player", "players_", "Players"]), false, false),
    ] {
        let (_, key) = stage.key(NewPropertyKey { allowed_tables: allowed_tables.clone(), ..generous() }).await;
        let caller = stage.caller(&[("x-api-key", &key)]).await.unwrap();
        let may = (caller.may_use("players", false), caller.may_use("api_keys", true));
        assert_eq!(may, (players, api_keys), "{allowed_tables:?}");
    }
}

#[tokio::test]
async fn a_user_may_do_what_the_role_says() {
    let stage = Stage::set().await;
    for (role, may_write, may_manage) in [
        ("viewer", false, false),
        ("analyst", false, false),
        ("editor", true, false),
        ("admin", true, true),
        ("owner", true, true),
    ] {
        let subject = format!("user_{role}");
        stage.member("clerk", &subject, role, Some(stage.tenant.property)).await;
        let token = stage.app.token(&subject);
        let caller = stage.caller(&[("authorization", &format!("Bearer {token}"))]).await.unwrap();
        assert!(caller.require(Right::Read).is_ok(), "{role}");
        assert_eq!(caller.require(Right::Write).is_ok(), may_write, "{role}");
        if !may_write {
            let sentence = format!("The role {role} may only read here; to write takes editor, admin or owner");
            assert_eq!(refusal(caller.require(Right::Write)), sentence);
        }
        assert_eq!((caller.may_use("players", false), caller.may_use("api_keys", true)), (true, may_manage), "{role}");
        assert_eq!(caller.require_manager().is_ok(), may_manage, "{role}");
        let made = stage.function_as(&token, "create-api-key", json!({ "name": "A key" })).await;
        match may_manage {
            true => assert_eq!(data(&made)["property_id"], json!(stage.tenant.property)),
            false => assert!(refused(&made, 403, "scope_missing").contains(role), "{}", made.text),
        }
    }
}

#[tokio::test]
async fn a_key_never_mints_a_key() {
    let stage = Stage::set().await;
    let (id, key) = stage.key(generous()).await;
    for (name, body) in [
        ("create-api-key", json!({ "name": "A key" })),
        ("revoke-api-key", json!({ "key_id": id })),
        ("rotate-api-key", json!({ "key_id": id })),
    ] {
        let path = format!("/api/functions/{name}");
        let answer = stage.app.keyed(&key, "POST", &path, body.clone()).await;
        assert!(refused(&answer, 403, "user_required").contains("sign in"), "{name}");
        let bearer = send(stage.app.request("POST", &path).bearer_auth(&key).json(&body)).await;
        refused(&bearer, 403, "user_required");
        let without = stage.app.post(&path, body).await;
        unauthorized(&without);
    }
    assert_eq!(stage.number("select count(*) from api_keys").await, 1);
}

#[tokio::test]
async fn callers_have_names_that_stay_the_same() {
    let stage = Stage::set().await;
    let (id, key) = stage.key(generous()).await;
    let (_, other) = stage.key(generous()).await;
    let of = async |header: &str, value: String| stage.caller(&[(header, &value)]).await.unwrap().id();
    assert_eq!(of("x-api-key", key.clone()).await, format!("key:{id}"));
    assert_eq!(of("authorization", format!("Bearer {key}")).await, format!("key:{id}"));
    assert_ne!(of("x-api-key", other).await, format!("key:{id}"));
    let token = stage.app.token(&stage.tenant.owner);
    assert_eq!(of("authorization", format!("Bearer {token}")).await, format!("user:clerk:{}", stage.tenant.owner));
}
