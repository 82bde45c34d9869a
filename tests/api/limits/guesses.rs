//! Keys that are guessed: they push nobody out and reach the database only so often.

use sea_orm::{ConnectionTrait, TransactionTrait};

use super::*;
use crate::support::{TestApp, app::from_memory};

const FEW_GUESSES: (&str, &str) = ("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "40");

fn invented() -> String {
    playhouse::auth::key_text::generate_org_key().expose().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessed_keys_are_refused_without_the_database_once_the_address_has_used_up_its_guesses() {
    let app = TestApp::with(&[FEW_GUESSES]).await;
    let tenant = app.tenant().await;
    minute_with(&app.database_url, 20).await;
    assert_eq!(app.keyed(&tenant.key, "POST", SESSIONS, NO_GAME()).await.status, 400);
    let keys: Vec<_> = (0..41).map(|_| invented()).collect();
    for (n, key) in keys.iter().enumerate() {
        let status = app.keyed(key, "POST", SESSIONS, NO_GAME()).await.status;
        assert_eq!(status, if n < 40 { 401 } else { 429 }, "guess {n}");
    }
    // From here on nobody can read the table of keys, so whoever is answered was answered from memory.
    let db = database::owner(&app.database_url).await;
    let lock = db.begin().await.unwrap();
    lock.execute_unprepared("lock table org_api_keys in access exclusive mode").await.unwrap();
    let began = Instant::now();
    let guess = |_| async { app.keyed(&invented(), "POST", SESSIONS, NO_GAME()).await.status };
    let statuses: Vec<u16> = stream::iter((0..500).map(guess)).buffer_unordered(32).collect().await;
    assert_eq!(statuses, [429; 500]);
    for _ in 0..20 {
        let used = from_memory(async || app.keyed(&tenant.key, "POST", SESSIONS, NO_GAME()).await).await;
        assert_eq!(used.status, 400, "a used key works on");
    }
    let refused = app.keyed(&invented(), "POST", SESSIONS, NO_GAME()).await;
    assert!((1..=60).contains(&retry_after(&refused)));
    assert!(!refused.headers.contains_key("ratelimit"), "there is no key that has a quota");
    let known = from_memory(async || app.keyed(&keys[5], "POST", SESSIONS, NO_GAME()).await).await;
    assert_eq!(known.status, 401, "remembered as unknown");
    assert!(began.elapsed() < Duration::from_secs(9), "memory does not forget meanwhile");
    lock.rollback().await.unwrap();
}

#[tokio::test]
async fn one_unknown_key_repeated_is_one_guess() {
    let app = TestApp::with(&[FEW_GUESSES]).await;
    let guesses = "select coalesce(sum(minute_used), 0) from rate_counters where substring(subject from 1 for 1) = 'u'";
    // While its memory is not trusted, on a machine that is busy with other tests, a server asks for each call; then
    // another round.
    for _ in 0..10 {
        let key = invented();
        minute_with(&app.database_url, 8).await;
        let before = database::number(&app.database_url, guesses).await;
        for _ in 0..20 {
            let answer = app.keyed(&key, "POST", SESSIONS, NO_GAME()).await;
            if answer.status != 429 {
                assert_eq!((answer.status, answer.error()), (401, "Missing or invalid credentials"));
            }
        }
        if database::number(&app.database_url, guesses).await == before + 1 {
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
    panic!("it never was one guess");
}

#[tokio::test]
async fn texts_that_are_no_keys_cost_nothing() {
    let app = TestApp::with(&[FEW_GUESSES]).await;
    minute_with(&app.database_url, 5).await;
    for text in ["", "dpk_", "dpk_0", "pk_x", "Bearer x", &"f".repeat(44), &format!("{}0", invented())] {
        for _ in 0..10 {
            assert_eq!(app.keyed(text, "POST", SESSIONS, NO_GAME()).await.status, 401, "{text}");
        }
    }
    assert_eq!(database::number(&app.database_url, "select count(*) from rate_counters").await, 0);
}
