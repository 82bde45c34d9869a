//! Keys as the dashboard makes, lists and changes them.

use playhouse::auth::key_text;
use serde_json::{Value, json};

use super::{KEYS, Stage, is_instant, merged, refused};
use crate::support::app::Answer;

impl Stage {
    /// createApiKey with a name and these members, whatever comes of it.
    async fn try_new_key(&self, members: Value) -> Answer {
        self.manage("POST", "", merged(json!({ "org_id": self.tenant.org, "name": "A key" }), members)).await
    }
}

#[tokio::test]
async fn a_new_key_is_shown_whole_once() {
    let stage = Stage::set().await;
    let answer = stage.try_new_key(json!({ "name": "Production CRM", "description": "Links" })).await;
    let data = &answer.body["data"];
    let key = data["key"].as_str().unwrap();
    let shown = json!({ "id": data["id"], "name": "Production CRM", "key_prefix": &key[..8], "key": key });
    assert_eq!(answer.text, json!({ "success": true, "data": shown }).to_string());
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert!(key_text::has_checksum(key), "{key}");
    let id = data["id"].as_i64().unwrap();
    let later = [
        stage.manage("GET", &format!("?org_id={}", stage.tenant.org), Value::Null).await,
        stage.change_key(id, json!({ "name": "CRM" })).await,
        stage.try_key(key).await,
        stage.manage("DELETE", &format!("?id={id}&org_id={}", stage.tenant.org), Value::Null).await,
    ];
    for answer in later {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(!answer.text.contains(&key[8..]), "{}", answer.text);
    }
    assert_ne!(stage.new_key(json!({})).await.1, key);
}

