//! Changes of many rows, and what keeps them from touching too many.

use super::*;

async fn stage() -> (Stage, Vec<String>) {
    let stage = Stage::set().await;
    let rows: Vec<_> = (1..=4).map(|n| json!({ "external_id": format!("M-{n}"), "visits": n })).collect();
    let made = stage.post("/api/players?select=id&order=external_id", json!(rows)).await;
    let ids = body(&made, 201).as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned());
    let ids = ids.collect();
    (stage, ids)
}

async fn patch(stage: &Stage, path: &str, prefer: &str, body: Value) -> Answer {
    stage.send("PATCH", path, &[("prefer", prefer)], body).await
}

#[tokio::test]
async fn an_array_gives_each_row_its_own_values() {
    let (stage, ids) = stage().await;
    let changes = json!([
        { "id": ids[0], "tier": "gold", "visits": 10 },
        { "id": ids[1], "tier": null, "external_id": "M-2b" },
        { "id": ids[2], "visits": 30 },
    ]);
    let path = "/api/players?select=external_id,tier,visits&order=external_id";
    let answer = patch(&stage, path, "return=representation, count=exact", changes).await;
    assert_eq!(
        body(&answer, 200),
        &json!([
            { "external_id": "M-1", "tier": "gold", "visits": 10 },
            { "external_id": "M-2b", "tier": null, "visits": 2 },
            { "external_id": "M-3", "tier": null, "visits": 30 },
        ])
    );
    assert_eq!(answer.header("content-range"), "0-2/3");
    assert_eq!(stage.found("visits=eq.4").await, ["M-4"], "what nobody named stays");
    let silent = stage.send("PATCH", "/api/players", &[], json!([{ "id": ids[3], "tier": "x" }])).await;
    assert_eq!((silent.status, &*silent.text, silent.header("content-range")), (204, "", "0-0/*"));
    // Rows that are not there change nothing.
    let absent = json!([{ "id": "00000000-0000-4000-8000-000000000000", "tier": "y" }]);
    assert_eq!(body(&patch(&stage, "/api/players", "return=representation", absent).await, 200), &json!([]));
    let nothing = stage.send("PATCH", "/api/players", &[], json!([])).await;
    assert_eq!((nothing.status, nothing.header("content-range")), (204, "*/*"));
    stage.app.stop().await;
}

#[tokio::test]
async fn an_array_that_is_not_clear_changes_nothing() {
    let (stage, ids) = stage().await;
    let fine = json!({ "id": ids[0], "tier": "x" });
    for (path, changes, status, code) in [
        ("/api/players?status=eq.active", json!([fine]), 400, "bulk_with_filter"),
        ("/api/players?q=M", json!([fine]), 400, "bulk_with_filter"),
        ("/api/players", json!([fine, { "tier": "y" }]), 400, "id_required"),
        ("/api/players", json!([fine, { "id": null, "tier": "y" }]), 400, "id_required"),
        ("/api/players", json!([fine, fine]), 400, "21000"),
        (
            "/api/players",
            json!([fine, { "id": ids[1].to_uppercase(), "tier": "a" }, { "id": ids[1], "tier": "b" }]),
            400,
            "21000",
        ),
        ("/api/players", json!([fine, { "id": "nope", "tier": "y" }]), 400, "22P02"),
        ("/api/players", json!([fine, { "id": ids[1], "visits": "many" }]), 400, "22P02"),
        ("/api/players", json!([fine, { "id": ids[1], "status": "weird" }]), 400, "23514"),
        ("/api/players", json!([fine, { "id": ids[1], "external_id": "M-3" }]), 409, "23505"),
        ("/api/players", json!([fine, { "id": ids[1], "nope": 1 }]), 400, "PGRST204"),
        ("/api/players", json!([fine, 7]), 400, "PGRST102"),
    ] {
        refused(&stage.send("PATCH", path, &[], changes.clone()).await, status, code);
        assert!(stage.found("tier=not.is.null").await.is_empty(), "{changes}");
    }
    stage.app.stop().await;
}

