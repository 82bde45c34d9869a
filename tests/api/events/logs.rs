//! The weeks of the logs: made ahead, dropped when they are old.

use playhouse::events::upkeep;

use super::*;

const WEEKS: &str = "select c.relname::text as text from pg_inherits i join pg_class c on c.oid = i.inhrelid \
     where i.inhparent = 'PARENT'::regclass and c.relname !~ 'default' order by 1";

#[tokio::test]
async fn old_weeks_are_dropped_and_the_next_ones_made_and_nothing_is_lost_in_between() {
    let stage = Stage::set().await;
    let property = stage.tenant.property;
    stage
        .sql(&format!(
            "create table events_2020w01 partition of events \
               for values from (uuid_floor('2019-12-30 00:00Z')) to (uuid_floor('2020-01-06 00:00Z')); \
             insert into events (property_id, id, type, payload) values \
               ('{property}', uuid_floor('2020-01-01 00:00Z'), 'of 2020', '{{}}'), \
               ('{property}', uuid_floor(now() - interval '60 days'), 'too old', '{{}}'), \
               ('{property}', uuid_floor(now() - interval '20 days'), 'kept', '{{}}'), \
               ('{property}', uuid_floor(now() + interval '20 days'), 'to come', '{{}}')"
        ))
        .await;
    let weeks = async |parent: &str| stage.texts(&WEEKS.replace("PARENT", parent)).await;
    let before = weeks("events").await;
    assert_eq!(stage.texts("select type as text from events_default order by id").await, ["too old", "kept"]);
    upkeep::keep_partitions(&stage.app.app.background, 30).await.unwrap();
    assert_eq!(stage.types().await, ["kept", "to come"]);
    let after = weeks("events").await;
    assert!(
        before.contains(&"events_2020w01".to_owned()) && !after.contains(&"events_2020w01".to_owned()),
        "{after:?}"
    );
    let future = "select count(*)::text as text from generate_series(0, 5) n \
         where to_regclass('events_' || to_char((now() at time zone 'UTC') + n * interval '7 days', 'IYYY\"w\"IW')) is not null";
    assert_eq!(stage.texts(future).await, ["6"]);
    assert_eq!(stage.texts(&future.replace("events_", "webhook_attempts_")).await, ["6"]);
    assert_eq!(stage.texts("select count(*)::text as text from events_default").await, ["0"]);

    upkeep::keep_partitions(&stage.app.app.background, 30).await.unwrap();
    assert_eq!(weeks("events").await, after, "there is nothing more to do");
    upkeep::keep_partitions(&stage.app.app.background, 1).await.unwrap();
    let rest = weeks("events").await;
    assert!(rest.len() < after.len() && rest.len() >= 6, "{rest:?}");
}

#[tokio::test]
async fn a_week_is_no_way_around_the_wall() {
    let stage = Stage::set().await;
    stage.made("players", player(1)).await;
    upkeep::keep_partitions(&stage.app.app.background, 30).await.unwrap();
    for week in stage.texts(&WEEKS.replace("PARENT", "events")).await.into_iter().chain(["events_default".to_owned()]) {
        for role in ["playhouse_app", "playhouse_workers"] {
            let sql = format!(
                "select has_table_privilege('{role}', '{week}', 'select, insert, update, delete')::text as text"
            );
            assert_eq!(stage.texts(&sql).await, ["false"], "{role} {week}");
        }
    }
}

#[tokio::test]
async fn the_shell_turns_a_propertys_log_off_and_on() {
    let stage = Stage::set().await;
    let update = async |id: &str, log: &str| {
        tokio::process::Command::new(env!("CARGO_BIN_EXE_playhouse"))
            .args(["admin", "property", "update", "--id", id, "--event-log", log])
            .env_clear()
            .env("DATABASE_URL", &stage.app.database_url)
            .current_dir(std::env::temp_dir())
            .output()
            .await
            .unwrap()
    };
    let property = stage.tenant.property.to_string();
    for (log, told) in [("false", &[][..]), ("true", &["player.created"][..])] {
        let said = update(&property, log).await;
        let text = String::from_utf8_lossy(&said.stdout);
        assert!(said.status.success() && text.contains(&format!("\"event_log\":{log}")), "{said:?}");
        stage.made("players", json!({ "external_id": format!("log {log}") })).await;
        assert_eq!(stage.types().await, told, "{log}");
    }
    let said = update(&Uuid::now_v7().to_string(), "false").await;
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(!said.status.success() && text.contains("there is no such property"), "{said:?}");
}
