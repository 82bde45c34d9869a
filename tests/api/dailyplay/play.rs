//! Play links and the page that they lead to.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{SESSIONS, Stage, refused};
use crate::support::app::send;

#[tokio::test]
async fn the_link_of_a_session_opens_the_page() {
    let stage = Stage::set().await;
    let (game, stream, base) = (stage.tenant.game, stage.tenant.stream, &stage.app.url);
    for (body, place) in [
        (json!({ "game_id": game }), format!("game/{game}")),
        (json!({ "stream_id": stream }), format!("stream/{stream}")),
        (json!({ "game_id": game, "stream_id": stream }), format!("game/{game}")),
    ] {
        let data = stage.create(body).await.body["data"].clone();
        let link = data["play_url"].as_str().unwrap();
        assert_eq!(link, format!("{base}/play/{place}?session_token={}", data["token"].as_str().unwrap()));
        let page = stage.app.get(link.strip_prefix(base).unwrap()).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(page.text.starts_with("<!doctype html>"));
    }
}

/// What stands between two tags that come once.
fn between<'a>(page: &'a str, open: &str, close: &str) -> &'a str {
    let (_, rest) = page.split_once(open).unwrap();
    let (inside, after) = rest.split_once(close).unwrap();
    assert!(!after.contains(open));
    inside
}

#[tokio::test]
async fn the_page_runs_its_own_script_alone_and_loads_nothing() {
    let stage = Stage::set().await;
    let page = stage.app.get("/play/game/1?session_token=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    let policy: Vec<_> = page.header("content-security-policy").split("; ").collect();
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let script = format!("script-src 'sha256-{}'", hash(between(&page.text, "<script>", "</script>")));
    let style = format!("style-src 'sha256-{}'", hash(between(&page.text, "<style>", "</style>")));
    for directive in
        ["default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", &script, &style]
    {
        assert!(policy.contains(&directive), "{directive} is not in {policy:?}");
    }
    for outside in ["http://", "https://", "src=", "href=", "url(", "@import", "alert(1)", " onclick", " style="] {
        assert!(!page.text.contains(outside), "{outside}");
    }
    assert_eq!(page.header("referrer-policy"), "no-referrer", "the token stands in the address");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn there_are_pages_for_games_and_streams_only() {
    let stage = Stage::set().await;
    for path in ["/play", "/play/", "/play/game", "/play/game/", "/play/clip/1", "/play/game/1/2"] {
        refused(&stage.app.get(path).await, 404);
    }
    refused(&stage.app.post("/play/game/1", json!({})).await, 405);
}

#[tokio::test]
async fn an_installation_with_its_own_games_points_the_link_elsewhere() {
    let template = "https://games.example.com/{kind}s/{id}#{token}";
    let stage = Stage::with(&[("PLAYHOUSE_SESSIONS__PLAY_URL", template)]).await;
    let data = stage.create(json!({ "stream_id": stage.tenant.stream })).await.body["data"].clone();
    let (token, stream) = (data["token"].as_str().unwrap(), stage.tenant.stream);
    assert_eq!(data["play_url"], format!("https://games.example.com/streams/{stream}#{token}"));
}

#[tokio::test]
async fn the_link_begins_with_the_configured_address_whatever_the_host_header_says() {
    let stage = Stage::with(&[("PLAYHOUSE_SERVER__PUBLIC_URL", "https://play.example.com")]).await;
    for (header, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("origin", "https://evil.example"),
    ] {
        let request = stage.app.request("POST", SESSIONS).header("x-api-key", &stage.tenant.key).header(header, value);
        let answer = send(request.json(&json!({ "game_id": stage.tenant.game }))).await;
        let link = answer.body["data"]["play_url"].as_str().unwrap();
        assert!(link.starts_with("https://play.example.com/play/game/"), "{header}: {link}");
        assert!(!answer.text.contains("evil"), "{}", answer.text);
    }
}
