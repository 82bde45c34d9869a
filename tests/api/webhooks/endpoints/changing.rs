//! Changing endpoints: one, many alike, each by its own values, and what begins anew with it.

use super::*;

#[tokio::test]
async fn every_way_to_change_an_endpoint_is_judged() {
    let stage = Stage::set().await;
    let (first, second) = (stage.made(json!({ "url": FAR })).await, stage.made(json!({ "url": FAR })).await);
    let all = format!("{WEBHOOKS}?id=not.is.null");
    for (column, wrong, code) in [
        ("url", json!("http://127.0.0.1/"), "url_refused"),
        ("event_types", json!(["plyer.created"]), "event_type_unknown"),
        ("headers", json!({ "host": "x" }), "headers_invalid"),
        ("rate_limit", json!(0), "rate_limit_invalid"),
    ] {
        let change = json!({ column: wrong });
        let whole = if column == "url" { change.clone() } else { json!({ "url": FAR, column: wrong }) };
        let each = json!([{ "id": first["id"], "description": "x" }, { "id": second["id"], column: wrong }]);
        for (method, path, body) in [
            ("PATCH", one(&first), &change),
            ("PATCH", all.clone(), &change),
            ("PATCH", WEBHOOKS.to_owned(), &each),
            ("PUT", one(&first), &whole),
            ("PUT", format!("{WEBHOOKS}?id=eq.{}", id(&first)), &whole),
        ] {
            let answer = stage.ask(method, &path, &[], body.clone()).await;
            assert!(refused(&answer, 400, code).contains(column), "{method} {path}: {}", answer.text);
            let details = if body.is_array() { json!("Row 2 of the body") } else { Value::Null };
            assert_eq!(answer.body["details"], details, "{method} {path}");
            let path = path.strip_prefix("/api").unwrap();
            let batch = json!({ "operations": [{ "method": method, "path": path, "body": body }] });
            let answer = stage.ask("POST", "/api/batch", &[], batch).await;
            assert!(refused(&answer, 400, code).starts_with("operations[0]: "), "{}", answer.text);
        }
    }
    assert_eq!(
        stage.number(&format!("select count(*) from webhooks where url = '{FAR}' and description is null")).await,
        2
    );
}

#[tokio::test]
async fn many_endpoints_change_alike_or_each_in_its_own_way() {
    let stage = Stage::set().await;
    let made = [stage.made(json!({ "url": FAR })).await, stage.made(json!({ "url": FAR })).await];
    let each = json!([
        { "id": made[0]["id"], "headers": { "x-a": "one" }, "event_types": ["segment.created"] },
        { "id": made[1]["id"], "url": format!("{FAR}/2") },
    ]);
    let representation = [("prefer", "return=representation")];
    let changed = stage
        .ask("PATCH", &format!("{WEBHOOKS}?select=url,headers,event_types&order=url"), &representation, each)
        .await;
    assert_eq!(
        (changed.status, &changed.body),
        (
            200,
            &json!([
                { "url": FAR, "headers": { "x-a": "***" }, "event_types": ["segment.created"] },
                { "url": format!("{FAR}/2"), "headers": {}, "event_types": ["*"] },
            ])
        ),
        "{}",
        changed.text
    );
    assert!(!changed.text.contains("secret"));
    let all = stage
        .ask(
            "PATCH",
            &format!("{WEBHOOKS}?url=like.https*"),
            &[],
            json!({ "rate_limit": null, "headers": { "x-b": "two" } }),
        )
        .await;
    assert_eq!((all.status, &*all.text), (204, ""));
    assert_eq!(stage.number("select count(*) from webhooks where headers = '{\"x-b\":\"***\"}'").await, 2);
    assert_eq!(stage.number("select count(*) from webhook_secrets where headers is not null").await, 2);
    let nothing = stage.ask("PATCH", &one(&made[0]), &[], json!({})).await;
    assert_eq!((nothing.status, id(&nothing.body)), (200, id(&made[0])), "{}", nothing.text);
    let gone = format!("{WEBHOOKS}/{}", uuid::Uuid::now_v7());
    refused(&stage.ask("PATCH", &gone, &[], json!({ "url": FAR })).await, 404, "not_found");
    let stale = [("if-match", made[0]["id"].as_str().unwrap())];
    refused(&stage.ask("PATCH", &one(&made[0]), &stale, json!({ "url": FAR })).await, 412, "precondition_failed");
    let dry = [("prefer", "tx=rollback")];
    let tried = stage.ask("PATCH", &one(&made[0]), &dry, json!({ "headers": { "x-c": "three" } })).await;
    assert_eq!((tried.status, &tried.body["headers"]), (200, &json!({ "x-c": "***" })), "{}", tried.text);
    assert_eq!(stage.number("select count(*) from webhooks where headers ? 'x-c'").await, 0);
    assert_eq!(stage.ask("DELETE", &one(&made[0]), &[], Value::Null).await.status, 204);
    assert_eq!(stage.number("select count(*) from webhook_secrets").await, 1);
    assert_eq!(stage.number("select count(*) from webhook_lanes").await, 1);
}

#[tokio::test]
async fn an_endpoint_that_is_enabled_or_moved_begins_anew() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR })).await;
    let failing = "update webhook_lanes set consecutive_failures = 12, failing_since = now(), blocked_until = now() + interval '5 min'";
    let fresh = "select count(*) from webhook_lanes where consecutive_failures = 0 and failing_since is null and blocked_until is null";
    let disabled = "update webhooks set enabled = false, disabled_reason = 'failed for 5 days', disabled_at = now()";
    stage.execute(disabled).await;
    for (change, begins) in [
        (json!({ "description": "x" }), false),
        (json!({ "url": format!("{FAR}/2") }), false),
        (json!({ "enabled": true }), true),
        (json!({ "rate_limit": 3 }), false),
        (json!({ "url": format!("{FAR}/3") }), true),
    ] {
        stage.execute(failing).await;
        let answer = stage.ask("PATCH", &one(&made), &[], change.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(stage.number(fresh).await == 1, begins, "{change}");
        let is_enabled = answer.body["enabled"] == json!(true);
        assert_eq!(answer.body["disabled_reason"].is_null(), is_enabled, "{}", answer.text);
        assert_eq!(answer.body["disabled_at"].is_null(), is_enabled, "{}", answer.text);
    }
    let off = stage.ask("PATCH", &one(&made), &[], json!({ "enabled": false })).await;
    assert!(off.body["disabled_at"].is_string(), "{}", off.text);
    let on = stage.ask("PUT", &one(&made), &[], json!({ "url": FAR })).await;
    assert_eq!((&on.body["enabled"], &on.body["disabled_at"]), (&json!(true), &Value::Null), "{}", on.text);
}
