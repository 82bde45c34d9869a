//! Saving an endpoint, in every way in which rows are written.

use super::*;

#[tokio::test]
async fn a_new_endpoint_shows_its_secret_beside_its_row_and_never_again() {
    let stage = Stage::set().await;
    let row =
        json!({ "url": FAR, "description": "CRM", "event_types": ["player.*", "campaign.created"], "rate_limit": 5 });
    let made = stage.made(row.clone()).await;
    for (name, value) in row.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!((&made["enabled"], &made["headers"], &made["disabled_at"]), (&json!(true), &json!({}), &Value::Null));
    assert!(made.get("allowed_tables").is_none());
    let mut shown = made.clone();
    shown.as_object_mut().unwrap().remove("secret");
    for path in [one(&made), format!("{WEBHOOKS}?id=eq.{}", id(&made))] {
        let read = stage.get(&path).await;
        let row = if read.body.is_array() { &read.body[0] } else { &read.body };
        assert_eq!((read.status, row), (200, &shown), "{}", read.text);
    }
    for query in ["select=secret", "secret=eq.x", "order=secret", "select=webhook_secrets(*)"] {
        assert_eq!(stage.get(&format!("{WEBHOOKS}?{query}")).await.status, 400, "{query}");
    }
    let changed = stage.ask("PATCH", &one(&made), &[], json!({ "description": "ERP" })).await;
    assert_eq!((changed.status, &changed.body["description"]), (200, &json!("ERP")), "{}", changed.text);
    assert!(changed.body.get("secret").is_none());
    let sealed = "select count(*) from webhook_secrets where get_byte(current, 0) = 1 and previous is null";
    assert_eq!(stage.number(sealed).await, 1);
    assert_eq!(stage.number("select count(*) from webhook_lanes").await, 1);
}

#[tokio::test]
async fn the_secret_is_shown_whatever_is_selected_and_however_it_is_written() {
    let stage = Stage::set().await;
    let row = json!({ "url": FAR });
    let path = format!("{WEBHOOKS}?select=url");
    let some = stage.ask("POST", &path, &[], row.clone()).await;
    assert_eq!((some.status, some.body.as_object().unwrap().len()), (201, 2), "{}", some.text);
    assert!(is_secret(&some.body["secret"]));
    let listed = stage.ask("POST", &path, &[("prefer", "return=representation")], row.clone()).await;
    assert!(is_secret(&listed.body[0]["secret"]), "{}", listed.text);
    let object = [("accept", "application/vnd.pgrst.object+json;nulls=stripped")];
    let object = stage.ask("POST", WEBHOOKS, &object, row.clone()).await;
    assert!(is_secret(&object.body["secret"]) && object.body.get("rate_limit").is_none(), "{}", object.text);
    let csv = stage.ask("POST", &path, &[("accept", "text/csv")], row.clone()).await;
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(lines[0], "url,secret");
    assert!(lines[1].starts_with(&format!("{FAR},whsec_")), "{}", csv.text);
    for (prefer, length) in [("return=minimal", 0), ("return=headers-only", 0)] {
        let minimal = stage.ask("POST", WEBHOOKS, &[("prefer", prefer)], row.clone()).await;
        assert_eq!((minimal.status, minimal.text.len()), (201, length), "{}", minimal.text);
    }
    assert_eq!(stage.number("select count(*) from webhook_secrets").await, 6, "each has one, shown or not");
    let taken = stage.ask("POST", &format!("{WEBHOOKS}?select=secret:url"), &[], row.clone()).await;
    refused(&taken, 400, "name_taken");
    let grouped = format!("{WEBHOOKS}?select=count()");
    refused(&stage.ask("POST", &grouped, &[], row).await, 400, "PGRST123");
    assert_eq!(stage.number("select count(*) from webhooks").await, 6, "what was refused is undone");
}

