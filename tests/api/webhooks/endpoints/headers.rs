//! Headers of endpoints: names are shown, values are not.

use super::*;

async fn headers_of(stage: &Stage, row: &Value) -> Value {
    stage.get(&one(row)).await.body["headers"].clone()
}

#[tokio::test]
async fn values_are_sent_and_never_shown() {
    let stage = Stage::near().await;
    let receiver = Receiver::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let headers = json!({ "Authorization": "Bearer heron", "X-Env": "prod" });
    let made = stage.made(json!({ "url": receiver.url, "headers": headers })).await;
    assert_eq!(made["headers"], json!({ "x-env": "***", "authorization": "***" }));
    assert_eq!(headers_of(&stage, &made).await, made["headers"]);
    let sent = async || {
        assert_eq!(stage.call("test-webhook", json!({ "webhook_id": made["id"] })).await.status, 200);
        receiver.got().pop().unwrap()
    };
    let got = sent().await;
    assert_eq!((got.header("authorization"), got.header("x-env")), ("Bearer heron", "prod"));
    // Asterisks keep a value, what is left out goes.
    let change = json!({ "headers": { "authorization": "***", "x-new": "1" } });
    let changed = stage.ask("PATCH", &one(&made), &[], change).await;
    assert_eq!(changed.body["headers"], json!({ "x-new": "***", "authorization": "***" }), "{}", changed.text);
    let got = sent().await;
    assert_eq!((got.header("authorization"), got.header("x-env"), got.header("x-new")), ("Bearer heron", "", "1"));
    let round = stage.ask("PATCH", &one(&made), &[], json!({ "headers": headers_of(&stage, &made).await })).await;
    assert_eq!(round.status, 200, "{}", round.text);
    assert_eq!(sent().await.header("authorization"), "Bearer heron", "what was read can be sent back");
    let emptied = stage.ask("PATCH", &one(&made), &[], json!({ "headers": {} })).await;
    assert_eq!(emptied.body["headers"], json!({}));
    assert_eq!(sent().await.header("authorization"), "");
    assert_eq!(stage.number("select count(*) from webhook_secrets where headers is not null").await, 0);
    stage.app.stop().await;
}

#[tokio::test]
async fn names_and_values_that_cannot_be_sent_are_refused_without_their_values() {
    let stage = Stage::set().await;
    let made = stage.made(json!({ "url": FAR, "headers": { "x-a": "one" } })).await;
    for (headers, names) in [
        (json!({ "Host": "heron" }), "host"),
        (json!({ "content-length": "heron" }), "content-length"),
        (json!({ "Webhook-Signature": "heron" }), "webhook-signature"),
        (json!({ "Transfer-Encoding": "heron" }), "transfer-encoding"),
        (json!({ "a b": "heron" }), "a b"),
        (json!({ "": "heron" }), ""),
        (json!({ "x-b": "heron\r\nx-c: 1" }), "x-b"),
        (json!({ "x-b": 7 }), "x-b"),
        (json!({ "x-b": ["heron"] }), "x-b"),
        (json!({ "x-b": "" }), "x-b"),
        (json!({ "x-b": "heron", "X-B": "heron" }), "x-b"),
        (json!({ "x-b": "***" }), "x-b"),
        (json!([]), "object"),
        (json!("heron"), "object"),
    ] {
        for (method, path, body) in [
            ("PATCH", one(&made), json!({ "headers": headers })),
            ("POST", WEBHOOKS.to_owned(), json!({ "url": FAR, "headers": headers })),
        ] {
            let answer = stage.ask(method, &path, &[], body).await;
            let sentence = refused(&answer, 400, "headers_invalid");
            assert!(sentence.starts_with("headers ") && sentence.contains(names), "{sentence}");
            assert!(!answer.text.contains("heron"), "{}", answer.text);
        }
    }
    assert_eq!(headers_of(&stage, &made).await, json!({ "x-a": "***" }));
    assert_eq!(stage.number("select count(*) from webhooks").await, 1);
}
