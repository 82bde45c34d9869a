//! Steps in the life of a row that have a name of their own.

use super::*;

#[tokio::test]
async fn a_campaign_tells_of_its_steps_beside_its_changes() {
    let stage = Stage::set().await;
    stage.made("campaigns", json!({ "name": "Spring" })).await;
    assert_eq!(stage.types().await, ["campaign.created"]);
    for (status, step) in
        [("scheduled", "campaign.scheduled"), ("sending", "campaign.started"), ("sent", "campaign.completed")]
    {
        stage.sql(&format!("update campaigns set status = '{status}'")).await;
        stage.sql(&format!("update campaigns set status = '{status}'")).await;
        let mut told = stage.told().await;
        told.sort_by(|a, b| a.kind.cmp(&b.kind));
        let mut kinds = vec![step, "campaign.updated"];
        kinds.sort_unstable();
        assert_eq!(told.iter().map(|event| &*event.kind).collect::<Vec<_>>(), kinds);
        assert!(told.iter().all(|event| event.data()["status"] == status && event.changed() == ["status"]));
    }
    stage.sql("update campaigns set status = 'cancelled'").await;
    assert_eq!(stage.types().await, ["campaign.updated"]);
}

#[tokio::test]
async fn consents_are_recorded_or_revoked_and_say_nothing_when_their_player_goes() {
    let stage = Stage::set().await;
    let player = stage.made("players", player(1)).await;
    stage.told().await;
    let consent =
        |status: &str| json!({ "player_id": player["id"], "channel": "email", "status": status, "ip": "203.0.113.7" });
    let granted = stage.made("consents", consent("granted")).await;
    stage.made("consents", json!([consent("revoked"), consent("granted")])).await;
    let told = stage.told().await;
    assert_eq!((&*told[0].kind, told[0].data()), ("consent.recorded", &granted));
    assert_eq!(keys(told[0].data()), visible("consents"));
    let mut types: Vec<_> = told.iter().map(|event| &*event.kind).collect();
    types.sort_unstable();
    assert_eq!(types, ["consent.recorded", "consent.recorded", "consent.revoked"]);
    stage.send("DELETE", "/api/players?external_id=eq.P-1", &Value::Null).await;
    assert_eq!(stage.types().await, ["player.deleted"]);
}

#[tokio::test]
async fn a_key_of_the_property_is_created_and_revoked_without_a_word_of_its_secret() {
    let stage = Stage::set().await;
    let (id, key) = property_key(&stage.app.database_url, &stage.tenant, generous()).await;
    let told = stage.told().await;
    assert_eq!((told.len(), &*told[0].kind), (1, "api_key.created"));
    assert_eq!((&told[0].data()["id"], keys(told[0].data())), (&json!(id), visible("api_keys")));
    let secret = key.trim_start_matches(told[0].data()["key_prefix"].as_str().unwrap());
    assert!(!told[0].payload.to_string().contains(secret));
    let one = |set: &str| format!("update api_keys set {set} where id = '{id}'");
    stage.sql(&one("last_used_at = now()")).await;
    stage.sql(&one("name = 'Another name'")).await;
    assert_eq!(stage.types().await, [""; 0]);
    stage.sql(&one("revoked_at = now()")).await;
    stage.sql(&one("name = 'Yet another'")).await;
    let told = stage.told().await;
    assert_eq!((told.len(), &*told[0].kind), (1, "api_key.revoked"));
    assert_eq!(told[0].changed(), ["revoked_at", "is_active"]);
}