#[tokio::test]
async fn several_endpoints_get_a_secret_each() {
    let stage = Stage::set().await;
    let urls: Vec<String> = (1..=3).map(|n| format!("{FAR}/{n}")).collect();
    let rows: Vec<Value> = urls.iter().map(|url| json!({ "url": url, "headers": { "X-Url": url } })).collect();
    let made = stage.ask("POST", WEBHOOKS, &[], json!(rows)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.body.as_array().unwrap();
    assert_eq!(made.iter().map(|row| row["url"].as_str().unwrap()).collect::<Vec<_>>(), urls);
    let mut secrets: Vec<&str> = made.iter().map(|row| row["secret"].as_str().unwrap()).collect();
    secrets.dedup();
    assert_eq!(secrets.len(), 3);
    let csv = format!("url,event_types\n{FAR}/4,\"{{player.created}}\"\n{FAR}/5,{{*}}\n");
    let request = stage.app.request("POST", WEBHOOKS).header("x-api-key", &stage.key);
    let made = send(request.header("content-type", "text/csv").body(csv)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.body[0]["event_types"], json!(["player.created"]));
    assert!(made.body.as_array().unwrap().iter().all(|row| is_secret(&row["secret"])));
    let wrong = json!([{ "url": FAR }, { "url": "https://10.0.0.1/" }]);
    let answer = stage.ask("POST", WEBHOOKS, &[], wrong).await;
    assert!(refused(&answer, 400, "url_refused").starts_with("url "));
    assert_eq!(answer.body["details"], "Row 2 of the body");
    let many: Vec<Value> = (0..21).map(|_| json!({ "url": FAR })).collect();
    refused(&stage.ask("POST", WEBHOOKS, &[], json!(many)).await, 400, "too_many_rows");
    assert_eq!(stage.number("select count(*) from webhooks").await, 5);
    let none = stage.ask("POST", WEBHOOKS, &[], json!([])).await;
    assert_eq!((none.status, &none.body), (201, &json!([])));
}

#[tokio::test]
async fn a_put_makes_an_endpoint_with_a_secret_or_changes_it_without() {
    let stage = Stage::set().await;
    let path = format!("{WEBHOOKS}/{}", uuid::Uuid::now_v7());
    let made = stage.ask("PUT", &path, &[], json!({ "url": FAR, "headers": { "X-A": "one" } })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(is_secret(&made.body["secret"]));
    let again = stage.ask("PUT", &path, &[], json!({ "url": format!("{FAR}/2"), "headers": { "x-a": "***" } })).await;
    assert_eq!((again.status, &again.body["headers"]), (200, &json!({ "x-a": "***" })), "{}", again.text);
    assert!(again.body.get("secret").is_none());
    let other = format!("{WEBHOOKS}/{}", uuid::Uuid::now_v7());
    let fresh = stage.ask("PUT", &other, &[], json!({ "url": FAR, "headers": { "x-a": "***" } })).await;
    refused(&fresh, 400, "headers_invalid");
    let by_filter = format!("{WEBHOOKS}?id=eq.{}", uuid::Uuid::now_v7());
    let silent = stage.ask("PUT", &by_filter, &[], json!({ "url": FAR })).await;
    assert_eq!((silent.status, &*silent.text), (204, ""));
    let matched = stage.ask("PUT", &path, &[("if-match", again.header("etag"))], json!({ "url": FAR })).await;
    assert_eq!((matched.status, &matched.body["headers"]), (200, &json!({})), "{}", matched.text);
    let only_new = stage.ask("PUT", &path, &[("if-none-match", "*")], json!({ "url": FAR })).await;
    refused(&only_new, 412, "precondition_failed");
    assert_eq!(stage.number("select count(*) from webhook_secrets where headers is null").await, 2);
}

#[tokio::test]
async fn endpoints_are_never_merged() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR })).await;
    let row = json!({ "id": made["id"], "url": format!("{FAR}/2") });
    for resolution in ["merge-duplicates", "ignore-duplicates"] {
        let prefer = format!("resolution={resolution}");
        for body in [row.clone(), json!([row])] {
            let answer = stage.ask("POST", WEBHOOKS, &[("prefer", &prefer)], body).await;
            refused(&answer, 400, "upsert_unavailable");
        }
    }
    refused(&stage.ask("POST", WEBHOOKS, &[], row).await, 409, "23505");
    assert_eq!(stage.get(&one(&made)).await.body["url"], FAR);
}

