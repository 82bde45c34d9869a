//! Which tables a credential may use, and what may be done with them.

use playhouse::{auth::property_key::Right, property_keys::NewPropertyKey};

use super::*;
use crate::support::property_keys::generous;

fn named(tables: &[&str]) -> Option<Vec<String>> {
    Some(tables.iter().map(|&table| table.to_owned()).collect())
}

async fn by(stage: &Stage, key: &str, path: &str) -> Answer {
    send(stage.app.request("GET", path).header("x-api-key", key)).await
}

#[tokio::test]
async fn evidence_and_records_answer_405_and_say_what_they_allow() {
    let stage = Stage::set().await;
    let id = "00000000-0000-4000-8000-000000000000";
    for (table, id, all, one) in [
        ("consents", id, "GET, HEAD, OPTIONS, POST", "GET, HEAD, OPTIONS"),
        ("game_sessions", "1", "GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS"),
        ("audit_log", id, "GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS"),
    ] {
        for (path, allowed) in [(format!("/api/{table}"), all), (format!("/api/{table}/{id}"), one)] {
            for method in ["POST", "PATCH", "PUT", "DELETE"].into_iter().filter(|method| !allowed.contains(method)) {
                let answer = stage.send(method, &path, &[], json!({})).await;
                assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{method} {path}: {}", answer.text);
                assert_eq!(answer.body["success"], false);
            }
            let options = stage.call("OPTIONS", &path, &[]).await;
            assert_eq!(options.header("allow"), allowed, "{path} {}", options.status);
        }
    }
    stage.app.stop().await;
}

