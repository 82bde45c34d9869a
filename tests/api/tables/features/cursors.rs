//! Pages behind a cursor.

use super::*;

/// Rows with values that come several times, and without some.
const ROWS: &str = "insert into players (property_id, external_id, tier, visits, adt, attributes, last_visit_at, created_at) \
    select ':p', 'p' || lpad(n::text, 2, '0'), (array['gold', null, 'silver'])[n % 3 + 1], nullif(n % 5, 3), \
    nullif(n % 4, 0) * 1.50, jsonb_build_object('rank', n % 4), \
    case when n % 2 = 0 then timestamptz '2025-01-01T00:00Z' + make_interval(hours => n % 7) end, \
    timestamptz '2025-01-01T00:00:00.000001Z' + make_interval(days => n % 6) from generate_series(1, 30) n";

async fn stage() -> Stage {
    let stage = Stage::set().await;
    stage.execute(&ROWS.replace(":p", &stage.tenant.property.to_string())).await;
    stage
}

/// The address of the next page; none where the list ends.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().unwrap();
    let address = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    Some(address.unwrap_or_else(|| panic!("{link}")).to_owned())
}

/// Follows a list to its end and calls `between` after each page.
async fn walk(stage: &Stage, path: &str, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let (mut seen, mut answer, mut pages) = (Vec::new(), stage.get(path).await, 0);
    loop {
        assert_eq!(answer.status, 200, "{}", answer.text);
        seen.extend(external_ids(&answer));
        let Some(address) = next(&answer) else { return seen };
        assert!(address.starts_with(&format!("{}/api/players?", stage.app.app.base_url)), "{address}");
        pages += 1;
        assert!(pages < 50, "the list does not end: {address}");
        between(pages).await;
        answer = send(stage.app.client.get(address).header("x-api-key", &stage.key)).await;
    }
}

#[tokio::test]
async fn pages_together_are_the_whole_list_in_every_order() {
    let stage = stage().await;
    for order in [
        "",
        "visits",
        "visits.desc",
        "tier",
        "tier.desc,visits",
        "tier.nullsfirst",
        "tier.desc.nullslast,visits.desc.nullslast",
        "adt",
        "adt.desc,visits.nullsfirst",
        "last_visit_at.nullsfirst",
        "last_visit_at.desc",
        "created_at.desc",
        "created_at,tier.desc",
        "attributes->rank.desc",
        "attributes->>rank,visits",
        "id.desc",
    ] {
        let order = if order.is_empty() { String::new() } else { format!("&order={order}") };
        let whole = stage.found(&format!("limit=1000{order}")).await;
        assert_eq!(whole.len(), 30);
        for limit in [1, 7, 15] {
            let path = format!("/api/players?select=external_id&limit={limit}{order}");
            assert_eq!(walk(&stage, &path, async |_| ()).await, whole, "{path}");
        }
        // The columns of the order need not be shown, and filters stay.
        let path = format!("/api/players?select=external_id&visits=gte.1&limit=4{order}");
        assert_eq!(
            walk(&stage, &path, async |_| ()).await,
            stage.found(&format!("limit=99&visits.gte=1{order}")).await
        );
    }
    stage.app.stop().await;
}

#[tokio::test]
async fn every_row_comes_once_while_others_come_and_go() {
    let stage = stage().await;
    let before = stage.found("order=visits.desc&visits=gte.-9&limit=1000").await;
    let path = "/api/players?select=external_id&order=visits.desc&visits=gte.-9&limit=6";
    let (seen_early, unseen) = (&before[0], &before[before.len() - 1]);
    let seen = walk(&stage, path, async |page| match page {
        1 => {
            // In front of the page, behind it, and of those in front one goes.
            let rows = json!([{ "external_id": "front", "visits": 1000 }, { "external_id": "behind", "visits": -1 }]);
            assert_eq!(stage.post("/api/players", rows).await.status, 201);
            assert_eq!(
                stage.call("DELETE", &format!("/api/players?external_id=eq.{seen_early}"), &[]).await.status,
                204
            );
        }
        2 => assert_eq!(stage.call("DELETE", &format!("/api/players?external_id=eq.{unseen}"), &[]).await.status, 204),
        _ => (),
    })
    .await;
    let mut wanted = before.clone();
    wanted.retain(|row| row != unseen);
    wanted.push("behind".to_owned());
    assert_eq!(seen, wanted);
    stage.app.stop().await;
}

#[tokio::test]
async fn only_a_full_page_has_a_next_one() {
    let stage = stage().await;
    let link = async |query: &str| next(&stage.get(&format!("/api/players?{query}")).await);
    assert_eq!(link("limit=31").await, None);
    assert_eq!(link("limit=0").await, None);
    assert_eq!(link("tier=eq.nobody").await, None);
    let last = link("limit=30").await.unwrap();
    let empty = send(stage.app.client.get(last).header("x-api-key", &stage.key)).await;
    assert_eq!((empty.status, &empty.body, next(&empty)), (200, &json!([]), None));
    // Where it leads is a link in any case: arrows would end it early.
    let arrows = link("select=id,attributes->rank&attributes->>rank=eq.1&limit=2").await.unwrap();
    assert!(arrows.contains("attributes-%3E%3Erank=eq.1") && arrows.contains("&limit=2&after="), "{arrows}");
    // Groups have no place of their own and are paged by offset.
    let groups = link("select=tier,count()&order=tier&limit=2").await.unwrap();
    assert!(groups.ends_with("&limit=2&offset=2"), "{groups}");
    stage.app.stop().await;
}

#[tokio::test]
async fn a_cursor_holds_for_its_own_list_alone() {
    let stage = stage().await;
    let (_, other) = stage.other().await;
    let first = stage.get("/api/players?order=visits&limit=2").await;
    let address = next(&first).unwrap();
    let cursor = address.split("after=").nth(1).unwrap();
    let list = async |query: &str| stage.get(&format!("/api/players?{query}")).await;
    assert_eq!(list(&format!("order=visits&limit=5&after={cursor}")).await.status, 200);
    assert_eq!(list(&format!("order=visits&tier=eq.gold&after={cursor}")).await.status, 200);

    let mut tampered = cursor.to_owned();
    let flipped = if tampered.ends_with('A') { "B" } else { "A" };
    tampered.replace_range(0..1, flipped);
    for query in [
        format!("order=visits&after={tampered}"),
        format!("order=visits&after={}", &cursor[..cursor.len() - 2]),
        format!("order=visits&after={cursor}AA"),
        "order=visits&after=".to_owned(),
        "order=visits&after=nonsense".to_owned(),
        "order=visits&after=%F0%9F%8E%B2".to_owned(),
        format!("order=visits.desc&after={cursor}"),
        format!("order=tier&after={cursor}"),
        format!("after={cursor}"),
    ] {
        refused(&list(&query).await, 400, "cursor_invalid");
    }
    refused(&stage.get(&format!("/api/segments?after={cursor}")).await, 400, "cursor_invalid");
    let theirs = stage.app.request("GET", &format!("/api/players?order=visits&after={cursor}"));
    refused(&send(theirs.header("x-api-key", other)).await, 400, "cursor_invalid");
    stage.app.stop().await;
}
