//! What a session remembers of who listens, and that it never remembers it for too long.

use playhouse::config::Database;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::*;
use crate::support::app;

impl Stage {
    /// One connection that speaks for the tenant, as those of the server's tenant pool do.
    async fn session(&self) -> DatabaseConnection {
        let settings = Database { max_connections: 1, ..app::config(&[]).database };
        let db = playhouse::database::connect(&self.app.database_url, &settings).unwrap().requests;
        db.execute_unprepared("set app.remembers = on").await.unwrap();
        speak_for(&db, self.tenant.property).await;
        db
    }

    /// How many events were written, and how many of them are, or were, to be handed out.
    async fn counted(&self) -> String {
        let sql = "select (select count(*) from events where type = 'player.created') || ' ' \
                     || ((select count(*) from event_outbox) + (select count(*) from webhook_deliveries)) as text";
        self.texts(sql).await.remove(0)
    }
}

async fn speak_for(db: &DatabaseConnection, property: Uuid) {
    db.execute_unprepared(&format!("select set_config('app.property_id', '{property}', false)")).await.unwrap();
}

const WRITE: &str = "insert into players (property_id, external_id) select current_property(), gen_random_uuid()";

async fn write(db: &DatabaseConnection) {
    db.execute_unprepared(WRITE).await.unwrap();
}

/// What a session knows of silent properties and of such as keep their events.
async fn remembered(db: &DatabaseConnection) -> String {
    let sql = "select concat_ws('|', current_setting('app.silent', true), current_setting('app.keeps', true)) as text";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
    row.try_get("", "text").unwrap()
}

#[tokio::test]
async fn a_session_notices_from_the_next_transaction_on_who_listens_and_what_is_kept() {
    let stage = Stage::set().await;
    stage.keep_no_log().await;
    let (one, property) = (stage.session().await, stage.tenant.property);
    write(&one).await;
    write(&one).await;
    assert_eq!(stage.counted().await, "0 0");
    assert!(remembered(&one).await.starts_with(&property.to_string()), "{}", remembered(&one).await);
    let webhook = stage.webhook(property, "{player.*}", "").await;
    write(&one).await;
    assert_eq!(stage.counted().await, "1 1");
    stage.sql(&format!("update webhooks set enabled = false where id = '{webhook}'")).await;
    write(&one).await;
    assert_eq!(stage.counted().await, "1 1");
    stage.sql("update properties set settings = '{}'").await;
    write(&one).await;
    assert_eq!(stage.counted().await, "2 1");
    stage.sql("update webhooks set enabled = true").await;
    write(&one).await;
    assert_eq!(stage.counted().await, "3 2");
    stage.keep_no_log().await;
    // Handed out before its webhook goes, or it would be told to nobody.
    stage.deliveries(webhook).await;
    stage.sql("delete from webhooks").await;
    write(&one).await;
    assert_eq!(stage.counted().await, "3 2");
}

#[tokio::test]
async fn what_is_remembered_is_gone_by_and_only_for_its_property_and_as_long_as_nothing_changes() {
    let stage = Stage::set().await;
    let (one, property) = (stage.session().await, stage.tenant.property);
    let pretend = "select set_config('app.is_silent', '%' || pg_relation_filepath('listening_changes'), false)";
    one.execute_unprepared(&pretend.replace('%', &property.to_string())).await.unwrap();
    write(&one).await;
    assert_eq!(stage.counted().await, "0 0", "nobody asked the property");
    one.execute_unprepared(&pretend.replace('%', "")).await.unwrap();
    write(&one).await;
    assert_eq!(stage.counted().await, "1 0");
    one.execute_unprepared(&pretend.replace('%', &property.to_string())).await.unwrap();
    stage.sql("update properties set settings = '{\"event_log\": false}'").await;
    stage.sql("update properties set settings = '{}'").await;
    write(&one).await;
    assert_eq!(stage.counted().await, "2 0");
}

#[tokio::test]
async fn what_one_transaction_changes_twice_it_notices_twice_and_what_it_takes_back_nobody_remembers() {
    let stage = Stage::set().await;
    stage.keep_no_log().await;
    let property = stage.tenant.property;
    let (listen, ignore) = (
        format!("insert into webhooks (property_id, url) values ('{property}', 'https://example.com/')"),
        "delete from webhooks".to_owned(),
    );
    let both = |change: &str| format!("reset role; {change}; set role playhouse_app; {WRITE}");
    let begin = format!(
        "begin; set app.remembers = on; set app.property_id = '{property}'; set timezone = 'UTC'; set role playhouse_app; {WRITE}"
    );
    let twice = [&*listen, &*ignore, &*listen].map(both).join("; ");
    stage.sql(&format!("{begin}; {twice}; commit")).await;
    assert_eq!(stage.counted().await, "2 2");
    stage.sql("delete from webhooks; truncate events, event_outbox, webhook_deliveries").await;
    let back = both(&listen);
    stage.sql(&format!("{begin}; savepoint before; {back}; rollback to before; {WRITE}; commit")).await;
    assert_eq!(stage.counted().await, "0 0");
}

#[tokio::test]
async fn an_old_snapshot_is_nothing_to_remember() {
    let stage = Stage::set().await;
    stage.keep_no_log().await;
    let one = stage.session().await;
    one.execute_unprepared("begin isolation level repeatable read").await.unwrap();
    write(&one).await;
    stage.webhook(stage.tenant.property, "{*}", "").await;
    write(&one).await;
    assert_eq!(remembered(&one).await, "");
    one.execute_unprepared("commit").await.unwrap();
    write(&one).await;
    assert_eq!(stage.counted().await, "1 1");
}

#[tokio::test]
async fn a_session_that_speaks_for_many_remembers_a_bounded_number_and_tells_them_apart() {
    let stage = Stage::set().await;
    let one = stage.session().await;
    stage
        .sql(&format!(
            "insert into properties (id, organization_id, name, settings) \
             select gen_random_uuid(), organization_id, 'Number ' || n, jsonb_build_object('event_log', n % 2 = 0) \
               from properties, generate_series(1, 120) n where id = '{}'",
            stage.tenant.property
        ))
        .await;
    let all = stage.texts("select id::text as text from properties where name like 'Number %' order by name").await;
    for _ in 0..2 {
        for property in &all {
            speak_for(&one, property.parse().unwrap()).await;
            write(&one).await;
        }
        assert!((1..8200).contains(&remembered(&one).await.len()));
    }
    let wrong = "select p.name as text from properties p left join events e on e.property_id = p.id \
                 where p.name like 'Number %' group by p.id having count(e.id) <> case when p.keeps_log then 2 else 0 end";
    assert_eq!(stage.texts(wrong).await, [""; 0]);
}

#[tokio::test]
async fn a_session_that_may_change_rows_of_others_remembers_nothing() {
    let stage = Stage::set().await;
    stage.keep_no_log().await;
    let (silent, other) = (stage.tenant.property, stage.app.tenant().await);
    stage.webhook(other.property, "{player.created}", "").await;
    stage.sql("truncate events, event_outbox, webhook_deliveries").await;
    stage
        .sql(&format!(
            "set app.property_id = '{silent}'; set timezone = 'UTC'; set role playhouse_app; {WRITE}; reset role; \
             insert into players (property_id, external_id) values ('{}', 'P-1')",
            other.property
        ))
        .await;
    assert_eq!(stage.counted().await, "1 1");
    let zone = "select payload ->> 'timestamp' as text from events";
    assert!(stage.texts(zone).await[0].ends_with("+00:00"));
}
