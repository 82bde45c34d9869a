//! Prepared statements, and tables that change under them.

use playhouse::tenant_pool::{Begin, Query};

use super::*;

#[tokio::test]
async fn a_statement_outlives_a_change_of_its_table() {
    let notes = Notes::on_one_connection().await;
    let everything = "select * from notes";
    let mut connection = notes.acquire(notes.a).await;
    let columns = connection.query(everything, &[]).await.unwrap().columns().len();
    connection.execute("update notes set body = 'x' returning *", &[]).await.unwrap();

    database::execute(&notes.url, "alter table notes add column more integer not null default 7").await;

    let rows = connection.query(everything, &[]).await.unwrap();
    assert_eq!((rows.columns().len(), rows.len() as u64), (columns + 1, NOTES));
    let rows = connection.execute("update notes set body = 'x' returning *", &[]).await.unwrap();
    assert_eq!((rows.columns().len(), rows.affected()), (columns + 1, NOTES));
}

#[tokio::test]
async fn the_first_statement_of_a_transaction_outlives_a_change_of_its_table() {
    let notes = Notes::on_one_connection().await;
    let everything = "delete from notes returning *";
    let mut connection = notes.acquire(notes.a).await;
    let mut transaction = connection.transaction(Begin::read_write());
    transaction.query(everything, &[]).await.unwrap();
    transaction.rollback().await.unwrap();

    database::execute(&notes.url, "alter table notes alter column body type varchar(100)").await;

    let mut transaction = connection.transaction(Begin::read_write());
    assert_eq!(transaction.query(everything, &[]).await.unwrap().affected(), NOTES);
    transaction.commit().await.unwrap();
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_connection_whose_memory_was_wiped_is_replaced() {
    let notes = Notes::on_one_connection().await;
    for wipe in ["deallocate all", "discard all", "discard plans"] {
        for writes in [false, true] {
            let mut connection = notes.acquire(notes.a).await;
            let update = "update notes set body = 'x'";
            connection.query(ALL, &[]).await.unwrap();
            connection.execute(update, &[]).await.unwrap();
            connection.query(wipe, &[]).await.unwrap();
            let rows = match writes {
                false => connection.query(ALL, &[]).await,
                true => connection.execute(update, &[]).await,
            };
            assert_eq!(rows.unwrap().affected(), NOTES, "{wipe}");
        }
    }
}

#[tokio::test]
async fn statements_that_are_not_used_any_more_are_closed_at_the_server() {
    let notes = Notes::on_one_connection().await;
    let mut connection = notes.acquire(notes.a).await;
    for number in 0..600 {
        connection.query(&format!("select {number}"), &[]).await.unwrap();
    }
    let rows = connection.query("select count(*) from pg_prepared_statements", &[]).await.unwrap();
    let prepared = i64::from_be_bytes(rows.get(0).unwrap().bytes(0).unwrap().try_into().unwrap());
    assert!((256..300).contains(&prepared), "{prepared} statements are prepared");
}

#[tokio::test]
async fn several_statements_take_one_trip_and_answer_in_their_order() {
    let notes = Notes::on_one_connection().await;
    let queries = [Query::new(ALL, &[]), Query::new("select count(*) from notes", &[])];
    for tenant in [notes.a, notes.b, notes.a] {
        let mut connection = notes.acquire(tenant).await;
        let answers = connection.query_all(&queries).await.unwrap();
        assert_own(&answers[0], tenant);
        assert_eq!(answers[1].get(0).unwrap().bytes(0).unwrap(), NOTES.to_be_bytes());
        let broken = [queries[0], Query::new("select 1 / 0", &[]), queries[1]];
        assert_eq!(connection.query_all(&broken).await.unwrap_err().database().unwrap().state, "22012");
        assert_eq!(connection.query_all(&queries).await.unwrap().len(), 2);
    }
}
