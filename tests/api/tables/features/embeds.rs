//! Relations deeper than one step, and through a table in between.

use super::*;

/// Games and streams of the tenant, and plays that join them.
async fn arcade() -> Stage {
    let stage = Stage::set().await;
    let (property, org) = (stage.tenant.property, stage.tenant.org);
    let names = |table: &str, names: &[&str]| {
        let rows: Vec<_> = names.iter().map(|name| format!("('{property}', {org}, '{name}', 'active')")).collect();
        format!("insert into {table} (property_id, organization_id, name, status) values {};", rows.join(","))
    };
    let play = |game: &str, stream: &str, reference: &str| {
        format!(
            "insert into game_sessions (property_id, organization_id, game_id, stream_id, external_ref, expires_at, created_at, updated_at) \
            select '{property}', {org}, (select id from games where name = '{game}'), (select id from streams where name = '{stream}'), \
            '{reference}', now(), now(), now();"
        )
    };
    let sql = [
        names("games", &["Dice", "Wheel"]),
        names("streams", &["East", "West"]),
        play("Dice", "East", "a"),
        play("Dice", "West", "b"),
        play("Wheel", "East", "c"),
        play("Wheel", "none", "d"),
    ];
    stage.execute(&sql.concat()).await;
    stage
}

#[tokio::test]
async fn games_and_streams_meet_in_their_sessions() {
    let stage = arcade().await;
    let path = "/api/games?select=name,streams(name)&streams.order=name&name=in.(Dice,Wheel)&order=name";
    assert_eq!(
        body(&stage.get(path).await, 200),
        &json!([
            { "name": "Dice", "streams": [{ "name": "East" }, { "name": "West" }] },
            { "name": "Wheel", "streams": [{ "name": "East" }] },
        ])
    );
    let back = "/api/streams?select=name,games!game_sessions!inner(name)&games.name=eq.Dice&order=name";
    assert_eq!(
        body(&stage.get(back).await, 200),
        &json!([{ "name": "East", "games": [{ "name": "Dice" }] }, { "name": "West", "games": [{ "name": "Dice" }] }])
    );
    let counted = "/api/games?select=name,streams(count()),game_sessions(count())&name=eq.Wheel";
    assert_eq!(
        body(&stage.get(counted).await, 200),
        &json!([{ "name": "Wheel", "streams": [{ "count": 1 }], "game_sessions": [{ "count": 2 }] }])
    );
    let spread = "/api/games?select=name,...streams(shown:name)&streams.order=name&name=eq.Dice";
    assert_eq!(body(&stage.get(spread).await, 200), &json!([{ "name": "Dice", "shown": ["East", "West"] }]));
    stage.app.stop().await;
}

#[tokio::test]
async fn relations_nest_three_deep() {
    let stage = arcade().await;
    let path = "/api/games?select=name,game_sessions(external_ref,streams(name,game_sessions(external_ref,games(name))))\
        &name=eq.Dice&game_sessions.order=external_ref&game_sessions.limit=1\
        &game_sessions.streams.game_sessions.order=external_ref.desc";
    assert_eq!(
        body(&stage.get(path).await, 200),
        &json!([{ "name": "Dice", "game_sessions": [{ "external_ref": "a", "streams": { "name": "East", "game_sessions": [
            { "external_ref": "c", "games": { "name": "Wheel" } },
            { "external_ref": "a", "games": { "name": "Dice" } },
        ] } }] }])
    );
    let inner =
        "/api/games?select=name,game_sessions!inner(streams!inner(name))&game_sessions.streams.name=eq.West&order=name";
    assert_eq!(
        body(&stage.get(inner).await, 200),
        &json!([{ "name": "Dice", "game_sessions": [{ "streams": { "name": "West" } }] }])
    );
    let id = stage.number("select id from games where name = 'Wheel'").await;
    let one = stage
        .get(&format!("/api/games/{id}?select=name,game_sessions(external_ref)&game_sessions.order=external_ref"))
        .await;
    assert_eq!(
        body(&one, 200),
        &json!({ "name": "Wheel", "game_sessions": [{ "external_ref": "c" }, { "external_ref": "d" }] })
    );
    stage.app.stop().await;
}

#[tokio::test]
async fn written_rows_come_back_with_their_relations() {
    let stage = Stage::set().await;
    let id = stage.player("N-1").await["id"].as_str().unwrap().to_owned();
    let row = json!({ "player_id": id, "channel": "sms", "status": "granted" });
    let made = stage.post("/api/consents?select=channel,players(external_id)", row).await;
    assert_eq!(body(&made, 201), &json!({ "channel": "sms", "players": { "external_id": "N-1" } }));
    let path = format!("/api/players/{id}?select=tier,consents(channel)");
    let changed = stage.send("PATCH", &path, &[], json!({ "tier": "gold" })).await;
    assert_eq!(body(&changed, 200), &json!({ "tier": "gold", "consents": [{ "channel": "sms" }] }));
    stage.app.stop().await;
}

#[tokio::test]
async fn groups_are_sorted_by_what_a_relation_lays_into_them() {
    let stage = Stage::set().await;
    for (player, channels) in [("N-2", &["sms"][..]), ("N-1", &["sms", "email"]), ("N-3", &["voice"])] {
        let id = stage.player(player).await["id"].clone();
        for channel in channels {
            let row = json!({ "player_id": id, "channel": channel, "status": "granted" });
            assert_eq!(stage.post("/api/consents", row).await.status, 201);
        }
    }
    let grouped = |order: &str| format!("/api/consents?select=...players(external_id),count()&order={order}");
    assert_eq!(
        body(&stage.get(&grouped("players(external_id).desc")).await, 200),
        &json!([
            { "external_id": "N-3", "count": 1 },
            { "external_id": "N-2", "count": 1 },
            { "external_id": "N-1", "count": 2 },
        ])
    );
    let renamed = "/api/consents?select=...players(who:external_id),count()&order=players(external_id)&limit=1";
    assert_eq!(body(&stage.get(renamed).await, 200), &json!([{ "who": "N-1", "count": 2 }]));
    // What the groups do not show cannot sort them.
    refused(&stage.get(&grouped("players(tier)")).await, 400, "42803");
    stage.app.stop().await;
}
