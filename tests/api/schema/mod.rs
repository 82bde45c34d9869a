//! The schema: it goes up and down, the entities say what it is, the walls stand, and the tables keep their promises.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use migration::{Migrator, MigratorTrait};
use sea_orm::{DatabaseConnection, DbBackend, FromQueryResult, Statement};
use uuid::Uuid;

use crate::support::{app, database};

mod demo_rows;
mod entities;
mod idempotency;
mod promises;
mod searches;
mod walls;

#[derive(Debug, FromQueryResult)]
struct Text {
    text: String,
}

async fn texts(db: &DatabaseConnection, sql: &str) -> BTreeSet<String> {
    let rows = Text::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).all(db).await.unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

/// A connection as the server has them, which speaks for a tenant.
async fn as_tenant(url: &str, property: Uuid) -> DatabaseConnection {
    // One connection, so that it is the one that was told its tenant.
    let settings = playhouse::config::Database { max_connections: 1, ..app::config(&[]).database };
    let db = playhouse::database::connect(url, &settings).unwrap().requests;
    texts(&db, &format!("select set_config('app.property_id', '{property}', false) as text")).await;
    db
}

/// Everything that a step can leave behind; what belongs to an extension stays, as the extension does.
const OBJECTS: &str = "select c.relkind::text || ' ' || c.relname as text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
     where n.nspname = 'public' and c.relname not like 'seaql%' \
     union all select 'f ' || p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' \
     and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') \
     union all select 'd ' || typname from pg_type where typtype = 'd' and typnamespace = 'public'::regnamespace \
     union all select 'p ' || tablename || '.' || policyname from pg_policies \
     union all select 'c ' || conrelid::regclass::text || '.' || conname from pg_constraint \
     where connamespace = 'public'::regnamespace and conname not like 'seaql%' \
     union all select 'g ' || c.relname || ' ' || c.relacl::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
     where n.nspname = 'public' and c.relname not like 'seaql%' and c.relacl is not null \
     union all select 'a ' || c.relname || '.' || a.attname || ' ' || coalesce(a.attacl::text, '') from pg_attribute a \
     join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace \
     where n.nspname = 'public' and c.relname not like 'seaql%' and a.attnum > 0 and not a.attisdropped \
     union all select 't ' || tgrelid::regclass::text || '.' || tgname from pg_trigger where not tgisinternal";

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
