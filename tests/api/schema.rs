//! The schema: it goes up and down, the entities say what it is, and the walls stand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, FromQueryResult, IdenStatic, Iterable, Statement,
};

use crate::support::database;

#[derive(Debug, FromQueryResult)]
struct Text {
    text: String,
}

async fn texts(db: &DatabaseConnection, sql: &str) -> BTreeSet<String> {
    let rows = Text::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).all(db).await.unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

/// Everything that a step can leave behind.
const OBJECTS: &str = "select c.relkind::text || ' ' || c.relname as text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
     where n.nspname = 'public' and c.relname not like 'seaql%' \
     union all select 'f ' || p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' \
     union all select 'p ' || tablename || '.' || policyname from pg_policies \
     union all select 't ' || tgname from pg_trigger where not tgisinternal";

#[tokio::test]
async fn every_step_goes_up_and_down_and_up_again() {
    let db = database::owner(&database::empty().await).await;
    let mut heights = Vec::new();
    for _ in Migrator::migrations() {
        heights.push(texts(&db, OBJECTS).await);
        Migrator::up(&db, Some(1)).await.unwrap();
    }
    let top = texts(&db, OBJECTS).await;
    for below in heights.iter().rev() {
        Migrator::down(&db, Some(1)).await.unwrap();
        assert_eq!(&texts(&db, OBJECTS).await, below);
    }
    Migrator::up(&db, None).await.unwrap();
    assert_eq!(texts(&db, OBJECTS).await, top);
}

#[tokio::test]
async fn processes_that_migrate_at_the_same_time_do_not_disturb_each_other() {
    let url = database::empty().await;
    let (a, b, c) = tokio::join!(
        playhouse::database::migrate(&url),
        playhouse::database::migrate(&url),
        playhouse::database::migrate(&url)
    );
    a.and(b).and(c).unwrap();
}

/// Column names with whether they may be null, as the entity and as the database have them.
async fn compare<E: EntityTrait>(db: &DatabaseConnection) -> String {
    use sea_orm::ColumnTrait;
    let table = E::default().table_name().to_owned();
    let entity: BTreeSet<String> = E::Column::iter()
        .map(|column| {
            let definition = column.def();
            let kind = format!("{:?}", definition.get_column_type());
            let kind = match kind.split(['(', ' ']).next().unwrap() {
                "Integer" => "integer",
                "SmallInteger" => "smallint",
                "BigInteger" => "bigint",
                "String" | "Text" => "text",
                "Boolean" => "boolean",
                "Uuid" => "uuid",
                "TimestampWithTimeZone" => "timestamp with time zone",
                "Date" => "date",
                "JsonBinary" => "jsonb",
                "Blob" => "bytea",
                "Inet" => "inet",
                "Array" => "ARRAY",
                other => panic!("{table}.{} is {other}", column.as_str()),
            };
            format!("{} {kind} {}", column.as_str(), if definition.is_null() { "YES" } else { "NO" })
        })
        .collect();
    let sql = format!(
        "select column_name || ' ' || data_type || ' ' || is_nullable as text from information_schema.columns \
         where table_schema = 'public' and table_name = '{table}'"
    );
    assert_eq!(entity, texts(db, &sql).await, "{table}");
    table
}

#[tokio::test]
async fn entities_have_exactly_the_tables_and_columns_of_the_database() {
    let db = database::owner(&database::fresh().await).await;
    let mut known = BTreeSet::new();
    macro_rules! compare_all {
        ($($entity:ident),+) => {$( known.insert(compare::<entity::$entity::Entity>(&db).await); )+};
    }
    compare_all!(
        audit_entry,
        credential_change,
        game,
        game_session,
        membership,
        org_api_key,
        org_api_key_usage,
        organization,
        property,
        rate_counter,
        replica,
        session_token,
        stream
    );
    let sql =
        "select tablename::text as text from pg_tables where schemaname = 'public' and tablename not like 'seaql%'";
    assert_eq!(known, texts(&db, sql).await);
}

#[tokio::test]
async fn every_table_with_a_property_has_row_level_security_forced() {
    let db = database::owner(&database::fresh().await).await;
    let open = texts(
        &db,
        "select c.relname::text as text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'property_id' \
         join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' \
         and not (c.relrowsecurity and c.relforcerowsecurity)",
    )
    .await;
    // Both are read before the tenant is known, and hold nothing but the way to it.
    assert_eq!(open, BTreeSet::from(["memberships".to_owned(), "session_tokens".to_owned()]));
}

#[tokio::test]
async fn unique_constraints_of_tenant_tables_begin_with_the_tenant() {
    let db = database::owner(&database::fresh().await).await;
    let global = texts(
        &db,
        "select i.relname::text as text from pg_index x join pg_class i on i.oid = x.indexrelid \
         join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace \
         join pg_attribute t on t.attrelid = c.oid and t.attname in ('property_id') \
         join pg_attribute first on first.attrelid = c.oid and first.attnum = x.indkey[0] \
         where n.nspname = 'public' and x.indisunique and first.attname not in ('property_id', 'organization_id')",
    )
    .await;
    let exceptions = [
        "games_id_key",
        "streams_id_key",
        "game_sessions_id_key",
        "session_tokens_pkey",
        "memberships_pkey",
        "memberships_issuer_subject_key",
    ];
    assert_eq!(global, exceptions.map(str::to_owned).into());
}

#[tokio::test]
async fn a_connection_that_forgets_its_tenant_reads_nothing() {
    let url = database::fresh().await;
    let tenant = crate::support::app::tenant(&url).await;
    let settings = crate::support::app::config(&[]).database;
    let pools = playhouse::database::connect(&url, &settings).unwrap();
    let games = "select name as text from games";
    assert!(texts(&pools.requests, games).await.is_empty());
    let set = format!("select set_config('app.property_id', '{}', false) as text", tenant.property);
    let one =
        playhouse::database::connect(&url, &playhouse::config::Database { max_connections: 1, ..settings }).unwrap();
    texts(&one.requests, &set).await;
    assert_eq!(texts(&one.requests, games).await.len(), 1);
    texts(&one.requests, "select set_config('app.property_id', '', false) as text").await;
    assert!(texts(&one.requests, games).await.is_empty());
    assert!(one.requests.execute_unprepared("create table mine ()").await.is_err(), "the role owns nothing");
    assert!(
        one.requests.execute_unprepared("select * from session_tokens").await.is_err(),
        "tokens are no reading matter"
    );
}
