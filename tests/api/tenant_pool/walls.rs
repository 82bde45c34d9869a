//! The tenant of a connection, when it is forgotten and when it cannot be set.

use playhouse::tenant_pool::Begin;

use super::*;

#[tokio::test]
async fn two_tenants_on_one_connection_see_their_own_rows() {
    let notes = Notes::on_one_connection().await;
    for _ in 0..3 {
        assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
        assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
        assert_eq!(notes.read(notes.b).await.unwrap(), NOTES);
    }
    assert_eq!(notes.sessions("true").await, 1);
}

#[tokio::test]
async fn a_connection_that_forgets_its_tenant_reads_nothing() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
    connection.query("select set_config('app.property_id', '', false)", &[]).await.unwrap();
    assert!(connection.query(ALL, &[]).await.unwrap().is_empty());
    connection.query("reset app.property_id", &[]).await.unwrap();
    assert!(connection.query(ALL, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_connection_works_as_the_role_without_rights() {
    let notes = Notes::with(4).await;
    let sql = "select current_user::text, current_setting('plan_cache_mode'), current_setting('TimeZone'), \
        current_setting('statement_timeout'), current_setting('DateStyle')";
    let rows = notes.acquire(notes.a).await.query(sql, &[]).await.unwrap();
    let row = rows.get(0).unwrap();
    let said: Vec<_> = (0..row.len()).map(|column| std::str::from_utf8(row.bytes(column).unwrap()).unwrap()).collect();
    assert_eq!(said, ["playhouse_app", "force_generic_plan", "UTC", "10s", "ISO, MDY"]);
}

#[tokio::test]
async fn when_the_tenant_cannot_be_set_nothing_is_answered_and_nothing_is_written() {
    let notes = Notes::on_one_connection().await;
    assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
    // The statement behind the setting is known to the connection, so both travel together.
    let forbid = "revoke execute on function pg_catalog.set_config(text, text, boolean) from public";
    let allow = "grant execute on function pg_catalog.set_config(text, text, boolean) to public";
    database::execute(&notes.url, forbid).await;
    // Who carries its tenant is not disturbed.
    assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
    assert_eq!(state(notes.acquire(notes.b).await.query(ALL, &[]).await), "42501");

    database::execute(&notes.url, allow).await;
    assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
    let delete = "delete from notes";
    let prepared = notes.acquire(notes.a).await.execute("delete from notes where false", &[]).await;
    assert_eq!(prepared.unwrap().affected(), 0);
    database::execute(&notes.url, forbid).await;
    let mut connection = notes.acquire(notes.b).await;
    assert_eq!(state(connection.execute(delete, &[]).await), "42501");
    let mut transaction = connection.transaction(Begin::read_write());
    assert_eq!(state(transaction.query(delete, &[]).await), "42501");
    transaction.commit().await.unwrap_err();
    drop(connection);
    database::execute(&notes.url, allow).await;

    let all = i64::try_from(2 * NOTES).unwrap();
    assert_eq!(notes.number("select count(*) from notes").await, all);
    for tenant in [notes.b, notes.a] {
        assert_eq!(notes.read(tenant).await.unwrap(), NOTES);
    }
}

#[tokio::test]
async fn a_write_under_the_connections_former_tenant_is_not_sent() {
    let notes = Notes::on_one_connection().await;
    let delete = "delete from notes";
    let mut connection = notes.acquire(notes.a).await;
    let mut transaction = connection.transaction(Begin::read_write());
    // Known to the connection from here on.
    assert_eq!(transaction.query(delete, &[]).await.unwrap().affected(), NOTES);
    transaction.rollback().await.unwrap();
    drop(connection);
    assert_eq!(notes.acquire(notes.b).await.execute(delete, &[]).await.unwrap().affected(), NOTES);
    assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
    assert_eq!(notes.read(notes.b).await.unwrap(), 0);
}

#[tokio::test]
async fn a_write_that_names_its_tenant_goes_along_with_the_setting_and_does_nothing_where_that_fails() {
    let notes = Notes::on_one_connection().await;
    let writes = [
        "insert into notes (property_id, body) values ($1::uuid, 'new')",
        "insert into notes (property_id, id, body) select property_id, id, 'new' from notes where property_id = $1::uuid \
         on conflict (property_id, id) do update set body = excluded.body",
        "update notes set body = 'new' where property_id = $1::uuid",
        "delete from notes where property_id = $1::uuid",
    ];
    let untouched = "select count(*) from notes where body = 'a note'";
    let all = i64::try_from(2 * NOTES).unwrap();
    for write in writes {
        // Known to the connection, or preparing it would stop at the setting.
        let mut connection = notes.acquire(notes.a).await;
        let mut transaction = connection.transaction(Begin::read_write());
        transaction.query(write, &[notes.a.into()]).await.unwrap();
        transaction.rollback().await.unwrap();
        drop(connection);
        database::execute(
            &notes.url,
            "revoke execute on function pg_catalog.set_config(text, text, boolean) from public",
        )
        .await;
        assert_eq!(state(notes.acquire(notes.b).await.execute(write, &[notes.b.into()]).await), "42501", "{write}");
        database::execute(&notes.url, "grant execute on function pg_catalog.set_config(text, text, boolean) to public")
            .await;
        assert_eq!(notes.number(untouched).await, all, "{write}");
        assert_eq!(notes.number("select count(*) from notes").await, all, "{write}");
    }
    for write in writes {
        for tenant in [notes.a, notes.b] {
            let written = notes.acquire(tenant).await.execute(write, &[tenant.into()]).await.unwrap().affected();
            assert!((1..=NOTES + 1).contains(&written), "{write}");
        }
    }
    assert_eq!(notes.number("select count(*) from notes").await, 0);
}