#[tokio::test]
async fn types_limits_and_columns_are_judged_by_name() {
    let stage = Stage::set().await;
    for (types, code, hint) in [
        (json!(["player.craeted"]), "event_type_unknown", "Perhaps you meant player.created"),
        (json!(["players.*"]), "event_type_unknown", "Perhaps you meant player.*"),
        (json!(["player.created", "*.created"]), "event_type_unknown", ""),
        (json!(["player*"]), "event_type_unknown", ""),
        (json!(["PLAYER.CREATED"]), "event_type_unknown", ""),
        (json!([""]), "event_type_unknown", ""),
        (json!([null]), "event_type_unknown", ""),
        (json!([]), "event_types_invalid", ""),
        (json!("{player.created"), "22P02", ""),
        (json!(null), "23502", ""),
    ] {
        let answer = stage.ask("POST", WEBHOOKS, &[], json!({ "url": FAR, "event_types": types })).await;
        let sentence = refused(&answer, 400, code);
        assert!(sentence.contains("event_types"), "{sentence}");
        assert!(answer.body["hint"].as_str().unwrap_or_default().contains(hint), "{}", answer.text);
    }
    for limit in [json!(0), json!(-1), json!(10_001), json!(1.5), json!("many")] {
        let answer = stage.ask("POST", WEBHOOKS, &[], json!({ "url": FAR, "rate_limit": limit })).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.error().contains("rate_limit"), "{}", answer.text);
    }
    for (name, code) in [
        ("disabled_reason", "read_only_column"),
        ("disabled_at", "read_only_column"),
        ("allowed_tables", "PGRST204"),
        ("secret", "PGRST204"),
    ] {
        let mut row = json!({ "url": FAR });
        row[name] = json!("x");
        refused(&stage.ask("POST", WEBHOOKS, &[], row).await, 400, code);
    }
    refused(&stage.ask("POST", WEBHOOKS, &[], json!({ "description": "nowhere" })).await, 400, "23502");
    assert_eq!(stage.number("select count(*) from webhooks").await, 0);
}

#[tokio::test]
async fn a_property_has_so_many_endpoints_and_no_more() {
    let stage = Stage::with(&[("PLAYHOUSE_WEBHOOKS__MAX_ENDPOINTS_PER_PROPERTY", "4")]).await;
    let count = async || stage.number("select count(*) from webhooks").await;
    let too_many = json!((0..5).map(|_| json!({ "url": FAR })).collect::<Vec<_>>());
    let answer = stage.ask("POST", WEBHOOKS, &[], too_many).await;
    assert!(refused(&answer, 400, "too_many_webhooks").contains("may have 4 webhooks"), "{}", answer.text);
    assert_eq!(count().await, 0);
    // All at once, and the last place goes to one of them.
    let calls = (0..8).map(|_| stage.ask("POST", WEBHOOKS, &[], json!({ "url": FAR })));
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 4);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        refused(answer, 400, "too_many_webhooks");
    }
    assert_eq!(count().await, 4);
    let made = answers.iter().find(|answer| answer.status == 201).unwrap();
    let new = format!("{WEBHOOKS}/{}", uuid::Uuid::now_v7());
    refused(&stage.ask("PUT", &new, &[], json!({ "url": FAR })).await, 400, "too_many_webhooks");
    // Those that are there are changed as ever, and their number is nobody else's.
    let changed = stage.ask("PUT", &one(&made.body), &[], json!({ "url": FAR, "description": "CRM" })).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let stranger = stage.app.tenant().await;
    let (_, key) = property_key(&stage.app.database_url, &stranger, generous()).await;
    assert_eq!(stage.ask_as(&key, "POST", WEBHOOKS, &[], &json!({ "url": FAR })).await.status, 201);
    assert_eq!(stage.ask("DELETE", &one(&made.body), &[], Value::Null).await.status, 204);
    stage.made(json!({ "url": FAR })).await;
}
