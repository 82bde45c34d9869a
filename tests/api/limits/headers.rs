//! What each answer tells its caller about the quota.

use super::{structured::list, *};
use crate::support::{
    TestApp,
    app::{key, send},
};

const PAGE: &str = "https://play.example.com";
const ALL: [&str; 5] =
    ["ratelimit-policy", "ratelimit", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

async fn call(app: &TestApp, key: &str, body: Value) -> Answer {
    let request = app.request("POST", SESSIONS).header("origin", PAGE).header("x-api-key", key);
    send(request.json(&body)).await
}

/// The headers of an answer are there, read as the standard says, and agree with each other.
fn check(answer: &Answer, minute_limit: i64, day_limit: i64, now: i64) -> (i64, i64) {
    let name = format!("{} {:?}", answer.status, answer.headers);
    let policy = list(answer.header("ratelimit-policy")).expect(&name);
    let limit = list(answer.header("ratelimit")).expect(&name);
    for list in [&policy, &limit] {
        assert_eq!(list.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["minute", "day"], "{name}");
    }
    assert_eq!((policy[0].get("q"), policy[0].get("w")), (minute_limit, 60), "{name}");
    assert_eq!((policy[1].get("q"), policy[1].get("w")), (day_limit, 86_400), "{name}");
    for (item, limit, window) in [(&limit[0], minute_limit, 60), (&limit[1], day_limit, 86_400)] {
        assert!((0..=limit).contains(&item.get("r")) && (1..=window).contains(&item.get("t")), "{name}");
    }
    let number = |header: &str| answer.header(header).parse::<i64>().expect(&name);
    let closest = limit.iter().zip([minute_limit, day_limit]).find(|(item, limit)| {
        (number("x-ratelimit-limit"), number("x-ratelimit-remaining")) == (*limit, item.get("r"))
    });
    let (closest, _) = closest.expect(&name);
    let reset = number("x-ratelimit-reset") - now;
    assert!((closest.get("t") - 1..=closest.get("t") + 2).contains(&reset), "{name}: {reset} s from now");
    for item in &limit {
        if answer.status == 429 && item.get("r") == 0 {
            assert!(retry_after(answer) >= item.get("t"), "{name}");
        }
    }
    let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
    let exposed: Vec<_> = exposed.split(',').map(str::trim).collect();
    assert!(ALL.iter().chain(&["retry-after"]).all(|header| exposed.contains(header)), "{exposed:?}");
    (limit[0].get("r"), limit[1].get("r"))
}

#[tokio::test]
async fn every_answer_to_a_key_tells_its_quota() {
    let app = TestApp::with(&[("PLAYHOUSE_SERVER__CORS_ORIGINS", PAGE)]).await;
    let tenant = app.tenant().await;
    let (_, key) = key(&app.database_url, tenant.org, 6, 1000).await;
    let now = || app.clock.now().timestamp();
    minute_with(&app.database_url, 8).await;
    let good = call(&app, &key, json!({ "game_id": tenant.game })).await;
    assert_eq!((good.status, check(&good, 6, 1000, now())), (200, (5, 999)));
    let unfit = call(&app, &key, NO_GAME()).await;
    assert_eq!((unfit.status, check(&unfit, 6, 1000, now())), (400, (4, 998)));
    let broken = app.request("POST", SESSIONS).header("origin", PAGE).header("x-api-key", &key);
    let broken = send(broken.header("content-type", "application/json").body("{")).await;
    assert_eq!((broken.status, check(&broken, 6, 1000, now())), (400, (3, 997)));
    let foreign = call(&app, &key, json!({ "game_id": 2_000_000_000 })).await;
    assert_eq!((foreign.status, check(&foreign, 6, 1000, now())), (403, (2, 996)));
    let other_spelling = app.request("POST", "/api/org-api-keys?action=create-session").header("origin", PAGE);
    let other_spelling = send(other_spelling.header("x-api-key", &key).json(&NO_GAME())).await;
    assert_eq!((other_spelling.status, check(&other_spelling, 6, 1000, now())), (400, (1, 995)));
    let unknown = format!("{SESSIONS}/{}", uuid::Uuid::new_v4());
    let gone = send(app.request("DELETE", &unknown).header("origin", PAGE).header("x-api-key", &key)).await;
    assert_eq!((gone.status, check(&gone, 6, 1000, now())), (410, (0, 994)));
    for _ in 0..2 {
        let refused = call(&app, &key, json!({ "game_id": tenant.game })).await;
        assert_eq!((refused.status, check(&refused, 6, 1000, now())), (429, (0, 994)));
        assert_eq!(refused.error(), "Rate limit exceeded");
        assert_eq!(refused.body["success"], false);
    }
}

#[tokio::test]
async fn the_older_headers_speak_of_the_day_when_that_is_closer_to_its_end() {
    let app = TestApp::with(&[("PLAYHOUSE_SERVER__CORS_ORIGINS", PAGE)]).await;
    let tenant = app.tenant().await;
    let (_, key) = key(&app.database_url, tenant.org, 100, 4).await;
    minute_with(&app.database_url, 8).await;
    let now = || app.clock.now().timestamp();
    for left in [3, 2, 1, 0] {
        let answer = call(&app, &key, NO_GAME()).await;
        assert_eq!(check(&answer, 100, 4, now()).1, left);
        assert_eq!(answer.header("x-ratelimit-limit"), "4");
    }
    let refused = call(&app, &key, NO_GAME()).await;
    assert_eq!((refused.status, check(&refused, 100, 4, now())), (429, (96, 0)));
}

#[tokio::test]
async fn whoever_is_not_let_in_learns_no_quota_and_spends_none() {
    let app = TestApp::with(&[("PLAYHOUSE_SERVER__CORS_ORIGINS", PAGE)]).await;
    let tenant = app.tenant().await;
    let (id, key) = key(&app.database_url, tenant.org, 100, 100).await;
    let silent = |answer: &Answer| {
        assert!(ALL.iter().all(|header| !answer.headers.contains_key(*header)), "{:?}", answer.headers);
    };
    minute_with(&app.database_url, 8).await;
    assert_eq!(call(&app, &key, NO_GAME()).await.status, 400);
    let revoked = |active: bool| format!("update org_api_keys set is_active = {active} where id = {id}");
    let expired = |end: &str| format!("update org_api_keys set expires_at = {end} where id = {id}");
    let waits = [revoked(false), format!("{}; {}", revoked(true), expired("now() - interval '1 s'")), expired("null")];
    for (n, change) in waits.iter().enumerate() {
        database::execute(&app.database_url, change).await;
        app.app.changes.acknowledged().await.unwrap();
        let answer = call(&app, &key, NO_GAME()).await;
        assert_eq!(answer.status, if n < 2 { 401 } else { 400 });
        if n < 2 {
            silent(&answer);
        }
    }
    for wrong in ["", "dpk_", &key[..43], &key.to_uppercase(), &"0".repeat(44)] {
        let answer = call(&app, wrong, NO_GAME()).await;
        assert_eq!(answer.status, 401);
        silent(&answer);
    }
    for (method, path) in [("OPTIONS", SESSIONS), ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/metrics")] {
        let answer = send(app.request(method, path).header("x-api-key", &key)).await;
        assert!(matches!(answer.status, 200 | 204), "{method} {path}");
        silent(&answer);
    }
    let preflight = app.request("OPTIONS", SESSIONS).header("origin", PAGE);
    let preflight = preflight.header("access-control-request-method", "POST").header("x-api-key", &key);
    silent(&send(preflight).await);
    let used = settles(&app.database_url, id, 2).await;
    assert_eq!((used.minute_used, used.day_used), (2, 2), "two calls were judged by their body");
}

#[tokio::test]
async fn probing_for_games_spends_the_quota() {
    let app = TestApp::start().await;
    let (mine, other) = (app.tenant().await, app.tenant().await);
    let (id, key) = key(&app.database_url, mine.org, 10, 100).await;
    minute_with(&app.database_url, 8).await;
    for n in 0..12 {
        let answer = app.keyed(&key, "POST", SESSIONS, json!({ "game_id": other.game })).await;
        assert_eq!(answer.status, if n < 10 { 403 } else { 429 });
    }
    assert_eq!(counter(&app.database_url, id).await.minute_used, 10);
}
