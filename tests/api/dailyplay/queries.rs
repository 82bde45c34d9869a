//! Query parameters that are unknown, doubled or no numbers, and what the caller would rather read.

use serde_json::{Value, json};

use super::{KEYS, PATIENT, SESSIONS, Stage, refused};
use crate::support::app::send;

#[tokio::test]
async fn a_query_parameter_that_is_unknown_or_comes_twice_is_refused() {
    let stage = Stage::with(&[PATIENT]).await;
    let (org, token) = (stage.tenant.org, stage.ticket().await);
    let keyed = |method: &str, path: String| {
        stage
            .app
            .request(method, &path)
            .header("x-api-key", &stage.tenant.key)
            .json(&json!({ "game_id": stage.tenant.game, "token": token }))
    };
    let user = |method: &str, path: String| {
        stage
            .app
            .request(method, &path)
            .bearer_auth(stage.app.token(&stage.tenant.owner))
            .json(&json!({ "org_id": org, "id": stage.tenant.key_id, "name": "A key" }))
    };
    let id = stage.tenant.key_id;
    for request in [
        keyed("POST", format!("{SESSIONS}?game_id=1")),
        keyed("POST", format!("{KEYS}?action=create-session&x")),
        keyed("GET", format!("{SESSIONS}/{token}?org_id=1")),
        keyed("GET", format!("{KEYS}?action=validate-session&token={token}&expand=1")),
        keyed("POST", format!("{SESSIONS}/{token}/consume?player_uuid=1")),
        keyed("POST", format!("{KEYS}?action=consume-session&player_uuid=1")),
        keyed("DELETE", format!("{SESSIONS}/{token}?force=true")),
        keyed("POST", format!("{KEYS}?action=revoke-session&force=true")),
        user("GET", format!("{KEYS}?org_id={org}&is_active=eq.true")),
        user("GET", format!("{KEYS}?org_id={org}&Org_id={org}")),
        user("POST", format!("{KEYS}?org_id={org}")),
        user("PATCH", format!("{KEYS}?id={id}")),
        user("DELETE", format!("{KEYS}?id={id}&org_id={org}&cascade=1")),
    ] {
        let answer = send(request).await;
        assert!(refused(&answer, 400).starts_with("Unknown query parameter \""), "{}", answer.text);
    }
    for (request, name) in [
        (user("GET", format!("{KEYS}?org_id={org}&org_id={org}")), "org_id"),
        (user("GET", format!("{KEYS}?org_id={org}&org_id=999")), "org_id"),
        (user("DELETE", format!("{KEYS}?id={id}&org_id={org}&id=999")), "id"),
        (user("DELETE", format!("{KEYS}?id={id}&org_id={org}&%6Frg_id=999")), "org_id"),
    ] {
        assert_eq!(refused(&send(request).await, 400), format!("Query parameter {name} may come only once"));
    }
    assert_eq!(stage.validate(&token).await.body["data"]["status"], "active");
    assert_eq!(stage.number("select count(*) from org_api_keys").await, 1);
}

#[tokio::test]
async fn an_id_in_the_query_is_digits_and_nothing_else() {
    let stage = Stage::set().await;
    let (id, org) = (stage.tenant.key_id, stage.tenant.org);
    for wrong in [
        "",
        "0",
        "-1",
        "%2B5",
        "+5",
        "%205",
        "5%20",
        "٥",
        "0x10",
        "1e3",
        "5.0",
        "2147483648",
        "9223372036854775808",
        "null",
        "undefined",
        "[5]",
        "(1,2)",
        "1%20or%201=1",
        "1;drop%20table%20games",
        "'",
    ] {
        for (method, query, name) in [
            ("GET", format!("?org_id={wrong}"), "org_id"),
            ("DELETE", format!("?id={id}&org_id={wrong}"), "org_id"),
            ("DELETE", format!("?id={wrong}&org_id={org}"), "id"),
        ] {
            let answer = stage.manage(method, &query, Value::Null).await;
            let sentence = refused(&answer, 400);
            assert!(sentence.contains(&format!("\"{name}\"")), "{method} {query}: {sentence}");
        }
    }
    for query in ["?org_id=%ff", "?org_id=%zz", "?org_id=1%00"] {
        refused(&stage.manage("GET", query, Value::Null).await, 400);
    }
    for (method, query) in [("GET", ""), ("DELETE", "?id=1"), ("DELETE", "?org_id=1")] {
        assert!(refused(&stage.manage(method, query, Value::Null).await, 400).ends_with(" is missing"));
    }
    assert_eq!(stage.number("select count(*) from org_api_keys").await, 1);
}

#[tokio::test]
async fn the_answer_is_json_whatever_is_asked_for() {
    let stage = Stage::set().await;
    for accept in ["text/html", "application/xml;q=0.9", "*/*;q=0", "<script>", &"text/x,".repeat(600)] {
        let answer = send(stage.app.request("GET", &format!("{SESSIONS}/abc")).header("accept", accept)).await;
        refused(&answer, 400);
        assert!(!answer.text.contains("script"));
    }
}
