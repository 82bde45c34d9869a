//! One connection for everybody, and everything that can go wrong on it: what the next tenant gets is its own.

use std::time::Duration;

use playhouse::tenant::PropertyId;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};
use serde_json::{Value, json};

use super::neighbours::{Neighbours, Side, registry, texts};
use crate::support::{
    app::{self, send},
    database,
};

const ONE: &[(&str, &str)] = &[("PLAYHOUSE_DATABASE__MAX_CONNECTIONS", "1")];
/// The same, where a statement is broken off early.
const BRIEF: &[(&str, &str)] = &[ONE[0], ("PLAYHOUSE_DATABASE__STATEMENT_TIMEOUT_SECONDS", "3")];
const ROUNDS: usize = 300;

/// Asks for rows of one side and demands that all of them are.
async fn own_rows(stage: &Neighbours, side: &Side, word: &str, path: &str) {
    let answer = send(stage.app.request("GET", path).header("x-api-key", &side.key)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let rows = answer.body.as_array().unwrap();
    assert!(!rows.is_empty(), "{path}");
    for row in rows {
        assert_eq!(row["property_id"], json!(side.tenant.property), "{path}: {}", answer.text);
        assert!(row["name"].as_str().unwrap().starts_with(word), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn tenants_who_share_one_connection_never_see_each_other_whatever_fails_between() {
    let stage = Neighbours::meet_with(ONE, "wren", "heron").await;
    let stage = &stage;
    let sides = [(&stage.ours, "wren"), (&stage.theirs, "heron")];
    // Broken off at every moment of its way, from before it is sent to after it is answered.
    let aborted = async |side: &Side, round: usize, method: &str, path: &str, body: Value| {
        let request = stage.app.request(method, path).header("x-api-key", &side.key).json(&body);
        let _ = tokio::time::timeout(Duration::from_micros(round as u64 * 37 % 6_000), request.send()).await;
    };
    let failing = async |side: &Side, round: usize| {
        let (method, path, headers, body, status) = match round % 7 {
            0 => ("GET", "/api/segments?select=name::int", "", Value::Null, 400),
            1 => (
                "POST",
                "/api/games",
                "",
                json!({ "name": "x", "slug": format!("{} slug", if side.key == stage.ours.key { "wren" } else { "heron" }) }),
                409,
            ),
            2 => ("POST", "/api/campaigns", "", json!({ "name": "x", "template_id": uuid::Uuid::now_v7() }), 409),
            3 => ("POST", "/api/segments", "tx=rollback", json!({ "name": "gone" }), 201),
            4 => ("GET", "/api/segments?name=match.(", "", Value::Null, 400),
            5 => ("GET", "/api/segments", "timezone=Nowhere/City", Value::Null, 400),
            _ => (
                "PATCH",
                "/api/segments?id=not.is.null",
                "handling=strict,max-affected=0",
                json!({ "description": "x" }),
                400,
            ),
        };
        let request = stage.app.request(method, path).header("x-api-key", &side.key).header("prefer", headers);
        let answer = send(if body.is_null() { request } else { request.json(&body) }).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        let other = if side.key == stage.ours.key { "heron" } else { "wren" };
        assert!(!answer.text.contains(other), "{path}: {}", answer.text);
    };
    for round in 0..ROUNDS {
        let [(a, a_word), (b, b_word)] = if round % 2 == 0 { sides } else { [sides[1], sides[0]] };
        tokio::join!(
            own_rows(stage, a, a_word, "/api/segments"),
            failing(b, round),
            own_rows(stage, b, b_word, "/api/journeys?order=name"),
            aborted(a, round, "GET", "/api/segments?name=like.*n*", Value::Null),
            own_rows(stage, b, b_word, "/api/templates?id=not.is.null"),
            aborted(b, round + 61, "POST", "/api/segments", json!({ "name": format!("{b_word} late") })),
            failing(a, round + 3),
            own_rows(stage, a, a_word, "/api/content_items"),
        );
    }
    for (side, word) in sides {
        own_rows(stage, side, word, "/api/segments").await;
    }
    // What an aborted call made belongs to whom it was made for.
    for (side, other) in [(&stage.ours, "heron"), (&stage.theirs, "wren")] {
        let sql = format!(
            "select count(*) from segments where property_id = '{}' and name like '{other}%'",
            side.tenant.property
        );
        assert_eq!(database::number(&stage.app.database_url, &sql).await, 0);
    }
}

#[tokio::test]
async fn a_statement_that_was_given_up_leaves_nothing_for_the_next_tenant() {
    let stage = Neighbours::meet_with(BRIEF, "wren", "heron").await;
    let db = database::owner(&stage.app.database_url).await;
    for round in 0..3 {
        let held = sea_orm::TransactionTrait::begin(&db).await.unwrap();
        let row = stage.ours.id("segments");
        held.execute_unprepared(&format!("select from segments where id = '{row}' for update")).await.unwrap();
        let path = format!("/api/segments/{row}");
        let change = json!({ "description": "slow" });
        let slow = stage.send("PATCH", &path, &change);
        let others = async {
            own_rows(&stage, &stage.theirs, "heron", "/api/segments").await;
            own_rows(&stage, &stage.theirs, "heron", "/api/journeys").await;
        };
        if round == 2 {
            // The caller leaves while its statement waits for the row.
            let waiting =
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
            let left = async { while database::number(&stage.app.database_url, waiting).await == 0 {} };
            tokio::select! {
                _ = slow => panic!("nobody let go of the row"),
                () = left => (),
            }
            others.await;
        } else {
            let (slow, ()) = tokio::join!(slow, others);
            assert_eq!((slow.status, &slow.body["code"]), (503, &json!("unavailable")), "{}", slow.text);
        }
        held.rollback().await.unwrap();
        own_rows(&stage, &stage.ours, "wren", "/api/segments").await;
        own_rows(&stage, &stage.theirs, "heron", "/api/segments").await;
    }
    db.close().await.unwrap();
}

#[tokio::test]
async fn a_statement_that_forgets_its_tenant_still_sees_its_own_rows_alone() {
    let stage = Neighbours::meet().await;
    for side in [&stage.ours, &stage.theirs, &stage.ours] {
        let mut connection = stage.app.app.tenants.acquire(PropertyId(side.tenant.property)).await.unwrap();
        for table in registry().tables() {
            let sql = format!("select distinct property_id from {}", table.name);
            let rows = connection.query(&sql, &[]).await.unwrap();
            let seen: Vec<&[u8]> = rows.iter().map(|row| row.bytes(0).unwrap()).collect();
            assert_eq!(seen, [side.tenant.property.as_bytes()], "{}", table.name);
        }
        // Neither a condition that is always true nor the other's own id leads further.
        let other = if side.key == stage.ours.key { &stage.theirs } else { &stage.ours };
        for table in registry().tables() {
            let id = other.id(table.name);
            let sql = format!(
                "select id from {} where id = '{id}' and property_id = '{}'",
                table.name, other.tenant.property
            );
            assert!(connection.query(&sql, &[]).await.unwrap().is_empty(), "{}", table.name);
        }
    }
}

#[tokio::test]
async fn a_connection_without_a_tenant_reads_and_writes_nothing_in_any_table() {
    let stage = Neighbours::meet().await;
    let settings = app::config(&[]).database;
    let db = playhouse::database::connect(&stage.app.database_url, &settings).unwrap().requests;
    let property = stage.theirs.tenant.property;
    for table in registry().tables() {
        let name = table.name;
        assert!(texts(&db, &format!("select id::text from {name}")).await.is_empty(), "{name}");
        for sql in [
            format!("delete from {name}"),
            format!("update {name} set property_id = property_id"),
            format!("insert into {name} select * from {name}"),
        ] {
            // No right at all is as good as no rows.
            let changed = db.execute_unprepared(&sql).await.map_or(0, |done| done.rows_affected());
            assert_eq!(changed, 0, "{sql}");
        }
    }
    for table in registry().tables().iter().filter(|table| !table.search.is_empty()) {
        let found = texts(&db, &format!("select {}('%')::text", table.search_function())).await;
        assert!(found.is_empty(), "{}", table.name);
    }
    let sql = format!("insert into segments (property_id, name) values ('{property}', 'stray')");
    assert!(db.execute_unprepared(&sql).await.unwrap_err().to_string().contains("row-level security"));
    db.close().await.unwrap();
}

#[tokio::test]
async fn a_tenants_connection_changes_no_row_of_another_in_any_table() {
    #[derive(FromQueryResult)]
    struct Rows {
        rows: i64,
    }
    let stage = Neighbours::meet().await;
    let owner = database::owner(&stage.app.database_url).await;
    let theirs = stage.theirs.tenant.property;
    let mut connection = stage.app.app.tenants.acquire(PropertyId(stage.ours.tenant.property)).await.unwrap();
    for table in registry().tables().iter().filter(|table| table.name != "members") {
        let name = table.name;
        let count = format!("select count(*) as rows from {name} where property_id = '{theirs}'");
        let counted = async || {
            let statement = Statement::from_string(DbBackend::Postgres, count.clone());
            Rows::find_by_statement(statement).one(&owner).await.unwrap().unwrap().rows
        };
        let before = counted().await;
        assert!(before > 0, "{name}");
        for sql in [
            format!("update {name} set property_id = '{theirs}'"),
            format!(
                "insert into {name} select (jsonb_populate_record(t, '{{\"property_id\":\"{theirs}\"}}')).* from {name} t"
            ),
            format!("delete from {name} where property_id = '{theirs}'"),
            format!("update {name} set id = id where property_id = '{theirs}'"),
        ] {
            if let Ok(done) = connection.execute(&sql, &[]).await {
                assert_eq!(done.affected(), 0, "{sql}");
            }
        }
        assert_eq!(counted().await, before, "{name}");
    }
    drop(connection);
    owner.close().await.unwrap();
}