#[tokio::test]
async fn the_root_lists_what_the_credential_can_use() {
    let stage = Stage::set().await;
    let reader = stage.key(NewPropertyKey { scopes: vec![Right::Read], ..generous() }).await;
    let narrow = stage.key(NewPropertyKey { allowed_tables: named(&["players", "api_keys"]), ..generous() }).await;
    let names = |data: &Value| -> Vec<String> {
        data["tables"].as_array().unwrap().iter().map(|table| table["name"].as_str().unwrap().to_owned()).collect()
    };
    let operations = |data: &Value, table: &str| -> String {
        let tables = data["tables"].as_array().unwrap();
        let found = tables.iter().find(|entry| entry["name"] == table).unwrap();
        found["operations"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    let root = |answer: Answer| body(&answer, 200)["data"].clone();

    let all = root(by(&stage, &stage.key, "/api").await);
    assert_eq!(all["property_id"], stage.tenant.property.to_string());
    assert!(names(&all).contains(&"players".to_owned()) && !names(&all).contains(&"api_keys".to_owned()), "{all}");
    assert!(
        operations(&all, "players").contains("players_create")
            && operations(&all, "players").contains("players_delete")
    );
    assert!(
        !operations(&all, "consents").contains("consents_update")
            && operations(&all, "consents").contains("consents_create")
    );
    assert_eq!(operations(&all, "game_sessions"), "game_sessions_list game_sessions_query game_sessions_get");
    assert!(!all["functions"].to_string().contains("api-key"), "a key never mints a key");
    for link in all["links"].as_object().unwrap().values() {
        assert!(link.as_str().unwrap().starts_with(&stage.app.app.base_url), "{link}");
    }

    let read = root(by(&stage, &reader, "/api").await);
    assert_eq!(names(&read), names(&all));
    assert_eq!(operations(&read, "players"), "players_list players_query players_get");
    assert_eq!(names(&root(by(&stage, &narrow, "/api").await)), ["players", "api_keys"]);

    let token = stage.app.token(&stage.tenant.owner);
    let owner = root(send(stage.app.request("GET", "/api").bearer_auth(token)).await);
    for guarded in ["api_keys", "members", "audit_log"] {
        assert!(names(&owner).contains(&guarded.to_owned()), "{owner}");
    }
    assert!(owner["functions"].as_array().unwrap().iter().any(|function| function["name"] == "create-api-key"));
    let org = stage.tenant.org;
    for (role, writes, manages) in
        [("viewer", false, false), ("analyst", false, false), ("editor", true, false), ("admin", true, true)]
    {
        stage
            .execute(&format!(
                "insert into memberships (issuer, subject, organization_id, role) values ('clerk', 'user_{role}_{org}', {org}, '{role}')"
            ))
            .await;
        let token = stage.app.token(&format!("user_{role}_{org}"));
        let data = root(send(stage.app.request("GET", "/api").bearer_auth(token)).await);
        assert_eq!(operations(&data, "players").contains("players_create"), writes, "{role}");
        assert_eq!(names(&data).contains(&"api_keys".to_owned()), manages, "{role}");
        assert_eq!(data["functions"].as_array().unwrap().is_empty(), !writes, "{role}");
        assert_eq!(data["functions"].to_string().contains("create-api-key"), manages, "{role}");
    }
    refused(&stage.app.get("/api").await, 401, "unauthorized");
    stage.app.stop().await;
}

#[tokio::test]
async fn tables_that_a_key_does_not_name_are_closed_in_every_way() {
    let stage = Stage::set().await;
    let id = stage.player("A-1").await["id"].as_str().unwrap().to_owned();
    let consents = stage.key(NewPropertyKey { allowed_tables: named(&["consents"]), ..generous() }).await;
    let none = stage.key(NewPropertyKey { allowed_tables: named(&[]), ..generous() }).await;
    assert_eq!(by(&stage, &consents, "/api/consents").await.status, 200);
    for path in [
        "/api/players".to_owned(),
        format!("/api/players/{id}"),
        "/api/consents?select=id,players(external_id)".to_owned(),
        "/api/consents?select=id,...players(external_id)".to_owned(),
        "/api/consents?select=id,player_id(external_id)".to_owned(),
        "/api/consents?select=id,players!inner()&players.external_id=eq.A-1".to_owned(),
        "/api/api_keys".to_owned(),
    ] {
        refused(&by(&stage, &consents, &path).await, 403, "table_not_allowed");
    }
    refused(&by(&stage, &none, "/api/consents").await, 403, "table_not_allowed");
    // Whether there is such a table is no secret, but which name is near is told in any case.
    let unknown = by(&stage, &none, "/api/playerz").await;
    refused(&unknown, 404, "PGRST205");
    assert!(unknown.body["hint"].as_str().unwrap().contains("players"), "{}", unknown.text);
    let write = json!({ "player_id": id, "channel": "sms", "status": "granted" });
    let request =
        stage.app.request("POST", "/api/consents?select=id,players(external_id)").header("x-api-key", &consents);
    refused(&send(request.json(&write)).await, 403, "table_not_allowed");
    assert_eq!(stage.number("select count(*) from consents").await, 0);
    stage.app.stop().await;
}

#[tokio::test]
async fn guarded_tables_open_for_administrators_and_for_keys_that_name_them() {
    let stage = Stage::set().await;
    let naming =
        stage.key(NewPropertyKey { allowed_tables: named(&["api_keys", "members", "audit_log"]), ..generous() }).await;
    let token = stage.app.token(&stage.tenant.owner);
    for table in ["api_keys", "members", "audit_log"] {
        let path = format!("/api/{table}");
        refused(&stage.get(&path).await, 403, "table_not_allowed");
        assert_eq!(by(&stage, &naming, &path).await.status, 200, "{table}");
        assert_eq!(send(stage.app.request("GET", &path).bearer_auth(&token)).await.status, 200, "{table}");
    }
    let keys = by(&stage, &naming, "/api/api_keys").await;
    let secret = stage.key.trim_start_matches("pk_");
    assert!(
        keys.body.as_array().unwrap().len() >= 2 && !keys.text.contains(secret) && !keys.text.contains("hash"),
        "{}",
        keys.text
    );
    stage.app.stop().await;
}

#[tokio::test]
async fn a_reading_key_changes_nothing() {
    let stage = Stage::set().await;
    let id = stage.player("R-1").await["id"].as_str().unwrap().to_owned();
    let reader = stage.key(NewPropertyKey { scopes: vec![Right::Read], ..generous() }).await;
    let writer = stage.key(NewPropertyKey { scopes: vec![Right::Write], ..generous() }).await;
    let one = format!("/api/players/{id}");
    for (method, path) in [
        ("POST", "/api/players"),
        ("PATCH", "/api/players?external_id=eq.R-1"),
        ("DELETE", "/api/players?external_id=eq.R-1"),
        ("PUT", &format!("/api/players?id=eq.{id}")),
        ("PATCH", &one),
        ("PUT", &one),
        ("DELETE", &one),
    ] {
        let request =
            stage.app.request(method, path).header("x-api-key", &reader).json(&json!({ "external_id": "R-2" }));
        let answer = send(request).await;
        assert!(refused(&answer, 403, "scope_missing").contains("write"), "{}", answer.text);
    }
    for path in ["/api/players", &one] {
        assert!(refused(&by(&stage, &writer, path).await, 403, "scope_missing").contains("read"));
    }
    assert_eq!(stage.found("").await, ["R-1"]);
    stage.app.stop().await;
}
