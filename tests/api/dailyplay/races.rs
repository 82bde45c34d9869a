//! Many who want the same session at the same time.

use futures_util::future::join_all;
use serde_json::json;

use super::{GONE, SESSIONS, Stage};
use crate::support::{
    TestApp,
    app::{Answer, send},
};

async fn consume(app: &TestApp, token: &str, player: usize) -> Answer {
    app.post(&format!("{SESSIONS}/{token}/consume"), json!({ "player_uuid": format!("player-{player}") })).await
}

async fn revoke(app: &TestApp, key: &str, token: &str) -> Answer {
    send(app.request("DELETE", &format!("{SESSIONS}/{token}")).header("x-api-key", key)).await
}

/// The place of the only winner; all others were told that the session is gone.
fn only_winner(answers: &[Answer]) -> usize {
    let winners: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.status == 200).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((answer.status, &*answer.text), (410, GONE));
    }
    winners[0].0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_consume_one_token_at_two_replicas_exactly_one_plays() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    for _ in 0..25 {
        let token = stage.ticket().await;
        let answers = join_all((0..64).map(|player| {
            let app = if player % 2 == 0 { &stage.app } else { &replica };
            consume(app, &token, player)
        }))
        .await;
        let winner = only_winner(&answers);
        let stored = format!(
            "select count(*) from game_sessions where id = {} and player_uuid = 'player-{winner}' and status = 'consumed'",
            answers[winner].body["data"]["session_id"]
        );
        assert_eq!(stage.number(&stored).await, 1, "the winner is who is stored");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_consume_and_those_who_revoke_exactly_one_wins() {
    let stage = Stage::set().await;
    let replica = stage.app.replica().await;
    let mut wins = [0, 0];
    for round in 0..40 {
        let token = stage.ticket().await;
        let consumers = join_all((0..4).map(|player| consume(&stage.app, &token, player)));
        let revokers = join_all((0..4).map(|_| revoke(&replica, &stage.tenant.key, &token)));
        let (consumed, revoked) = if round % 2 == 0 {
            tokio::join!(consumers, revokers)
        } else {
            let (revoked, consumed) = tokio::join!(revokers, consumers);
            (consumed, revoked)
        };
        let all: Vec<_> = consumed.into_iter().chain(revoked).collect();
        let is_revoked = usize::from(only_winner(&all) >= 4);
        wins[is_revoked] += 1;
        let status = stage.validate(&token).await.body["data"]["status"].clone();
        assert_eq!(status, ["consumed", "revoked"][is_revoked]);
    }
    assert_eq!(wins[0] + wins[1], 40, "{wins:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_created_at_the_same_time_are_different_sessions() {
    let stage = Stage::set().await;
    let tokens: std::collections::BTreeSet<_> = join_all((0..100).map(|_| stage.ticket())).await.into_iter().collect();
    assert_eq!(tokens.len(), 100);
    let plays = join_all(tokens.iter().map(|token| stage.consume(token))).await;
    let ids: std::collections::BTreeSet<_> =
        plays.iter().map(|play| play.body["data"]["session_id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), 100);
}
