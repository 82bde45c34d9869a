//! The pages that people see, in a real browser.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{TestApp, browser::Browser};

const STATE: &str = "const state = document.querySelector('main').dataset.state; return state !== 'checking' && state";

/// Runs a test in a browser; on a machine without one it says so and ends.
macro_rules! browser {
    () => {
        match Browser::open().await {
            Some(browser) => browser,
            None => return println!("skipped: chromium and chromedriver are not installed"),
        }
    };
}

#[tokio::test]
async fn a_player_plays_once_and_is_told_plainly_why_not_again() {
    let browser = browser!();
    let app = TestApp::start().await;
    let tenant = app.tenant().await;
    let body = json!({ "game_id": tenant.game });
    let link = async || {
        let answer = app.keyed(&tenant.key, "POST", "/api/org-api-keys/sessions", body.clone()).await;
        answer.body["data"]["play_url"].as_str().unwrap().to_owned()
    };

    let played = link().await;
    browser.go(&played).await;
    assert_eq!(browser.until(STATE).await, "ready");
    browser.run("document.getElementById('play').click()").await;
    assert_eq!(browser.until("return document.querySelector('main').dataset.state === 'playing'").await, true);
    browser.go(&played).await;
    assert_eq!(browser.until(STATE).await, "consumed");
    assert_eq!(browser.run("return document.getElementById('play').hidden").await, true);

    for wrong in [
        format!("{}/play/game/{}", app.url, tenant.game),
        format!("{}/play/game/{}?session_token=nonsense", app.url, tenant.game),
        link().await.replace("/game/", "/stream/"),
        link().await.replace(&format!("/game/{}", tenant.game), "/game/999999"),
    ] {
        browser.go(&wrong).await;
        assert_eq!(browser.until(STATE).await, "wrong", "{wrong}");
    }

    let late = link().await;
    app.clock.advance(TimeDelta::days(2));
    browser.go(&late).await;
    assert_eq!(browser.until(STATE).await, "expired");
    browser.close().await;
    app.stop().await;
}

#[tokio::test]
async fn the_reference_draws_every_operation_without_asking_anybody_else() {
    let browser = browser!();
    let app = TestApp::start().await;
    browser.go(&format!("{}/docs", app.url)).await;
    browser.until("return document.body.innerText.includes('Create a one-time session token')").await;
    let loaded = "return performance.getEntriesByType('resource').map(entry => new URL(entry.name).origin)";
    for origin in browser.run(loaded).await.as_array().unwrap() {
        assert_eq!(origin, &Value::from(app.url.clone()));
    }
    let text = browser.run("return document.body.innerText").await;
    for path in app.get("/openapi.json").await.body["paths"].as_object().unwrap().keys() {
        assert!(text.as_str().unwrap().contains(path.as_str()), "{path} is missing");
    }
    browser.close().await;
    app.stop().await;
}
