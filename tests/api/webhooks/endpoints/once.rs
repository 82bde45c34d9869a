//! A secret is shown once: not to whoever repeats the call, not where it is undone, nor kept anywhere.

use super::*;

impl Stage {
    /// No idempotency record has the text.
    async fn nowhere(&self, text: &str) {
        let sql = format!("select count(*) from idempotency_keys where convert_from(body, 'UTF8') like '%{text}%'");
        assert_eq!(self.number(&sql).await, 0, "a secret is never stored");
    }
}

#[tokio::test]
async fn a_repeated_call_is_answered_without_the_secret() {
    let stage = Stage::set().await;
    let key = [("idempotency-key", "k-1")];
    let row = json!({ "url": FAR, "headers": { "x-a": "heron" } });
    let first = stage.ask("POST", WEBHOOKS, &key, row.clone()).await;
    let again = stage.ask("POST", WEBHOOKS, &key, row.clone()).await;
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let mut shown = first.body.clone();
    let secret = shown.as_object_mut().unwrap().remove("secret").unwrap();
    assert!(is_secret(&secret));
    assert_eq!(again.body, shown);
    stage.nowhere("whsec_").await;
    stage.nowhere("heron").await;
    assert_eq!(stage.number("select count(*) from webhooks").await, 1);
    let other = stage.ask("POST", WEBHOOKS, &key, json!({ "url": format!("{FAR}/2") })).await;
    refused(&other, 422, "idempotency_key_reused");
    // Several rows, and rows as text.
    for (name, headers) in [("k-2", vec![]), ("k-3", vec![("accept", "text/csv")])] {
        let headers = [headers, vec![("idempotency-key", name)]].concat();
        let first = stage.ask("POST", WEBHOOKS, &headers, json!([row, row])).await;
        let again = stage.ask("POST", WEBHOOKS, &headers, json!([row, row])).await;
        assert_eq!(first.text.matches("whsec_").count(), 2, "{}", first.text);
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
        assert!(!again.text.contains("whsec_") && !again.text.contains("secret"), "{}", again.text);
    }
    stage.nowhere("whsec_").await;
    let wrong = json!({ "url": "https://10.0.0.1/" });
    let (first, again) = (
        stage.ask("POST", WEBHOOKS, &[("idempotency-key", "k-4")], wrong.clone()).await,
        stage.ask("POST", WEBHOOKS, &[("idempotency-key", "k-4")], wrong).await,
    );
    refused(&first, 400, "url_refused");
    assert_eq!((again.status, again.header("idempotency-replayed")), (400, "true"));
}

#[tokio::test]
async fn a_batch_shows_its_secrets_once() {
    let stage = Stage::set().await;
    let make = json!({ "method": "POST", "path": "/webhooks", "body": { "url": FAR } });
    let batch = json!({ "operations": [make, { "method": "GET", "path": "/webhooks?select=url" }, make] });
    let key = [("idempotency-key", "b-1")];
    let first = stage.ask("POST", "/api/batch", &key, batch.clone()).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(is_secret(&first.body["data"][0]["body"]["secret"]) && is_secret(&first.body["data"][2]["body"]["secret"]));
    assert_eq!(first.body["data"][1]["body"], json!([{ "url": FAR }]));
    let again = stage.ask("POST", "/api/batch", &key, batch).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"));
    assert!(!again.text.contains("secret"), "{}", again.text);
    assert_eq!(again.body["data"][2]["body"]["id"], first.body["data"][2]["body"]["id"]);
    stage.nowhere("whsec_").await;
    let many: Vec<&Value> = (0..21).map(|_| &make).collect();
    let answer = stage.ask("POST", "/api/batch", &[], json!({ "operations": many })).await;
    assert!(refused(&answer, 400, "too_many_rows").starts_with("operations[20]: "), "{}", answer.text);
    assert_eq!(stage.number("select count(*) from webhooks").await, 2, "all or nothing");
}

#[tokio::test]
async fn a_dry_run_makes_no_endpoint_and_shows_no_secret() {
    let stage = Stage::set().await;
    let dry = [("prefer", "tx=rollback")];
    let answer = stage.ask("POST", WEBHOOKS, &dry, json!({ "url": FAR })).await;
    assert_eq!((answer.status, &answer.body["url"]), (201, &json!(FAR)), "{}", answer.text);
    assert!(answer.body.get("secret").is_none(), "{}", answer.text);
    refused(&stage.ask("POST", WEBHOOKS, &dry, json!({ "url": "https://[::1]/" })).await, 400, "url_refused");
    let batch = json!({ "operations": [{ "method": "POST", "path": "/webhooks", "body": { "url": FAR } }] });
    let answer = stage.ask("POST", "/api/batch", &dry, batch).await;
    assert!(answer.status == 200 && !answer.text.contains("secret"), "{}", answer.text);
    assert_eq!(stage.number("select count(*) from webhook_secrets").await, 0);
}
