//! What a body may say, and in which form.

use super::*;

#[tokio::test]
async fn a_row_may_say_whose_it_is_but_not_that_it_is_somebody_elses() {
    let stage = Stage::set().await;
    let (other, _) = stage.other().await;
    let own = stage.tenant.property;
    let answer = stage.post("/api/players", json!({ "external_id": "W-1", "property_id": own })).await;
    assert_eq!(body(&answer, 201)["property_id"], own.to_string());
    let id = answer.body["id"].as_str().unwrap().to_owned();
    let path = format!("/api/players/{id}");
    assert_eq!(stage.send("PATCH", &path, &[], json!({ "property_id": own, "tier": "gold" })).await.status, 200);
    for foreign in [json!(other.property), json!(uuid::Uuid::nil()), json!("nonsense"), json!(null), json!(7)] {
        let row = json!({ "external_id": "W-2", "property_id": foreign });
        refused(&stage.post("/api/players", row.clone()).await, 403, "property_mismatch");
        refused(&stage.post("/api/players", json!([row])).await, 403, "property_mismatch");
        refused(&stage.send("PATCH", &path, &[], json!({ "property_id": foreign })).await, 403, "property_mismatch");
        refused(&stage.send("PUT", &path, &[], row).await, 403, "property_mismatch");
        let each = json!([{ "id": id, "property_id": foreign, "tier": "x" }]);
        refused(&stage.send("PATCH", "/api/players", &[], each).await, 403, "property_mismatch");
    }
    let csv = format!("external_id,property_id\nW-3,{}\n", other.property);
    let csv = stage.request("POST", "/api/players").header("content-type", "text/csv").body(csv);
    refused(&send(csv).await, 403, "property_mismatch");
    // A filter on the tenant can only narrow.
    assert_eq!(stage.found(&format!("property_id=eq.{own}")).await, ["W-1"]);
    assert!(stage.found(&format!("property_id=eq.{}", other.property)).await.is_empty());
    assert_eq!(stage.found(&format!("or=(property_id.eq.{},property_id.not.is.null)", other.property)).await, ["W-1"]);
    stage.app.stop().await;
}

#[tokio::test]
async fn what_the_server_sets_nobody_else_does() {
    let stage = Stage::set().await;
    let id = stage.player("S-1").await["id"].as_str().unwrap().to_owned();
    let created = "2020-01-01T00:00:00Z";
    let changes = [json!({ "created_at": created }), json!({ "updated_at": created })];
    for change in changes {
        let mut row = json!({ "external_id": "S-2" });
        row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        refused(&stage.post("/api/players", row.clone()).await, 400, "read_only_column");
        refused(&stage.send("PUT", &format!("/api/players/{id}"), &[], row).await, 400, "read_only_column");
        refused(&stage.send("PATCH", &format!("/api/players/{id}"), &[], change).await, 400, "read_only_column");
    }
    let refused_one = [
        ("/api/campaigns", json!({ "name": "C", "channel": "email", "status": "sent" })),
        ("/api/campaigns", json!({ "name": "C", "channel": "email", "sent_at": created })),
        ("/api/journeys", json!({ "name": "J", "version": 7 })),
        ("/api/games", json!({ "name": "G", "id": 7 })),
        ("/api/consents", json!({ "player_id": id, "channel": "sms", "status": "granted", "recorded_at": created })),
    ];
    for (path, row) in refused_one {
        refused(&stage.post(path, row).await, 400, "read_only_column");
    }
    // What is hidden does not exist.
    for row in [json!({ "name": "G", "organization_id": 1 }), json!({ "name": "G", "search_text": "x" })] {
        refused(&stage.post("/api/games", row).await, 400, "PGRST204");
    }
    for query in ["select=organization_id", "organization_id=eq.1", "order=organization_id", "select=search_text"] {
        refused(&stage.get(&format!("/api/games?{query}")).await, 400, "42703");
    }
    stage.app.stop().await;
}

#[tokio::test]
async fn the_time_of_a_change_is_the_servers() {
    let stage = Stage::set().await;
    let row = stage.player("T-1").await;
    assert_eq!(row["created_at"], row["updated_at"]);
    stage.app.clock.advance(chrono::TimeDelta::hours(5));
    let path = format!("/api/players/{}", row["id"].as_str().unwrap());
    let changed = stage.send("PATCH", &path, &[], json!({ "tier": "gold" })).await;
    let instant =
        |row: &Value, column: &str| chrono::DateTime::parse_from_rfc3339(row[column].as_str().unwrap()).unwrap();
    let moved = instant(body(&changed, 200), "updated_at") - instant(&row, "updated_at");
    assert!(moved >= chrono::TimeDelta::hours(5), "{moved}");
    assert_eq!(changed.body["created_at"], row["created_at"]);
    stage.app.stop().await;
}

