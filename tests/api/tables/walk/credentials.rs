//! No operation works without a credential that may do it.

use serde_json::{Value, json};

use super::{super::neighbours::registry, *};
use crate::support::app::send;

#[tokio::test]
async fn no_operation_works_without_a_credential_of_the_property() {
    let stage = Neighbours::meet().await;
    let organizations = format!("Bearer {}", stage.ours.tenant.key);
    let credentials = [
        None,
        Some(("x-api-key", stage.ours.tenant.key.clone())),
        Some(("authorization", organizations)),
        Some(("x-api-key", stage.ours.key.to_uppercase())),
        Some(("x-api-key", String::new())),
        Some(("authorization", format!("Basic {}", stage.ours.key))),
        Some(("apikey", stage.ours.key.clone())),
        Some(("cookie", format!("x-api-key={}", stage.ours.key))),
    ];
    let operations = operations(&stage, &stage.ours).await;
    assert!(operations.len() > 5 * registry().tables().len(), "{} operations are no walk", operations.len());
    for Operation { method, path, id } in &operations {
        for credential in &credentials {
            let request = stage.app.request(method, path);
            let request = credential.iter().fold(request, |request, (name, value)| request.header(*name, value));
            // What is sent must not matter before it is known who sends it.
            for request in [request.try_clone().unwrap(), request.body("not json")] {
                let answer = send(request).await;
                let asked = format!("{id} with {credential:?}");
                assert_is_error(&answer, 401, "unauthorized", &asked);
                assert!(answer.header("www-authenticate").contains("Bearer"), "{asked}");
                assert_eq!(answer.header("ratelimit"), "", "{asked}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_in_the_query_is_no_credential() {
    let stage = Neighbours::meet().await;
    for name in ["api_key", "x-api-key", "apikey", "key", "token", "access_token"] {
        let answer = stage.app.get(&format!("/api/players?{name}={}", stage.ours.key)).await;
        assert_is_error(&answer, 401, "unauthorized", name);
    }
}

#[tokio::test]
async fn a_key_that_may_only_read_changes_nothing() {
    let stage = Neighbours::meet().await;
    let before = rows(&stage).await;
    for Operation { method, path, id } in operations(&stage, &stage.ours).await {
        if method == "GET" || id.ends_with("_query") || id == "batch" {
            continue;
        }
        let code = if id.ends_with("PropertyApiKey") { "user_required" } else { "scope_missing" };
        for body in [json!({}), json!([]), json!({ "id": stage.ours.id("players") })] {
            let answer =
                send(stage.app.request(&method, &path).header("x-api-key", &stage.ours.reader).json(&body)).await;
            if code == "user_required" && answer.status == 400 {
                continue;
            }
            assert_is_error(&answer, 403, code, &id);
        }
    }
    for table in registry().tables() {
        for (method, path) in [("POST", ""), ("PATCH", "?id=not.is.null"), ("DELETE", "?id=not.is.null"), ("PUT", "/1")]
        {
            let path = format!("/{}{path}", table.name);
            let batch = json!({ "operations": [{ "method": method, "path": path, "body": {} }] });
            let request = stage.app.request("POST", "/api/batch").header("x-api-key", &stage.ours.reader).json(&batch);
            let answer = send(request).await;
            let code = if table.access == playhouse::tables::table::Access::Full { "scope_missing" } else { "" };
            if code.is_empty() {
                assert!([403, 405].contains(&answer.status), "{method} {path}: {}", answer.text);
            } else {
                assert_is_error(&answer, 403, code, &path);
            }
        }
    }
    assert_eq!(rows(&stage).await, before);
}

#[tokio::test]
async fn a_key_with_a_list_of_tables_reaches_no_other_table_by_any_way() {
    use crate::support::property_keys::{generous, property_key};
    use playhouse::{property_keys::NewPropertyKey, tables::relation};
    let stage = Neighbours::meet().await;
    let everything = registry().tables().iter().map(|table| table.name.to_owned()).collect();
    let new = NewPropertyKey { allowed_tables: Some(everything), ..generous() };
    let (_, free) = property_key(&stage.app.database_url, &stage.ours.tenant, new).await;
    for table in registry().tables() {
        let new = NewPropertyKey { allowed_tables: Some(vec![table.name.to_owned()]), ..generous() };
        let (_, key) = property_key(&stage.app.database_url, &stage.ours.tenant, new).await;
        let ask = async |path: String| send(stage.app.request("GET", &path).header("x-api-key", &key)).await;
        assert_eq!(ask(format!("/api/{}", table.name)).await.status, 200, "{}", table.name);
        for other in registry().tables().iter().filter(|other| other.name != table.name) {
            let answer = ask(format!("/api/{}?limit=1", other.name)).await;
            assert_is_error(&answer, 403, "table_not_allowed", other.name);
        }
        for relation in relation::all(registry(), table).iter().filter(|relation| relation.table.name != table.name) {
            let name = relation.table.name;
            // What a free key has asked before is planned, and refused all the same.
            for path in [
                format!("/api/{}?select=id,{name}(*)", table.name),
                format!("/api/{}?select=id,{name}!inner()", table.name),
            ] {
                let answer = send(stage.app.request("GET", &path).header("x-api-key", &free)).await;
                assert!([200, 300].contains(&answer.status), "{path}: {}", answer.text);
            }
            let answer = ask(format!("/api/{}?select=id,{name}(*)", table.name)).await;
            // Several ways to a table need a hint, which is told without a look at the table.
            assert!([300, 403].contains(&answer.status), "{} embeds {name}: {}", table.name, answer.text);
            let answer = ask(format!("/api/{}?select=id,{name}!inner()", table.name)).await;
            assert!([300, 403].contains(&answer.status), "{} asks for {name}: {}", table.name, answer.text);
        }
        let shown = ask("/api".to_owned()).await;
        let shown: Vec<&Value> =
            shown.body["data"]["tables"].as_array().unwrap().iter().map(|table| &table["name"]).collect();
        assert_eq!(shown, [table.name]);
    }
}

#[tokio::test]
async fn a_key_without_a_list_does_not_reach_guarded_tables() {
    use crate::support::property_keys::{generous, property_key};
    let stage = Neighbours::meet().await;
    let (_, key) = property_key(&stage.app.database_url, &stage.ours.tenant, generous()).await;
    for table in registry().tables() {
        let answer = send(stage.app.request("GET", &format!("/api/{}", table.name)).header("x-api-key", &key)).await;
        assert_eq!(answer.status, if table.guarded { 403 } else { 200 }, "{}: {}", table.name, answer.text);
    }
}

/// All rows of all tables of ours.
async fn rows(stage: &Neighbours) -> Vec<Value> {
    let mut all = Vec::new();
    for table in registry().tables().iter().filter(|table| table.name != "audit_log" && table.name != "api_keys") {
        let answer = stage.ask("GET", &format!("/api/{}", table.name)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        all.push(answer.body);
    }
    all
}
