//! One-time sessions: what becomes of them, told once each.

use chrono::TimeDelta;
use playhouse::events::upkeep;
use tokio_util::sync::CancellationToken;

use super::*;

#[tokio::test]
async fn a_session_tells_that_it_was_created_consumed_and_revoked_and_never_its_token() {
    let stage = Stage::set().await;
    let played = stage.app.session(&stage.tenant).await;
    let revoked = stage.app.session(&stage.tenant).await;
    let consume = format!("/api/org-api-keys/sessions/{played}/consume");
    for status in [200, 410] {
        assert_eq!(stage.app.post(&consume, json!({ "player_uuid": "player-1" })).await.status, status);
    }
    let path = format!("/api/org-api-keys/sessions/{revoked}");
    let answer = stage.app.keyed(&stage.tenant.key, "DELETE", &path, Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = stage.told().await;
    let types: Vec<_> = told.iter().map(|event| &*event.kind).collect();
    assert_eq!(types, ["session.created", "session.created", "session.consumed", "session.revoked"]);
    assert!(told.iter().all(|event| keys(event.data()) == visible("game_sessions")));
    assert_eq!(told[2].data()["player_uuid"], "player-1");
    assert_eq!(told[2].changed(), ["status", "player_uuid", "consumed_at", "updated_at"]);
    assert_eq!(told[2].payload["previous"]["status"], "active");
    let all = serde_json::to_string(&told.iter().map(|event| &event.payload).collect::<Vec<_>>()).unwrap();
    assert!(!all.contains(&played) && !all.contains(&revoked), "{all}");
}

#[tokio::test]
async fn an_expired_session_is_told_of_once_by_whichever_worker_comes_first() {
    let stage = Stage::set().await;
    let webhook = stage.webhook(stage.tenant.property, "{session.expired}", "").await;
    for _ in 0..3 {
        stage.app.session(&stage.tenant).await;
    }
    let played = stage.app.session(&stage.tenant).await;
    let answer = stage.app.post(&format!("/api/org-api-keys/sessions/{played}/consume"), json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    stage.told().await;
    let (db, now, stop) = (&stage.app.app.background, stage.app.clock.now(), CancellationToken::new());
    upkeep::tell_expired(db, now, &stop).await.unwrap();
    assert_eq!(stage.types().await, [""; 0], "none is over yet");
    let later = now + TimeDelta::days(400);
    let (one, other) = tokio::join!(upkeep::tell_expired(db, later, &stop), upkeep::tell_expired(db, later, &stop));
    one.and(other).unwrap();
    upkeep::tell_expired(db, later + TimeDelta::days(1), &stop).await.unwrap();
    let told = stage.told().await;
    assert_eq!(told.iter().map(|event| &*event.kind).collect::<Vec<_>>(), ["session.expired"; 3]);
    assert!(told.iter().all(|event| keys(event.data()) == visible("game_sessions")));
    assert_eq!(stage.deliveries(webhook).await, ["session.expired"; 3]);

    stage.keep_no_log().await;
    stage.sql("delete from webhooks").await;
    stage.app.session(&stage.tenant).await;
    upkeep::tell_expired(db, later + TimeDelta::days(2), &stop).await.unwrap();
    assert_eq!(stage.types().await, [""; 0]);
}
