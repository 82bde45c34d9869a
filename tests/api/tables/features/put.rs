//! One row by its id: whole, in part, or no more.

use super::*;

const NEW: &str = "/api/players/0a000000-0000-4000-8000-000000000001";

#[tokio::test]
async fn a_whole_row_is_made_and_then_replaced() {
    let stage = Stage::set().await;
    let full = json!({ "external_id": "P-1", "first_name": "Ada", "visits": 9, "tags": ["a"], "status": "inactive" });
    let made = stage.send("PUT", NEW, &[], full).await;
    assert_eq!(body(&made, 201)["id"], "0a000000-0000-4000-8000-000000000001");
    assert_eq!((&made.body["status"], &made.body["visits"]), (&json!("inactive"), &json!(9)));
    // What the body leaves out is as if the row were new.
    stage.app.clock.advance(chrono::TimeDelta::hours(1));
    let replaced = stage.send("PUT", NEW, &[], json!({ "external_id": "P-2", "tier": "gold" })).await;
    let row = body(&replaced, 200);
    assert_eq!((&row["external_id"], &row["tier"], &row["first_name"]), (&json!("P-2"), &json!("gold"), &json!(null)));
    assert_eq!((&row["status"], &row["visits"], &row["tags"]), (&json!("active"), &json!(0), &json!([])));
    assert_eq!(row["created_at"], made.body["created_at"], "it is still the row that it was");
    assert_ne!(row["updated_at"], made.body["updated_at"]);

    let silent = stage.send("PUT", NEW, &[("prefer", "return=minimal")], json!({ "external_id": "P-3" })).await;
    assert_eq!((silent.status, &*silent.text), (204, ""));
    let named = json!({ "id": "0a000000-0000-4000-8000-000000000001", "external_id": "P-4" });
    assert_eq!(stage.send("PUT", NEW, &[], named).await.status, 200);
    let other = json!({ "id": "0a000000-0000-4000-8000-000000000002", "external_id": "P-5" });
    refused(&stage.send("PUT", NEW, &[], other).await, 400, "PGRST115");
    refused(&stage.send("PUT", NEW, &[], json!({ "tier": "gold" })).await, 400, "23502");
    refused(&stage.send("PUT", "/api/players/nope", &[], json!({ "external_id": "P-6" })).await, 400, "22P02");
    assert_eq!(stage.found("").await, ["P-4"]);
    stage.app.stop().await;
}

#[tokio::test]
async fn whole_numbers_are_the_servers_so_put_only_replaces() {
    let stage = Stage::set().await;
    let game = stage.tenant.game;
    let path = format!("/api/games/{game}");
    let replaced = stage.send("PUT", &path, &[], json!({ "name": "Renamed" })).await;
    let row = body(&replaced, 200);
    assert_eq!((&row["id"], &row["name"], &row["status"]), (&json!(game), &json!("Renamed"), &json!("draft")));
    for absent in ["2000000000", "0", "-1"] {
        refused(
            &stage.send("PUT", &format!("/api/games/{absent}"), &[], json!({ "name": "New" })).await,
            404,
            "not_found",
        );
    }
    refused(&stage.send("PUT", "/api/games/99999999999", &[], json!({ "name": "New" })).await, 400, "22003");
    let (other, _) = stage.other().await;
    refused(
        &stage.send("PUT", &format!("/api/games/{}", other.game), &[], json!({ "name": "New" })).await,
        404,
        "not_found",
    );
    assert_eq!(stage.number("select count(*) from games where name = 'New'").await, 0);
    stage.app.stop().await;
}

#[tokio::test]
async fn one_row_is_read_changed_and_deleted() {
    let stage = Stage::set().await;
    let made = stage.post("/api/players", json!({ "external_id": "O-1" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/api/players?id=eq.{id}"));
    let path = format!("/api/players/{id}");
    assert_eq!(body(&stage.get(&path).await, 200), &made.body);
    let part = stage.send("PATCH", &format!("{path}?select=tier"), &[], json!({ "tier": "gold" })).await;
    assert_eq!(body(&part, 200), &json!({ "tier": "gold" }));
    assert_eq!(stage.send("PATCH", &path, &[], json!({})).await.body["tier"], "gold", "nothing to change is no change");
    let silent = stage.send("PATCH", &path, &[("prefer", "return=minimal")], json!({ "tier": "x" })).await;
    assert_eq!((silent.status, &*silent.text), (204, ""));
    let gone =
        stage.call("DELETE", &format!("{path}?select=external_id"), &[("prefer", "return=representation")]).await;
    assert_eq!(body(&gone, 200), &json!({ "external_id": "O-1" }));
    for method in ["GET", "DELETE"] {
        refused(&stage.call(method, &path, &[]).await, 404, "not_found");
    }
    refused(&stage.send("PATCH", &path, &[], json!({ "tier": "x" })).await, 404, "not_found");
    stage.app.stop().await;
}

#[tokio::test]
async fn consents_outlive_their_player() {
    let stage = Stage::set().await;
    let id = stage.player("E-1").await["id"].as_str().unwrap().to_owned();
    let consent = json!({ "player_id": id, "channel": "sms", "status": "granted", "ip": "192.0.2.7" });
    assert_eq!(stage.post("/api/consents", consent).await.status, 201);
    assert_eq!(stage.call("DELETE", &format!("/api/players/{id}"), &[]).await.status, 204);
    let left = stage.get("/api/consents?select=player_id,channel,status,ip").await;
    assert_eq!(
        body(&left, 200),
        &json!([{ "player_id": null, "channel": "sms", "status": "granted", "ip": "192.0.2.7" }])
    );
    stage.app.stop().await;
}
