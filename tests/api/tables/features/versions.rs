//! Versions of rows.

use super::*;

const ABSENT: &str = "/api/players/00000000-0000-4000-8000-00000000dead";

async fn row() -> (Stage, String) {
    let stage = Stage::set().await;
    let row = stage.player("V-1").await;
    let path = format!("/api/players/{}", row["id"].as_str().unwrap());
    (stage, path)
}

#[tokio::test]
async fn a_row_that_has_not_changed_is_not_sent_again() {
    let (stage, path) = row().await;
    let first = stage.get(&path).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag} is strong");
    assert_eq!(stage.get(&path).await.header("etag"), tag);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = stage.call("GET", &path, &[("if-none-match", &known)]).await;
        assert_eq!((answer.status, &*answer.text, answer.header("etag")), (304, "", &*tag), "{known}");
        assert_eq!(stage.call("HEAD", &path, &[("if-none-match", &known)]).await.status, 304);
    }
    for unknown in ["\"other\"", "nonsense", "\"\""] {
        assert_eq!(stage.call("GET", &path, &[("if-none-match", unknown)]).await.status, 200, "{unknown}");
    }
    assert_eq!(stage.call("GET", ABSENT, &[("if-none-match", "*")]).await.status, 404);
    // Another representation is something else.
    let part = format!("{path}?select=id");
    assert_ne!(stage.get(&part).await.header("etag"), tag);
    assert_eq!(stage.call("GET", &part, &[("if-none-match", &tag)]).await.status, 200);
    assert_ne!(stage.call("GET", &path, &[("accept", "text/csv")]).await.header("etag"), tag);
    // What is made of several rows has no version.
    assert_eq!(stage.get(&format!("{path}?select=id,consents(id)")).await.header("etag"), "");
    stage.app.stop().await;
}

#[tokio::test]
async fn a_change_demands_the_version_that_its_author_saw() {
    let (stage, path) = row().await;
    let seen = stage.get(&path).await.header("etag").to_owned();
    let tier =
        async |tag: &str, tier: &str| stage.send("PATCH", &path, &[("if-match", tag)], json!({ "tier": tier })).await;
    let changed = tier(&seen, "gold").await;
    assert_eq!(body(&changed, 200)["tier"], "gold");
    let present = changed.header("etag").to_owned();
    assert_ne!(present, seen);
    assert_eq!(stage.get(&path).await.header("etag"), present, "the answer to a change has the new version");

    for stale in [&*seen, "\"nonsense\"", "\"99999999999-0\"", "W/\"1-0\"", &format!("W/{present}")] {
        refused(&tier(stale, "stale").await, 412, "precondition_failed");
    }
    assert_eq!(tier(&format!("{seen}, {present}"), "silver").await.status, 200);
    assert_eq!(tier("*", "bronze").await.status, 200);
    assert_eq!(stage.get(&path).await.body["tier"], "bronze");
    // The version counts, whichever representation it was seen in.
    let part = stage.get(&format!("{path}?select=id")).await.header("etag").to_owned();
    assert_eq!(tier(&part, "gold").await.status, 200);

    let last = stage.get(&path).await.header("etag").to_owned();
    refused(&stage.call("DELETE", &path, &[("if-match", &seen)]).await, 412, "precondition_failed");
    assert_eq!(stage.call("DELETE", &path, &[("if-match", &last)]).await.status, 204);
    for tag in [&*last, "*"] {
        refused(&stage.send("PATCH", &path, &[("if-match", tag)], json!({ "tier": "x" })).await, 404, "not_found");
    }
    stage.app.stop().await;
}

#[tokio::test]
async fn a_whole_row_is_put_where_it_is_expected() {
    let (stage, path) = row().await;
    let seen = stage.get(&path).await.header("etag").to_owned();
    let put = async |path: &str, name: &str, tag: &str, external_id: &str| {
        stage.send("PUT", path, &[(name, tag)], json!({ "external_id": external_id })).await
    };
    refused(&put(&path, "if-none-match", "*", "V-2").await, 412, "precondition_failed");
    assert_eq!(stage.get(&path).await.body["external_id"], "V-1");
    let replaced = put(&path, "if-match", &seen, "V-2").await;
    assert_eq!(body(&replaced, 200)["external_id"], "V-2");
    assert_eq!(stage.get(&path).await.header("etag"), replaced.header("etag"));
    refused(&put(&path, "if-match", &seen, "V-3").await, 412, "precondition_failed");
    // A row that must be there is not made.
    for tag in [&*seen, "*"] {
        refused(&put(ABSENT, "if-match", tag, "V-4").await, 404, "not_found");
    }
    let made = put(ABSENT, "if-none-match", "*", "V-4").await;
    assert_eq!(body(&made, 201)["external_id"], "V-4");
    stage.app.stop().await;
}

#[tokio::test]
async fn a_list_has_no_version_to_demand() {
    let (stage, _) = row().await;
    let tag = &[("if-match", "\"1-00000000\"")];
    let path = "/api/players?external_id=eq.V-1";
    refused(&stage.send("PATCH", path, tag, json!({ "tier": "x" })).await, 400, "if_match_needs_id");
    refused(&stage.call("DELETE", path, tag).await, 400, "if_match_needs_id");
    assert_eq!(stage.found("tier=is.null").await, ["V-1"]);
    assert_eq!(stage.get(path).await.header("etag"), "");
    stage.app.stop().await;
}
