//! The two spellings of each session call, and what is no call at all.

use serde_json::{Value, json};

use super::{KEYS, SESSIONS, Stage, UNKNOWN_TOKEN, headers, refused};
use crate::support::app::{Answer, send};

/// A body without what differs between two sessions made alike.
fn alike(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    for own in ["token", "play_url", "expires_at", "session_id"] {
        if let Some(data) = body.get_mut("data").and_then(Value::as_object_mut) {
            data.remove(own);
        }
    }
    body
}

fn assert_alike(by_path: &Answer, by_action: &Answer) {
    assert_eq!(by_path.status, by_action.status, "{} and {}", by_path.text, by_action.text);
    assert_eq!(alike(by_path), alike(by_action));
    if by_path.status >= 400 {
        assert_eq!(by_path.text, by_action.text);
        assert_eq!(headers(by_path), headers(by_action));
    }
}

impl Stage {
    /// A call by `?action=` with the tenant's key.
    async fn act(&self, name: &str, body: Value) -> Answer {
        self.app.keyed(&self.tenant.key, "POST", &format!("{KEYS}?action={name}"), body).await
    }

    async fn consume_by_action(&self, body: Value) -> Answer {
        self.app.post(&format!("{KEYS}?action=consume-session"), body).await
    }
}

#[tokio::test]
async fn both_spellings_of_create_session_are_one_call() {
    let stage = Stage::set().await;
    let game = stage.tenant.game;
    for body in [
        json!({ "game_id": game, "stream_id": null, "external_ref": "user-12345", "metadata": { "a": 1 } }),
        json!({ "stream_id": stage.tenant.stream }),
        json!({ "game_id": i32::MAX }),
        json!({ "game_id": "5" }),
        json!({}),
        json!([]),
    ] {
        assert_alike(&stage.create(body.clone()).await, &stage.act("create-session", body).await);
    }
    for (path, action) in [("", ""), ("?debug=1", "&debug=1")] {
        let body = json!({ "game_id": game });
        let by_path = stage.app.keyed("dpk_wrong", "POST", &format!("{SESSIONS}{path}"), body.clone()).await;
        let by_action =
            stage.app.keyed("dpk_wrong", "POST", &format!("{KEYS}?action=create-session{action}"), body.clone()).await;
        assert_alike(&by_path, &by_action);
        assert_eq!(by_path.status, 401);
        let by_path = stage.app.keyed(&stage.tenant.key, "POST", &format!("{SESSIONS}{path}"), body.clone()).await;
        let by_action = stage.act(&format!("create-session{action}"), body).await;
        assert_alike(&by_path, &by_action);
    }
}

#[tokio::test]
async fn both_spellings_of_validate_session_are_one_call() {
    let stage = Stage::set().await;
    let [fresh, used] = [stage.ticket().await, stage.ticket().await];
    stage.consume(&used).await;
    for token in [&fresh, &used, UNKNOWN_TOKEN, "abc", "%20", "a%2Fb", "%C3%A9"] {
        let by_path = stage.validate(token).await;
        let by_action = stage.app.get(&format!("{KEYS}?action=validate-session&token={token}")).await;
        let reordered = stage.app.get(&format!("{KEYS}?token={token}&action=validate-session")).await;
        for other in [by_action, reordered] {
            assert_eq!((by_path.status, &by_path.text), (other.status, &other.text));
            assert_eq!(headers(&by_path), headers(&other));
        }
    }
}

#[tokio::test]
async fn both_spellings_of_consume_session_are_one_call() {
    let stage = Stage::set().await;
    for body in [
        json!({}),
        json!({ "player_uuid": "player-uuid-here" }),
        json!({ "player_uuid": 5 }),
        json!({ "player_uuid": null }),
    ] {
        let [one, other] = [stage.ticket().await, stage.ticket().await];
        for _ in 0..2 {
            let by_path = stage.app.post(&format!("{SESSIONS}/{one}/consume"), body.clone()).await;
            let by_action = stage.consume_by_action(super::merged(json!({ "token": other }), body.clone())).await;
            assert_alike(&by_path, &by_action);
        }
    }
    for token in [UNKNOWN_TOKEN, "abc", " "] {
        let by_action = stage.consume_by_action(json!({ "token": token })).await;
        assert_alike(&stage.consume(&token.replace(' ', "%20")).await, &by_action);
    }
    assert_eq!(stage.number("select count(*) from game_sessions where player_uuid = 'player-uuid-here'").await, 2);
}

