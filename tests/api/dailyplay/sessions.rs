//! What the four session calls answer.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{GONE, SESSIONS, Stage, UNKNOWN_TOKEN, is_instant, refused};
use crate::support::app::{Tenant, send};

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_created_session_shows_the_published_members_and_where_to_play_but_not_the_metadata() {
    let stage = Stage::set().await;
    let game = stage.tenant.game;
    let body = json!({ "game_id": game, "stream_id": null, "external_ref": "user-12345", "metadata": { "a": 1 }, "expires_in_minutes": 60 });
    let answer = stage.create(body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let data = &answer.body["data"];
    let (token, end) = (data["token"].as_str().unwrap(), &data["expires_at"]);
    let url = format!("{}/play/game/{game}?session_token={token}", stage.app.url);
    let data = json!({
        "token": token, "stream_id": null, "game_id": game, "expires_at": end, "external_ref": "user-12345", "play_url": url
    });
    assert_eq!(answer.text, json!({ "success": true, "data": data }).to_string());
    assert!(is_instant(end), "{end}");
    let token = uuid::Uuid::parse_str(token).unwrap();
    assert_eq!((token.get_version_num(), token.get_variant()), (4, uuid::Variant::RFC4122));
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn a_validated_and_a_consumed_session_show_the_published_members_in_their_order() {
    let stage = Stage::set().await;
    let Tenant { org, game, .. } = stage.tenant;
    let metadata = json!({ "campaign": "summer-promo" });
    let created = stage.create(json!({ "game_id": game, "external_ref": "user-12345", "metadata": metadata })).await;
    let data = &created.body["data"];
    let (token, end) = (data["token"].as_str().unwrap(), &data["expires_at"]);
    let shown = |valid: bool, status: &str| {
        let data = json!({
            "valid": valid, "status": status, "stream_id": null, "game_id": game, "expires_at": end,
            "external_ref": "user-12345", "metadata": metadata
        });
        json!({ "success": true, "data": data }).to_string()
    };
    assert_eq!(stage.validate(token).await.text, shown(true, "active"));
    let consumed = stage.consume(token).await;
    assert_eq!(consumed.status, 200);
    let id = consumed.body["data"]["session_id"].as_i64().unwrap();
    let play = json!({
        "session_id": id, "org_id": org, "stream_id": null, "game_id": game, "external_ref": "user-12345",
        "metadata": metadata
    });
    assert_eq!(consumed.text, json!({ "success": true, "data": play }).to_string());
    assert_eq!(stage.validate(token).await.text, shown(false, "consumed"));
}

#[tokio::test]
async fn the_stream_is_always_shown_and_what_a_session_does_not_have_is_left_out() {
    let stage = Stage::set().await;
    let Tenant { game, stream, .. } = stage.tenant;
    for (body, target) in [
        (json!({ "game_id": game }), vec!["stream_id", "game_id"]),
        (json!({ "stream_id": stream }), vec!["stream_id"]),
        (json!({ "game_id": game, "stream_id": stream }), vec!["stream_id", "game_id"]),
        (json!({ "game_id": null, "stream_id": stream, "external_ref": null, "metadata": null }), vec!["stream_id"]),
    ] {
        let created = stage.create(body.clone()).await;
        let data = &created.body["data"];
        assert_eq!(names(data), [&["token"], &target[..], &["expires_at", "play_url"]].concat());
        let token = data["token"].as_str().unwrap();
        let validated = stage.validate(token).await.body;
        assert_eq!(names(&validated["data"]), [&["valid", "status"], &target[..], &["expires_at"]].concat());
        let consumed = stage.consume(token).await.body;
        assert_eq!(names(&consumed["data"]), [&["session_id", "org_id"], &target[..]].concat());
        for shown in [data, &validated["data"], &consumed["data"]] {
            assert_eq!(shown["stream_id"], body["stream_id"], "{shown}");
            assert_eq!(shown["game_id"], body["game_id"], "{shown}");
        }
    }
}

#[tokio::test]
async fn an_empty_reference_and_empty_metadata_are_there() {
    let stage = Stage::set().await;
    let token = stage.token(json!({ "game_id": stage.tenant.game, "external_ref": "", "metadata": {} })).await;
    let shown = stage.validate(&token).await.body;
    assert_eq!((&shown["data"]["external_ref"], &shown["data"]["metadata"]), (&json!(""), &json!({})));
}

#[tokio::test]
async fn a_session_lives_a_day_unless_its_creator_says_otherwise() {
    let stage = Stage::set().await;
    for (wish, minutes) in [
        (json!({}), 1440),
        (json!({ "expires_in_minutes": null }), 1440),
        (json!({ "expires_in_minutes": 1 }), 1),
        (json!({ "expires_in_minutes": 525_600 }), 525_600),
    ] {
        let before = stage.app.clock.now();
        let answer = stage.create(super::merged(json!({ "game_id": stage.tenant.game }), wish)).await;
        let after = stage.app.clock.now();
        let end: DateTime<Utc> = answer.body["data"]["expires_at"].as_str().unwrap().parse().unwrap();
        let life = TimeDelta::minutes(minutes);
        assert!(before + life - TimeDelta::milliseconds(1) <= end && end <= after + life, "{minutes}: {end}");
    }
}

#[tokio::test]
async fn a_life_that_is_no_whole_number_of_minutes_up_to_a_year_is_refused() {
    let stage = Stage::set().await;
    for wrong in
        ["0", "-1", "525601", "1.5", "60.0", "6e1", "\"60\"", "2147483648", "9223372036854775808", "true", "[60]"]
    {
        let body = format!(r#"{{"game_id":{},"expires_in_minutes":{wrong}}}"#, stage.tenant.game);
        let request = stage.app.request("POST", SESSIONS).header("x-api-key", &stage.tenant.key);
        let answer = send(super::body_of(request, "application/json", body)).await;
        assert!(refused(&answer, 400).starts_with("expires_in_minutes must be a whole number from 1 to 525600, got "));
    }
    assert_eq!(stage.number("select count(*) from game_sessions").await, 0);
}

#[tokio::test]
async fn metadata_may_have_16_kib_of_json_and_not_a_byte_more() {
    let stage = Stage::set().await;
    let with = |bytes: usize| {
        let frame = json!({ "m": "" }).to_string().len();
        json!({ "game_id": stage.tenant.game, "metadata": { "m": "x".repeat(bytes - frame) } })
    };
    let token = stage.token(with(16_384)).await;
    let shown = stage.validate(&token).await.body["data"]["metadata"].to_string();
    assert_eq!(shown.len(), 16_384);
    let answer = stage.create(with(16_385)).await;
    assert_eq!(refused(&answer, 400), "metadata must be at most 16384 bytes of JSON, got 16385");
    for wrong in [json!("text"), json!([1]), json!(1), json!(true)] {
        let answer = stage.create(json!({ "game_id": stage.tenant.game, "metadata": wrong })).await;
        assert_eq!(refused(&answer, 400), format!("metadata must be a JSON object, got {wrong}"));
    }
}

#[tokio::test]
async fn references_and_player_names_may_have_255_characters_of_any_script() {
    let stage = Stage::set().await;
    for letter in ["a", "ก", "😀"] {
        let (fits, too_long) = (letter.repeat(255), letter.repeat(256));
        let token = stage.token(json!({ "game_id": stage.tenant.game, "external_ref": fits })).await;
        assert_eq!(stage.validate(&token).await.body["data"]["external_ref"], fits);
        let answer = stage.create(json!({ "game_id": stage.tenant.game, "external_ref": too_long })).await;
        assert!(refused(&answer, 400).starts_with("external_ref must be a text of 0 to 255 characters, got "));
        let path = format!("{SESSIONS}/{token}/consume");
        let answer = stage.app.post(&path, json!({ "player_uuid": too_long })).await;
        assert!(refused(&answer, 400).starts_with("player_uuid must be a text of 0 to 255 characters, got "));
        assert_eq!(stage.app.post(&path, json!({ "player_uuid": fits })).await.status, 200);
        let stored =
            format!("select count(*) from game_sessions where player_uuid = '{fits}' and external_ref = '{fits}'");
        assert_eq!(stage.number(&stored).await, 1);
    }
}

#[tokio::test]
async fn a_session_expires_by_the_clock_and_nothing_of_that_is_stored() {
    let stage = Stage::set().await;
    let token = stage.token(json!({ "game_id": stage.tenant.game, "expires_in_minutes": 1 })).await;
    stage.app.clock.advance(TimeDelta::seconds(30));
    let shown = stage.validate(&token).await.body;
    assert_eq!((&shown["data"]["valid"], &shown["data"]["status"]), (&json!(true), &json!("active")));
    stage.app.clock.advance(TimeDelta::seconds(30));
    let shown = stage.validate(&token).await.body;
    assert_eq!((&shown["data"]["valid"], &shown["data"]["status"]), (&json!(false), &json!("expired")));
    assert_eq!(stage.number("select count(*) from game_sessions where status = 'active'").await, 1);
    let answer = stage.consume(&token).await;
    assert_eq!((answer.status, &*answer.text), (410, GONE));
}

#[tokio::test]
async fn what_was_consumed_or_revoked_stays_so_after_its_end() {
    let stage = Stage::set().await;
    let (consumed, revoked) = (stage.ticket().await, stage.ticket().await);
    stage.consume(&consumed).await;
    stage.revoke(&revoked).await;
    stage.app.clock.advance(TimeDelta::days(2));
    for (token, status) in [(consumed, "consumed"), (revoked, "revoked")] {
        let shown = stage.validate(&token).await.body;
        assert_eq!((&shown["data"]["valid"], &shown["data"]["status"]), (&json!(false), &json!(status)));
    }
}

#[tokio::test]
async fn a_token_that_no_session_has_is_not_valid_and_that_is_all() {
    let stage = Stage::set().await;
    for token in [UNKNOWN_TOKEN, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"] {
        let answer = stage.validate(token).await;
        assert_eq!((answer.status, &*answer.text), (200, r#"{"success":true,"data":{"valid":false}}"#));
    }
}

#[tokio::test]
async fn a_token_that_is_none_is_a_bad_request_for_all_three_calls() {
    let stage = Stage::set().await;
    let good = stage.ticket().await;
    let plain = good.replace('-', "");
    for token in [
        "abc",
        "1",
        &plain,
        &format!("{{{good}}}"),
        &format!("urn:uuid:{good}"),
        &good[..35],
        &format!("{good}0"),
        &format!("{good}%20"),
        &good.replacen('-', "_", 1),
        "%F0%9F%98%80",
    ] {
        for answer in [stage.validate(token).await, stage.consume(token).await, stage.revoke(token).await] {
            assert!(refused(&answer, 400).starts_with("token must be a UUID with hyphens, got "), "{}", answer.text);
        }
    }
    assert_eq!(stage.validate(&good).await.body["data"]["valid"], true);
}

#[tokio::test]
async fn a_token_that_plays_no_more_is_gone_in_the_same_words_whatever_the_reason() {
    let stage = Stage::set().await;
    let [used, revoked, short] = [stage.ticket().await, stage.ticket().await, stage.ticket().await];
    assert_eq!((stage.consume(&used).await.status, stage.revoke(&revoked).await.status), (200, 200));
    for answer in [stage.consume(&used).await, stage.revoke(&used).await, stage.consume(&revoked).await] {
        assert_eq!((answer.status, &*answer.text), (410, GONE));
    }
    let foreign = stage.app.session(&stage.app.tenant().await).await;
    let answer = stage.revoke(&foreign).await;
    assert_eq!((answer.status, &*answer.text), (410, GONE), "somebody else's");
    assert_eq!(stage.validate(&foreign).await.body["data"]["status"], "active");
    stage.app.clock.advance(TimeDelta::days(1));
    for token in [&used, &revoked, &short, UNKNOWN_TOKEN] {
        let (consumed, taken_back) = (stage.consume(token).await, stage.revoke(token).await);
        assert_eq!((consumed.status, &*consumed.text), (410, GONE));
        assert_eq!((taken_back.status, &*taken_back.text), (410, GONE));
    }
    assert_eq!(stage.validate(&used).await.body["data"]["status"], "consumed");
}

#[tokio::test]
async fn a_revoked_session_says_so_and_plays_no_more() {
    let stage = Stage::set().await;
    let token = stage.ticket().await;
    let answer = stage.revoke(&token).await;
    assert_eq!((answer.status, &*answer.text), (200, r#"{"success":true}"#));
    let shown = stage.validate(&token).await.body;
    assert_eq!((&shown["data"]["valid"], &shown["data"]["status"]), (&json!(false), &json!("revoked")));
    assert_eq!(stage.consume(&token).await.text, GONE);
}

#[tokio::test]
async fn a_session_can_be_consumed_without_a_body() {
    let stage = Stage::set().await;
    let token = stage.ticket().await;
    let answer = send(stage.app.request("POST", &format!("{SESSIONS}/{token}/consume"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        stage.number("select count(*) from game_sessions where player_uuid is null and consumed_at is not null").await,
        1
    );
}
