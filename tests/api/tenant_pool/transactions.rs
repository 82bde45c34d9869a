//! Several statements that happen together or not at all.

use playhouse::tenant_pool::{Begin, Isolation};

use super::*;

const INSERT: &str = "insert into notes (property_id, body) values ($1, $2) returning property_id";

#[tokio::test]
async fn what_is_committed_stays_and_what_is_dropped_goes() {
    let notes = Notes::on_one_connection().await;
    for (commits, expected) in [(true, NOTES + 1), (false, NOTES + 1)] {
        let mut connection = notes.acquire(notes.a).await;
        let mut transaction = connection.transaction(Begin::read_write());
        transaction.query(INSERT, &[notes.a.into(), "new".into()]).await.unwrap();
        assert_eq!(transaction.query(ALL, &[]).await.unwrap().len() as u64, if commits { expected } else { NOTES + 2 });
        if commits {
            transaction.commit().await.unwrap();
        } else {
            drop(transaction);
        }
        drop(connection);
        assert_eq!(notes.read(notes.a).await.unwrap(), expected);
    }
    assert_eq!(notes.sessions("true").await, 1, "a transaction that was dropped costs no connection");
}

#[tokio::test]
async fn a_rollback_does_not_bring_the_former_tenant_back() {
    let notes = Notes::on_one_connection().await;
    assert_eq!(notes.read(notes.a).await.unwrap(), NOTES);
    for begin in [Begin::read_write(), Begin::read_only()] {
        for tenant in [notes.b, notes.a] {
            let mut connection = notes.acquire(tenant).await;
            let mut transaction = connection.transaction(begin.clone());
            assert_own(&transaction.query(ALL, &[]).await.unwrap(), tenant);
            transaction.query("select 1 / 0", &[]).await.unwrap_err();
            transaction.rollback().await.unwrap();
            // On the same connection, and without telling it the tenant again.
            let rows = connection.query(ALL, &[]).await.unwrap();
            assert_eq!(rows.len() as u64, NOTES);
            assert_own(&rows, tenant);
        }
    }
}

#[tokio::test]
async fn a_transaction_that_failed_cannot_pass_for_committed() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    let mut transaction = connection.transaction(Begin::read_write());
    transaction.query(INSERT, &[notes.a.into(), "new".into()]).await.unwrap();
    assert_eq!(state(transaction.query("select 1 / 0", &[]).await), "22012");
    transaction.query(ALL, &[]).await.unwrap_err();
    transaction.commit().await.unwrap_err();
    // The connection cleans up after it by itself.
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
}

#[tokio::test]
async fn the_policy_refuses_rows_of_another_tenant() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    let mut transaction = connection.transaction(Begin::read_write());
    assert_eq!(state(transaction.query(INSERT, &[notes.b.into(), "new".into()]).await), "42501");
    drop(transaction);
    assert_eq!(state(connection.execute(INSERT, &[notes.b.into(), "new".into()]).await), "42501");
}

#[tokio::test]
async fn a_transaction_has_settings_of_its_own() {
    let notes = Notes::on_one_connection().await;
    let settings = "select current_setting('TimeZone'), current_setting('statement_timeout'), \
        current_setting('plan_cache_mode'), current_setting('transaction_isolation'), \
        current_setting('transaction_read_only')";
    let mut connection = notes.acquire(notes.a).await;
    let begin = Begin::read_only()
        .isolation(Isolation::RepeatableRead)
        .time_zone("Europe/Berlin")
        .statement_timeout(Duration::from_millis(1500))
        .custom_plans();
    let mut transaction = connection.transaction(begin);
    let within = texts(&transaction.query(settings, &[]).await.unwrap());
    assert_eq!(within, ["Europe/Berlin", "1500ms", "force_custom_plan", "repeatable read", "on"]);
    transaction.commit().await.unwrap();
    let after = texts(&connection.query(settings, &[]).await.unwrap());
    assert_eq!(after, ["UTC", "10s", "force_generic_plan", "read committed", "off"]);
}

#[tokio::test]
async fn a_time_zone_that_does_not_exist_is_refused() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    connection.query(ALL, &[]).await.unwrap();
    for zone in ["Mars/Olympus", "'; drop table notes; --"] {
        let mut transaction = connection.transaction(Begin::read_only().time_zone(zone));
        assert_eq!(state(transaction.query(ALL, &[]).await), "22023");
    }
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
}

#[tokio::test]
async fn a_transaction_that_only_reads_cannot_write() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    let mut transaction = connection.transaction(Begin::read_only());
    assert_eq!(state(transaction.query("delete from notes", &[]).await), "25006");
}

#[tokio::test]
async fn a_constraint_that_is_checked_at_the_end_fails_the_commit() {
    let notes = Notes::on_one_connection().await;
    let constraint = "alter table notes add constraint notes_body_key unique (property_id, amount) deferrable \
        initially deferred";
    database::execute(&notes.url, constraint).await;
    let mut connection = notes.acquire(notes.a).await;
    let mut transaction = connection.transaction(Begin::read_write());
    transaction.query("update notes set amount = 1", &[]).await.unwrap();
    let error = transaction.commit().await.unwrap_err();
    let said = error.database().unwrap();
    assert_eq!((said.state.as_str(), said.constraint.as_deref()), ("23505", Some("notes_body_key")));
    assert_eq!(said.table.as_deref(), Some("notes"));
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
}

fn texts(rows: &Rows) -> Vec<String> {
    let row = rows.get(0).unwrap();
    (0..row.len()).map(|column| String::from_utf8(row.bytes(column).unwrap().to_vec()).unwrap()).collect()
}
