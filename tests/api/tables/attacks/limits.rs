//! F.6: quotas, row 94.

use playhouse::property_keys::NewPropertyKey;
use serde_json::{Value, json};

use super::*;
use crate::support::{
    app::send,
    database::minute_with,
    property_keys::{generous, property_key},
};

#[tokio::test]
async fn row_94_a_batch_that_costs_more_than_is_left_is_refused_and_costs_nothing() {
    let stage = Neighbours::meet().await;
    let new = NewPropertyKey { rate_limit: 10, ..generous() };
    let (_, key) = property_key(&stage.app.database_url, &stage.ours.tenant, new).await;
    let operations = |count: usize| -> Value {
        let one = json!({ "method": "POST", "path": "/segments", "body": { "name": "batched" } });
        json!({ "operations": vec![one; count] })
    };
    let batch = async |count: usize| {
        send(stage.app.request("POST", "/api/batch").header("x-api-key", &key).json(&operations(count))).await
    };
    minute_with(&stage.app.database_url, 15).await;
    let refusal = batch(50).await;
    assert_eq!(refused(&refusal, 429, "50 of 10"), "rate_limited");
    assert!(refusal.header("retry-after").parse::<u32>().unwrap() >= 1);
    assert!(refusal.body["retry_after"].as_u64().unwrap() >= 1);
    let all = batch(10).await;
    assert_eq!(all.status, 200, "nothing was spent: {}", all.text);
    assert_eq!(batch(1).await.status, 429);
    let made = stage.ask("GET", "/api/segments?name=eq.batched&select=count()").await;
    assert_eq!(made.body, json!([{ "count": 10 }]));
    let too_long = stage.send("POST", "/api/batch", &operations(101)).await;
    refused(&too_long, 400, "101 operations");
}
