//! What the functions take and what they refuse.

use super::*;

#[tokio::test]
async fn members_come_in_either_spelling() {
    let stage = Stage::set().await;
    let body = json!({
        "propertyId": stage.tenant.property, "name": "Na\u{0308}me <b>", "scopes": ["write", "read"],
        "rateLimit": 7, "rateLimitPerDay": 70, "expiresAt": "2999-01-01T00:00:00Z", "allowedTables": ["streams", "games", "games"],
    });
    let made = data(&stage.function("create-api-key", body).await);
    assert_eq!(
        (&made["name"], &made["rate_limit"], &made["rate_limit_per_day"]),
        (&json!("Näme <b>"), &json!(7), &json!(70))
    );
    assert_eq!((&made["scopes"], &made["allowed_tables"]), (&json!(["read", "write"]), &json!(["games", "streams"])));
    assert_eq!(made["expires_at"], "2999-01-01T00:00:00.000Z");
    let empty =
        json!({ "name": "x", "allowed_tables": [], "rate_limit": 0, "rate_limit_per_day": null, "scopes": null });
    let made = data(&stage.function("create-api-key", empty).await);
    assert_eq!((&made["allowed_tables"], &made["rate_limit"]), (&json!([]), &json!(0)));
    assert_eq!(whoami(&stage.app, text(&made["key"])).await.status, 429, "a limit of nothing lets nothing pass");
}

#[tokio::test]
async fn a_member_that_does_not_fit_is_named_with_what_is_allowed() {
    let stage = Stage::set().await;
    let id = Uuid::now_v7();
    for (function, body, said) in [
        ("create-api-key", json!({}), "name is required"),
        ("create-api-key", json!({ "name": "" }), "name must be a text of 1 to 255 characters"),
        ("create-api-key", json!({ "name": "x".repeat(256) }), "name must be a text of 1 to 255 characters"),
        ("create-api-key", json!({ "name": 1 }), "name must be a text"),
        ("create-api-key", json!({ "name": "x", "scopes": [] }), "scopes must name at least one"),
        (
            "create-api-key",
            json!({ "name": "x", "scopes": ["admin"] }),
            "scopes must be a list of at most 2 of the scopes read and write",
        ),
        ("create-api-key", json!({ "name": "x", "scopes": ["Read"] }), "scopes must be"),
        ("create-api-key", json!({ "name": "x", "scopes": "read" }), "scopes must be"),
        ("create-api-key", json!({ "name": "x", "allowed_tables": "players" }), "allowed_tables must be"),
        (
            "create-api-key",
            json!({ "name": "x", "allowed_tables": ["plyers"] }),
            "allowed_tables names \"plyers\", which is no table",
        ),
        ("create-api-key", json!({ "name": "x", "allowed_tables": ["players", ""] }), "allowed_tables names \"\""),
        ("create-api-key", json!({ "name": "x", "allowed_tables": [null] }), "allowed_tables must be"),
        (
            "create-api-key",
            json!({ "name": "x", "rate_limit": -1 }),
            "rate_limit must be a whole number from 0 to 2147483647",
        ),
        ("create-api-key", json!({ "name": "x", "rate_limit": 2_147_483_648_i64 }), "rate_limit must be"),
        ("create-api-key", json!({ "name": "x", "rate_limit_per_day": 1.5 }), "rate_limit_per_day must be"),
        ("create-api-key", json!({ "name": "x", "rate_limit": "5" }), "rate_limit must be"),
        (
            "create-api-key",
            json!({ "name": "x", "expires_at": "2001-01-01T00:00:00Z" }),
            "expires_at must be in the future",
        ),
        ("create-api-key", json!({ "name": "x", "expires_at": "tomorrow" }), "expires_at must be an instant"),
        ("create-api-key", json!({ "name": "x", "property_id": "1" }), "property_id must be a uuid"),
        (
            "create-api-key",
            json!({ "name": "x", "rate_limit_per_minute": 1 }),
            "Unknown member \"rate_limit_per_minute\"",
        ),
        ("create-api-key", json!({ "name": "x", "key_hash": "00" }), "Unknown member"),
        ("create-api-key", json!({ "name": "x", "is_active": true }), "Unknown member"),
        (
            "create-api-key",
            json!({ "name": "x", "rate_limit": 1, "rateLimit": 2 }),
            "rate_limit comes in two spellings",
        ),
        ("revoke-api-key", json!({}), "key_id is required"),
        ("revoke-api-key", json!({ "key_id": null }), "key_id is required"),
        ("revoke-api-key", json!({ "key_id": "1" }), "key_id must be a uuid"),
        ("revoke-api-key", json!({ "key_id": id.to_string().to_uppercase() }), "key_id must be a uuid"),
        ("revoke-api-key", json!({ "key_id": id, "grace_minutes": 1 }), "Unknown member"),
        (
            "rotate-api-key",
            json!({ "key_id": id, "grace_minutes": -1 }),
            "grace_minutes must be a whole number from 0 to 10080",
        ),
        ("rotate-api-key", json!({ "key_id": id, "graceMinutes": 10_081 }), "grace_minutes must be"),
        ("rotate-api-key", json!({ "key_id": id, "keyId": Uuid::now_v7() }), "key_id comes in two spellings"),
    ] {
        let answer = stage.function(function, body.clone()).await;
        assert!(answer.status == 400 && answer.error().starts_with(said), "{function} {body}: {}", answer.text);
    }
    assert_eq!(stage.number("select count(*) from api_keys").await, 0);
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_before_anything_is_done() {
    let stage = Stage::set().await;
    let token = stage.app.token(&stage.tenant.owner);
    let send_raw = async |kind: &str, body: &'static str| {
        let request = stage.app.request("POST", "/api/functions/create-api-key").bearer_auth(&token);
        send(request.header("content-type", kind).body(body)).await.status
    };
    let json = "application/json";
    for body in ["", "null", "[]", "{", r#"{"name":"a","name":"b"}"#, r#"{"name":"\u0000"}"#, r#"{"name":"a"} x"#] {
        assert_eq!(send_raw(json, body).await, 400, "{body}");
    }
    assert_eq!(send_raw("text/plain", r#"{"name":"a"}"#).await, 415);
    let query = send(
        stage
            .app
            .request("POST", "/api/functions/create-api-key?dry_run=1")
            .bearer_auth(&token)
            .json(&json!({ "name": "a" })),
    );
    assert_eq!(query.await.status, 400);
    assert_eq!(stage.number("select count(*) from api_keys").await, 0);
}