#[tokio::test]
async fn left_out_members_are_null_or_the_default_as_the_caller_likes() {
    let stage = Stage::set().await;
    let rows = json!([{ "external_id": "D-1", "visits": 3 }, { "external_id": "D-2" }]);
    let path = "/api/players?columns=external_id,visits,status&select=external_id,visits,status&order=external_id";
    refused(&stage.post(path, rows.clone()).await, 400, "23502");
    let defaults = stage.send("POST", path, &[("prefer", "missing=default")], rows).await;
    assert_eq!(
        body(&defaults, 201),
        &json!([
            { "external_id": "D-1", "visits": 3, "status": "active" },
            { "external_id": "D-2", "visits": 0, "status": "active" },
        ])
    );
    let path = "/api/players?external_id=eq.D-1&columns=tier,visits&select=tier,visits";
    let rows = &[("prefer", "return=representation")];
    let nulls = stage.send("PATCH", path, rows, json!({ "tier": "gold", "zip": "ignored" })).await;
    assert_eq!(body(&nulls, 200), &json!([{ "tier": "gold", "visits": null }]));
    stage.app.stop().await;
}

#[tokio::test]
async fn a_table_program_can_read_and_write_rows() {
    let stage = Stage::set().await;
    let csv = "external_id,first_name,visits,tags,attributes\r\n\
        C-1,\"=HYPERLINK(\"\"x\"\")\",-5,\"{a,b}\",\"{\"\"k\"\": [1]}\"\r\n\
        C-2,\"two\nlines, \"\"quoted\"\"\",NULL,{},NULL\r\n\
        C-3,@home,7,NULL,{}\r\n";
    let send_csv = async |text: &str| {
        send(
            stage
                .request("POST", "/api/players?select=external_id")
                .header("content-type", "text/csv")
                .body(text.to_owned()),
        )
        .await
    };
    assert_eq!(external_ids(&send_csv(csv).await), ["C-1", "C-2", "C-3"]);
    let path = "/api/players?select=external_id,first_name,visits,tags&order=external_id";
    let kept = stage.call("GET", path, &[("accept", "text/csv")]).await;
    assert_eq!(
        kept.text,
        "external_id,first_name,visits,tags\nC-1,\"=HYPERLINK(\"\"x\"\")\",-5,\"{a,b}\"\n\
        C-2,\"two\nlines, \"\"quoted\"\"\",,{}\nC-3,@home,7,"
    );
    assert_eq!(kept.header("content-type"), "text/csv; charset=utf-8");
    let escaped = stage.call("GET", path, &[("accept", "text/csv;formulas=escaped")]).await;
    assert!(escaped.text.contains("'=HYPERLINK(") && escaped.text.contains("'@home"), "{}", escaped.text);
    assert!(escaped.text.contains(",-5,"), "a number is no formula: {}", escaped.text);
    assert_eq!(escaped.text.matches('\'').count(), 2, "{}", escaped.text);
    for (wrong, code) in [
        ("external_id,visits\nC-4,x\n", "22P02"),
        ("external_id,visits\nC-4\n", "PGRST102"),
        ("external_id,nope\nC-4,1\n", "PGRST204"),
        ("external_id\n\"C-4\n", "PGRST102"),
        ("external_id,status\nC-4,weird\n", "23514"),
    ] {
        refused(&send_csv(wrong).await, 400, code);
    }
    assert_eq!(stage.found("order=external_id").await, ["C-1", "C-2", "C-3"]);
    stage.app.stop().await;
}

/// Whether the constraint is the table's or its type's.
#[tokio::test]
async fn a_value_outside_its_limits_is_named_with_its_constraint_and_what_is_allowed() {
    let stage = Stage::set().await;
    for (table, row, column, details) in [
        (
            "players",
            json!({ "external_id": "L-1", "status": "weird" }),
            "status",
            "status must be one of: active, inactive, suspended, closed, self_excluded",
        ),
        ("players", json!({ "external_id": "" }), "external_id", "the value of external_id is outside its limits"),
        ("segments", json!({ "name": "" }), "name", "the value of name is outside its limits"),
    ] {
        let answer = stage.post(&format!("/api/{table}"), row).await;
        let expected = format!("new row for relation \"{table}\" violates check constraint \"{table}_{column}_check\"");
        assert_eq!(refused(&answer, 400, "23514"), expected);
        assert_eq!(answer.body["details"], details);
    }
    stage.app.stop().await;
}
