//! Calls without a credential: many with tokens that exist, few with tokens that do not.

use uuid::Uuid;

use super::*;
use crate::support::{
    TestApp,
    app::{from_memory, send},
    process::Process,
};

const FEW_GUESSES: (&str, &str) = ("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "10");

fn unknown() -> String {
    format!("{SESSIONS}/{}", Uuid::new_v4())
}

#[tokio::test]
async fn unknown_and_malformed_tokens_are_answered_up_to_the_limit_and_then_nothing_is() {
    let app = TestApp::with(&[FEW_GUESSES]).await;
    let tenant = app.tenant().await;
    let token = app.session(&tenant).await;
    let mine = format!("{SESSIONS}/{token}");
    minute_with(&app.database_url, 10).await;
    for round in 0..2 {
        let absent = app.get(&unknown()).await;
        assert_eq!((absent.status, absent.text.as_str()), (200, r#"{"success":true,"data":{"valid":false}}"#));
        assert_eq!(app.get(&format!("{SESSIONS}/not-a-token-{round}")).await.status, 400);
        assert_eq!(app.post(&format!("{}/consume", unknown()), json!({})).await.status, 410);
        let query = format!("/api/org-api-keys?action=validate-session&token={round}");
        assert_eq!(app.get(&query).await.status, 400);
        let body = json!({ "token": Uuid::new_v4() });
        assert_eq!(app.post("/api/org-api-keys?action=consume-session", body).await.status, 410);
    }
    assert_eq!(app.get(&mine).await.body["data"]["valid"], true, "ten guesses are allowed");
    for path in [unknown(), format!("{SESSIONS}/nonsense"), mine.clone(), unknown()] {
        let refused = app.get(&path).await;
        assert_eq!((refused.status, refused.error()), (429, "Rate limit exceeded"), "{path}");
        assert!((1..=60).contains(&retry_after(&refused)));
    }
    let refused = app.post(&format!("{mine}/consume"), json!({})).await;
    assert_eq!((refused.status, retry_after(&refused) >= 1), (429, true));
    // Keys have quotas of their own, and the next minute begins anew.
    let create = async || app.keyed(&tenant.key, "POST", SESSIONS, json!({ "game_id": tenant.game })).await;
    assert_eq!(from_memory(create).await.status, 200);
    database::execute(&app.database_url, "update rate_counters set minute_window = minute_window - 1").await;
    let other = app.replica().await;
    assert_eq!(other.get(&mine).await.body["data"]["valid"], true);
}

#[tokio::test]
async fn tokens_that_exist_are_no_guesses_whatever_their_state() {
    let app = TestApp::with(&[FEW_GUESSES]).await;
    let tenant = app.tenant().await;
    let (active, consumed, revoked) =
        (app.session(&tenant).await, app.session(&tenant).await, app.session(&tenant).await);
    assert_eq!(app.post(&format!("{SESSIONS}/{consumed}/consume"), json!({})).await.status, 200);
    let revoke = app.request("DELETE", &format!("{SESSIONS}/{revoked}")).header("x-api-key", &tenant.key);
    assert_eq!(send(revoke).await.status, 200);
    minute_with(&app.database_url, 10).await;
    for _ in 0..15 {
        assert_eq!(app.get(&format!("{SESSIONS}/{active}")).await.status, 200);
        for spent in [&consumed, &revoked] {
            assert_eq!(app.get(&format!("{SESSIONS}/{spent}")).await.status, 200);
            assert_eq!(app.post(&format!("{SESSIONS}/{spent}/consume"), json!({})).await.status, 410);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_servers_admit_exactly_the_guesses_of_one_address_together() {
    let url = database::fresh().await;
    let limit = ("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "300");
    let settings = [PATIENT, limit];
    let start = || Process::start(&url, &settings);
    let (a, b, c, d) = tokio::join!(start(), start(), start(), start());
    let servers = [a, b, c, d];
    let client = client();
    minute_with(&url, 12).await;
    let guess = |n: usize| {
        let request = client.get(format!("{}{}", servers[n % 4].url, unknown()));
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let statuses: Vec<u16> = stream::iter((0..600).map(guess)).buffer_unordered(64).collect().await;
    let mut outcome = Tally::new();
    statuses.into_iter().for_each(|status| *outcome.entry(status).or_default() += 1);
    assert_eq!(outcome, tally([(200, 300), (429, 300)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_calls_of_an_address_have_a_limit_too() {
    let app = TestApp::with(&[PATIENT, ("PLAYHOUSE_LIMITS__PUBLIC_PER_MINUTE", "200")]).await;
    let tenant = app.tenant().await;
    let path = format!("{SESSIONS}/{}", app.session(&tenant).await);
    minute_with(&app.database_url, 10).await;
    let get = |_| async { app.get(&path).await.status };
    let statuses: Vec<u16> = stream::iter((0..250).map(get)).buffer_unordered(16).collect().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 200);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 50);
    let refused = app.get(&path).await;
    assert!((1..=60).contains(&retry_after(&refused)));
    let other = TestApp::over(&app.database_url, &[("PLAYHOUSE_LIMITS__PUBLIC_PER_MINUTE", "200")]).await;
    let mut more = 0;
    while other.get(&path).await.status == 200 {
        more += 1;
    }
    assert!(more <= 2, "a further server lets {more} calls pass");
    // A key has a quota of its own, whatever happens to its address.
    app.session(&tenant).await;
}