#[tokio::test]
async fn the_list_shows_every_member_of_every_key_of_the_organization_newest_first() {
    let stage = Stage::set().await;
    stage.app.tenant().await;
    let (plain, plain_key) = stage.new_key(json!({})).await;
    let (full, full_key) = stage
        .new_key(json!({
            "name": "Full", "description": "All of it", "allowed_game_ids": [3, 1], "allowed_stream_ids": [],
            "rate_limit_per_minute": 0, "rate_limit_per_day": 2_147_483_647, "expires_at": "2037-01-01T02:00:00+02:00"
        }))
        .await;
    let answer = stage.manage("GET", &format!("?org_id={}", stage.tenant.org), Value::Null).await;
    let keys = answer.body["data"].as_array().unwrap();
    let ids: Vec<_> = keys.iter().map(|key| key["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [full, plain, stage.tenant.key_id.into()]);
    assert!(keys.iter().all(|key| is_instant(&key["created_at"])), "{}", answer.text);
    let expected = json!([
        {
            "id": full, "name": "Full", "description": "All of it", "key_prefix": &full_key[..8], "is_active": true,
            "allowed_game_ids": [3, 1], "allowed_stream_ids": [], "rate_limit_per_minute": 0,
            "rate_limit_per_day": 2_147_483_647, "expires_at": "2037-01-01T00:00:00.000Z",
            "created_at": keys[0]["created_at"], "last_used_at": null
        },
        {
            "id": plain, "name": "A key", "description": null, "key_prefix": &plain_key[..8], "is_active": true,
            "allowed_game_ids": null, "allowed_stream_ids": null, "rate_limit_per_minute": 60,
            "rate_limit_per_day": 10_000, "expires_at": null, "created_at": keys[1]["created_at"], "last_used_at": null
        },
        keys[2]
    ]);
    assert_eq!(answer.text, json!({ "success": true, "data": expected }).to_string());
}

#[tokio::test]
async fn each_member_can_be_changed_alone() {
    let stage = Stage::set().await;
    let (id, _) = stage.new_key(json!({})).await;
    let mut expected = stage.listed(id).await;
    for (member, sent, shown) in [
        ("name", json!("Renamed"), json!("Renamed")),
        ("description", json!("New"), json!("New")),
        ("is_active", json!(false), json!(false)),
        ("is_active", json!(true), json!(true)),
        ("allowed_game_ids", json!([1, 2]), json!([1, 2])),
        ("allowed_stream_ids", json!([]), json!([])),
        ("rate_limit_per_minute", json!(7), json!(7)),
        ("rate_limit_per_day", json!(8), json!(8)),
        ("expires_at", json!("2037-05-06T07:08:09.5Z"), json!("2037-05-06T07:08:09.500Z")),
        ("description", json!(null), json!(null)),
        ("allowed_game_ids", json!(null), json!(null)),
        ("allowed_stream_ids", json!(null), json!(null)),
        ("expires_at", json!(null), json!(null)),
    ] {
        let answer = stage.change_key(id, json!({ member: sent })).await;
        assert_eq!((answer.status, &*answer.text), (200, r#"{"success":true}"#), "{member}");
        expected[member] = shown;
        assert_eq!(stage.listed(id).await, expected, "{member}");
    }
}

#[tokio::test]
async fn what_is_not_named_or_cannot_be_null_stays_as_it_is() {
    let stage = Stage::set().await;
    let members = json!({
        "description": "Kept", "allowed_game_ids": [1], "allowed_stream_ids": [2], "rate_limit_per_minute": 3,
        "rate_limit_per_day": 4, "expires_at": "2037-01-01T00:00:00Z"
    });
    let (id, _) = stage.new_key(members).await;
    let before = stage.listed(id).await;
    for members in [
        json!({}),
        json!({ "is_active": null, "name": null, "rate_limit_per_minute": null, "rate_limit_per_day": null }),
        json!({ "key_hash": "x", "version": 9, "organization_id": 9, "created_at": "2000-01-01T00:00:00Z" }),
    ] {
        assert_eq!(stage.change_key(id, members).await.status, 200);
        assert_eq!(stage.listed(id).await, before);
    }
}

#[tokio::test]
async fn a_change_that_does_not_fit_names_the_member_and_changes_nothing() {
    let stage = Stage::set().await;
    let (id, _) = stage.new_key(json!({})).await;
    let before = stage.listed(id).await;
    let limits = ["-1", "2147483648", "1.5", "60.0", "\"60\"", "true", "[]", "{}"];
    let lists = ["1", "\"1\"", "{}", "[0]", "[-1]", "[2147483648]", "[1.5]", "[\"1\"]", "[null]", "[[1]]"];
    let cases = [
        ("rate_limit_per_minute", &limits[..]),
        ("rate_limit_per_day", &limits),
        ("allowed_game_ids", &lists),
        ("allowed_stream_ids", &lists),
        ("is_active", &["1", "\"true\"", "[]"]),
        ("name", &["\"\"", "1", "[]"]),
        ("description", &["1", "{}"]),
    ];
    for (member, wrongs) in cases {
        for wrong in wrongs {
            let value: Value = serde_json::from_str(wrong).unwrap();
            let answer = stage.change_key(id, json!({ "is_active": false, member: value })).await;
            assert!(refused(&answer, 400).starts_with(&format!("{member} must be ")), "{}", answer.text);
            if member != "is_active" {
                let answer = stage.try_new_key(json!({ member: value })).await;
                assert!(refused(&answer, 400).starts_with(&format!("{member} must be ")), "{}", answer.text);
            }
        }
    }
    let answer = stage.change_key(id, json!({ "allowed_game_ids": vec![1; 1001] })).await;
    assert!(refused(&answer, 400).starts_with("allowed_game_ids must be a list of at most 1000"), "{}", answer.text);
    assert_eq!(stage.listed(id).await, before);
    assert_eq!(stage.number("select count(*) from org_api_keys").await, 2);
}

#[tokio::test]
async fn names_are_kept_composed_and_as_they_were_written() {
    let stage = Stage::set().await;
    for (sent, kept) in [
        ("Cafe\u{301}".to_owned(), "Café".to_owned()),
        ("e\u{301}".repeat(255), "é".repeat(255)),
        ("<script>alert(1)</script>\"'&".to_owned(), "<script>alert(1)</script>\"'&".to_owned()),
        ("first\nsecond\r\n=HYPERLINK(1)".to_owned(), "first\nsecond\r\n=HYPERLINK(1)".to_owned()),
        ("\u{202e}lmth\u{200b}\u{feff}".to_owned(), "\u{202e}lmth\u{200b}\u{feff}".to_owned()),
        ("'; drop table org_api_keys; --".to_owned(), "'; drop table org_api_keys; --".to_owned()),
        ("👩‍👩‍👧".to_owned(), "👩‍👩‍👧".to_owned()),
    ] {
        let answer = stage.try_new_key(json!({ "name": sent })).await;
        assert_eq!(
            (answer.status, answer.header("content-type"), answer.header("x-content-type-options")),
            (200, "application/json; charset=utf-8", "nosniff")
        );
        assert!(!answer.text.contains(['\n', '\r']), "a line break is escaped: {}", answer.text);
        let listed = stage.listed(answer.body["data"]["id"].as_i64().unwrap()).await;
        assert_eq!((&answer.body["data"]["name"], &listed["name"]), (&json!(kept), &json!(kept)));
    }
}

#[tokio::test]
async fn texts_that_are_too_long_or_missing_are_refused_briefly() {
    let stage = Stage::set().await;
    for (members, sentence) in [
        (json!({ "name": "x".repeat(256) }), "name must be a text of 1 to 255 characters, got "),
        (json!({ "name": "é".repeat(300) }), "name must be a text of 1 to 255 characters, got "),
        (json!({ "name": "x".repeat(10_000) }), "name must be a text of 1 to 255 characters, got "),
        (json!({ "name": "" }), "name must be a text of 1 to 255 characters, got \"\""),
        (json!({ "name": null }), "name is required"),
        (json!({ "description": "x".repeat(2001) }), "description must be a text of 0 to 2000 characters, got "),
        (json!({ "org_id": null }), "org_id is required"),
    ] {
        let answer = stage.try_new_key(members).await;
        assert!(refused(&answer, 400).starts_with(sentence), "{}", answer.text);
    }
    let (id, _) = stage.new_key(json!({ "description": "ก".repeat(2000) })).await;
    assert_eq!(stage.listed(id).await["description"], "ก".repeat(2000));
}

#[tokio::test]
async fn a_key_of_another_organization_is_not_found_like_one_that_never_was() {
    let stage = Stage::set().await;
    let other = stage.app.tenant().await;
    let org = stage.tenant.org;
    for id in [i64::from(other.key_id), i64::from(i32::MAX)] {
        for answer in [
            stage.change_key(id, json!({ "is_active": false })).await,
            stage.manage("DELETE", &format!("?id={id}&org_id={org}"), Value::Null).await,
        ] {
            assert_eq!((answer.status, &*answer.text), (404, r#"{"success":false,"error":"API key not found"}"#));
        }
    }
    assert_eq!(stage.try_key(&other.key).await.status, 403, "it still opens what is its own");
    assert_eq!(
        stage.app.keyed(&other.key, "POST", super::SESSIONS, json!({ "game_id": other.game })).await.status,
        200
    );
}

#[tokio::test]
async fn only_the_business_tier_creates_keys_and_sessions() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    let token = stage.ticket().await;
    for (tier, status) in [("free", 403), ("pro", 403), ("business", 200)] {
        stage.execute(&format!("update organizations set tier = '{tier}' where id = {}", stage.tenant.org)).await;
        stage.app.app.changes.acknowledged().await.unwrap();
        let body = json!({ "game_id": stage.tenant.game });
        let answers = [
            stage.create(body.clone()).await,
            replica.keyed(&stage.tenant.key, "POST", super::SESSIONS, body).await,
            stage.try_new_key(json!({})).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, status, "{tier}: {}", answer.text);
            if status == 403 {
                assert!(refused(&answer, 403).contains("Business tier"), "{}", answer.text);
            }
        }
        assert_eq!(stage.manage("GET", &format!("?org_id={}", stage.tenant.org), Value::Null).await.status, 200);
        assert_eq!(stage.validate(&token).await.body["data"]["valid"], true, "what was created stays valid");
    }
    let unknown = json!({ "org_id": i32::MAX, "name": "A key" });
    assert_eq!(stage.app.as_user(&stage.tenant.owner, "POST", KEYS, unknown).await.status, 403);
}