#[tokio::test]
async fn a_change_of_all_rows_must_be_meant() {
    let (stage, _) = stage().await;
    let gold = json!({ "tier": "gold" });
    for path in ["/api/players", "/api/players?select=id", "/api/players?order=visits", "/api/players?status"] {
        refused(&stage.send("PATCH", path, &[], gold.clone()).await, 400, "21000");
        refused(&stage.call("DELETE", path, &[]).await, 400, "21000");
    }
    for page in ["limit=1", "offset=1", "after=x"] {
        for path in [format!("/api/players?visits=gt.0&{page}"), format!("/api/players?{page}")] {
            refused(&stage.send("PATCH", &path, &[], gold.clone()).await, 400, "paging_not_allowed");
            refused(&stage.call("DELETE", &path, &[]).await, 400, "paging_not_allowed");
        }
        refused(
            &stage.post(&format!("/api/players?{page}"), json!({ "external_id": "M-5" })).await,
            400,
            "paging_not_allowed",
        );
    }
    // A header that asks for a page is for reading; who sends it with a change must not have a part of it done.
    assert!(stage.found("tier=not.is.null").await.is_empty());
    assert_eq!(stage.found("").await.len(), 4);
    assert_eq!(stage.send("PATCH", "/api/players?id=not.is.null", &[], gold).await.header("content-range"), "0-3/*");
    assert_eq!(stage.call("DELETE", "/api/players?or=(visits.eq.1,visits.eq.2)", &[]).await.status, 204);
    assert_eq!(stage.found("order=visits").await, ["M-3", "M-4"]);
    stage.app.stop().await;
}

#[tokio::test]
async fn a_bound_on_the_rows_touched_holds_under_strict_handling() {
    let (stage, ids) = stage().await;
    let (path, gold) = ("/api/players?visits=lte.3", json!({ "tier": "gold" }));
    let strict = |most: u32| format!("handling=strict, max-affected={most}");
    refused(&patch(&stage, path, &strict(2), gold.clone()).await, 400, "PGRST124");
    refused(&stage.call("DELETE", path, &[("prefer", &strict(2))]).await, 400, "PGRST124");
    let each: Vec<_> = ids.iter().map(|id| json!({ "id": id, "tier": "gold" })).collect();
    refused(&patch(&stage, "/api/players", &strict(3), json!(each)).await, 400, "PGRST124");
    assert_eq!((stage.found("").await.len(), stage.found("tier=is.null").await.len()), (4, 4));
    assert_eq!(
        patch(&stage, path, "max-affected=1", gold.clone()).await.status,
        204,
        "without strict handling it is a wish"
    );
    let held = patch(&stage, path, &strict(3), gold).await;
    assert_eq!((held.status, held.header("preference-applied")), (204, "handling=strict, max-affected=3"));
    stage.app.stop().await;
}

#[tokio::test]
async fn a_dry_run_tells_what_would_happen() {
    let (stage, ids) = stage().await;
    let dry = "tx=rollback, return=representation, count=exact";
    let changed = patch(&stage, "/api/players?visits=gt.1&select=tier", dry, json!({ "tier": "gold" })).await;
    assert_eq!((body(&changed, 200).as_array().unwrap().len(), changed.header("content-range")), (3, "0-2/3"));
    assert!(changed.header("preference-applied").contains("tx=rollback"));
    let gone = stage.call("DELETE", &format!("/api/players/{}", ids[0]), &[("prefer", "tx=rollback")]).await;
    assert_eq!(gone.status, 204);
    let put = stage
        .send("PUT", &format!("/api/players/{}", ids[0]), &[("prefer", "tx=rollback")], json!({ "external_id": "M-9" }))
        .await;
    assert_eq!(body(&put, 200)["external_id"], "M-9");
    refused(&patch(&stage, "/api/players?visits=gt.1", dry, json!({ "status": "weird" })).await, 400, "23514");
    assert_eq!(stage.found("tier=is.null&order=external_id").await, ["M-1", "M-2", "M-3", "M-4"]);
    stage.app.stop().await;
}
