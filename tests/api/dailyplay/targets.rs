//! Which games and streams a key may open.

use serde_json::{Value, json};

use super::{NO_ACCESS, Stage, refused};
use crate::support::app::{Answer, Tenant};

async fn with_key(stage: &Stage, key: &str, body: Value) -> Answer {
    stage.app.keyed(key, "POST", super::SESSIONS, body).await
}

fn denied(answer: &Answer) {
    assert_eq!((answer.status, &*answer.text), (403, NO_ACCESS));
}

#[tokio::test]
async fn what_is_foreign_unknown_deleted_or_not_allowed_gets_one_answer() {
    let stage = Stage::set().await;
    let Tenant { game, stream, .. } = stage.tenant;
    let other = stage.app.tenant().await;
    let gone = stage.app.tenant().await;
    stage
        .execute(&format!("delete from games where id = {}; delete from streams where id = {}", gone.game, gone.stream))
        .await;
    for game in [other.game, gone.game, i32::MAX] {
        denied(&stage.create(json!({ "game_id": game })).await);
        denied(&stage.create(json!({ "game_id": game, "stream_id": stream })).await);
    }
    for stream in [other.stream, gone.stream, i32::MAX] {
        denied(&stage.create(json!({ "stream_id": stream })).await);
        denied(&stage.create(json!({ "stream_id": stream, "game_id": game })).await);
    }
    let (_, key) = stage.new_key(json!({ "allowed_game_ids": [], "allowed_stream_ids": [] })).await;
    denied(&with_key(&stage, &key, json!({ "game_id": game })).await);
    denied(&with_key(&stage, &key, json!({ "stream_id": stream })).await);
    assert_eq!(stage.number("select count(*) from game_sessions").await, 0);
}

#[tokio::test]
async fn no_list_allows_all_of_the_organization_an_empty_list_nothing_and_a_list_what_is_in_it() {
    let stage = Stage::set().await;
    let Tenant { game, stream, .. } = stage.tenant;
    let other = stage.app.tenant().await;
    let both = json!({ "game_id": game, "stream_id": stream });
    for (lists, game_opens, stream_opens) in [
        (json!({ "allowed_game_ids": null, "allowed_stream_ids": null }), true, true),
        (json!({ "allowed_game_ids": [] }), false, true),
        (json!({ "allowed_stream_ids": [] }), true, false),
        (json!({ "allowed_game_ids": [game], "allowed_stream_ids": [] }), true, false),
        (json!({ "allowed_game_ids": [i32::MAX], "allowed_stream_ids": [i32::MAX, stream] }), false, true),
    ] {
        let (_, key) = stage.new_key(lists.clone()).await;
        for (body, opens) in [
            (json!({ "game_id": game }), game_opens),
            (json!({ "stream_id": stream }), stream_opens),
            (both.clone(), game_opens && stream_opens),
        ] {
            let answer = with_key(&stage, &key, body).await;
            if opens { assert_eq!(answer.status, 200, "{lists}") } else { denied(&answer) }
        }
        denied(&with_key(&stage, &key, json!({ "game_id": other.game })).await);
    }
}

#[tokio::test]
async fn a_list_does_not_open_what_belongs_to_somebody_else() {
    let stage = Stage::set().await;
    let other = stage.app.tenant().await;
    let lists = json!({ "allowed_game_ids": [other.game], "allowed_stream_ids": [other.stream] });
    let db_key = stage.tenant.key_id;
    let sql = format!(
        "update org_api_keys set allowed_game_ids = '{{{}}}', allowed_stream_ids = '{{{}}}' where id = {db_key}",
        other.game, other.stream
    );
    stage.execute(&sql).await;
    stage.app.app.changes.acknowledged().await.unwrap();
    denied(&stage.create(json!({ "game_id": other.game })).await);
    denied(&stage.create(json!({ "stream_id": other.stream })).await);
    assert_eq!(stage.listed(db_key.into()).await["allowed_game_ids"], lists["allowed_game_ids"]);
}

#[tokio::test]
async fn a_changed_list_counts_from_the_next_call_on() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    let (id, key) = stage.new_key(json!({})).await;
    let body = json!({ "game_id": stage.tenant.game });
    for (list, status) in
        [(json!([]), 403), (Value::Null, 200), (json!([i32::MAX]), 403), (json!([stage.tenant.game]), 200)]
    {
        assert_eq!(stage.change_key(id, json!({ "allowed_game_ids": list })).await.status, 200);
        for app in [&stage.app, &replica] {
            assert_eq!(app.keyed(&key, "POST", super::SESSIONS, body.clone()).await.status, status, "{list}");
        }
    }
}

#[tokio::test]
async fn a_game_and_a_stream_of_different_properties_do_not_go_together() {
    let stage = Stage::set().await;
    let Tenant { org, game, stream, .. } = stage.tenant;
    let property = uuid::Uuid::now_v7();
    stage
        .execute(&format!(
            "insert into properties (id, organization_id, name) values ('{property}', {org}, 'Second'); \
             insert into games (id, property_id, organization_id, name, status) \
             values (900001, '{property}', {org}, 'Second game', 'active'); \
             insert into streams (id, property_id, organization_id, name, status) \
             values (900002, '{property}', {org}, 'Second stream', 'active')"
        ))
        .await;
    for body in [json!({ "game_id": game, "stream_id": 900_002 }), json!({ "game_id": 900_001, "stream_id": stream })] {
        let answer = stage.create(body).await;
        assert_eq!(refused(&answer, 400), "game_id and stream_id must belong to the same property");
    }
    assert_eq!(stage.create(json!({ "game_id": 900_001, "stream_id": 900_002 })).await.status, 200);
}

#[tokio::test]
async fn a_session_needs_a_game_or_a_stream() {
    let stage = Stage::set().await;
    for body in [json!({}), json!({ "game_id": null, "stream_id": null }), json!({ "external_ref": "x" })] {
        assert_eq!(refused(&stage.create(body).await, 400), "At least one of game_id or stream_id is required");
    }
}