#[tokio::test]
async fn both_spellings_of_revoke_session_are_one_call() {
    let stage = Stage::set().await;
    let [one, other] = [stage.ticket().await, stage.ticket().await];
    for _ in 0..2 {
        assert_alike(&stage.revoke(&one).await, &stage.act("revoke-session", json!({ "token": other })).await);
    }
    for token in [UNKNOWN_TOKEN, "abc"] {
        assert_alike(&stage.revoke(token).await, &stage.act("revoke-session", json!({ "token": token })).await);
    }
    let by_action = stage.app.post(&format!("{KEYS}?action=revoke-session"), json!({ "token": one })).await;
    let by_path = send(stage.app.request("DELETE", &format!("{SESSIONS}/{one}"))).await;
    assert_alike(&by_path, &by_action);
    assert_eq!(by_path.status, 401);
}

#[tokio::test]
async fn a_token_that_is_missing_or_no_text_is_a_bad_request() {
    let stage = Stage::set().await;
    for query in ["", "&token=", "&token"] {
        let answer = stage.app.get(&format!("{KEYS}?action=validate-session{query}")).await;
        assert_eq!(refused(&answer, 400), "token is required");
    }
    for (body, sentence) in [
        (json!({}), "token is required"),
        (json!({ "token": null }), "token is required"),
        (json!({ "token": 5 }), "token must be a text of 0 to 1000 characters, got 5"),
        (json!({ "token": [UNKNOWN_TOKEN] }), "token must be a text"),
        (json!([]), "The body must be a JSON object, got []"),
    ] {
        let answers = [stage.consume_by_action(body.clone()).await, stage.act("revoke-session", body).await];
        for answer in answers {
            assert!(refused(&answer, 400).starts_with(sentence), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn who_may_not_call_is_told_that_before_anything_about_the_token() {
    let stage = Stage::set().await;
    for body in [json!({}), json!({ "token": "abc" }), json!({ "token": UNKNOWN_TOKEN }), json!("no object")] {
        let answer = stage.app.keyed("dpk_wrong", "POST", &format!("{KEYS}?action=revoke-session"), body).await;
        assert_eq!((answer.status, &*answer.text), (401, super::UNAUTHORIZED));
    }
}

#[tokio::test]
async fn an_unknown_action_is_answered_with_the_known_ones() {
    let stage = Stage::set().await;
    let known = "; known: create-session, validate-session, consume-session, revoke-session";
    for (method, action) in
        [("POST", "nope"), ("GET", "nope"), ("PATCH", ""), ("GET", "Validate-Session"), ("POST", "create-session%20")]
    {
        let answer = send(stage.app.request(method, &format!("{KEYS}?action={action}"))).await;
        let sentence = refused(&answer, 400);
        assert!(sentence.starts_with("Unknown action \"") && sentence.ends_with(known), "{sentence}");
    }
    let answer = stage.app.get(&format!("{KEYS}?action={}", "x".repeat(5000))).await;
    assert!(refused(&answer, 400).contains("(5002 characters)"), "{}", answer.text);
}

#[tokio::test]
async fn a_known_action_with_the_wrong_method_is_answered_with_the_right_one() {
    let stage = Stage::set().await;
    let actions = [
        ("create-session", "POST"),
        ("validate-session", "GET, HEAD"),
        ("consume-session", "POST"),
        ("revoke-session", "POST"),
    ];
    for (action, allow) in actions {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            if allow.contains(method) {
                continue;
            }
            let answer =
                send(stage.app.request(method, &format!("{KEYS}?action={action}&token={UNKNOWN_TOKEN}"))).await;
            assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {action}");
            if method != "HEAD" {
                refused(&answer, 405);
            }
        }
    }
}

#[tokio::test]
async fn an_action_or_token_that_comes_twice_is_a_bad_request() {
    let stage = Stage::set().await;
    let token = stage.ticket().await;
    for query in [
        format!("action=validate-session&action=validate-session&token={token}"),
        format!("action=validate-session&action=nope&token={token}"),
        format!("action=validate-session&token={token}&token={token}"),
        format!("action=validate-session&token={token}&token={UNKNOWN_TOKEN}"),
    ] {
        refused(&stage.app.get(&format!("{KEYS}?{query}")).await, 400);
    }
    let answer =
        stage.app.post(&format!("{KEYS}?action=consume-session&token={token}"), json!({ "token": token })).await;
    assert!(refused(&answer, 400).starts_with("Unknown query parameter \"token\""), "{}", answer.text);
    assert_eq!(stage.validate(&token).await.body["data"]["status"], "active");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let stage = Stage::set().await;
    let token = stage.ticket().await;
    for path in [
        format!("{SESSIONS}/{token}"),
        format!("{KEYS}?action=validate-session&token={token}"),
        format!("{SESSIONS}/abc"),
    ] {
        let (head, get) = (send(stage.app.request("HEAD", &path)).await, stage.app.get(&path).await);
        assert_eq!((head.status, &*head.text), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    let path = format!("{KEYS}?org_id={}", stage.tenant.org);
    assert_eq!(send(stage.app.request("HEAD", &path)).await.status, 401);
    assert_eq!(stage.app.as_user(&stage.tenant.owner, "HEAD", &path, Value::Null).await.status, 200);
}
