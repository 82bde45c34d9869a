//! One Postgres for all tests, one fresh database for each, cloned from a migrated template.

use std::path::{Path, PathBuf};

use playhouse::{database, postgres::Embedded};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, FromQueryResult, Statement};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The embedded server that all test processes share.
pub(crate) async fn postgres() -> &'static Embedded {
    static SERVER: OnceCell<Embedded> = OnceCell::const_new();
    SERVER
        .get_or_init(|| async {
            playhouse::auth::token::install_crypto();
            let home = Path::new(env!("CARGO_MANIFEST_DIR")).join(".data/test-postgres");
            Embedded::start(&home).await.expect("the embedded Postgres starts")
        })
        .await
}

/// A database of this test alone, with the whole schema.
pub(crate) async fn fresh() -> String {
    let server = postgres().await;
    let template = template().await;
    let name = format!("test_{}_{}", std::process::id(), Uuid::new_v4().simple());
    admin(server, &format!("create database {name} template {template}")).await;
    server.url(&name)
}

/// An empty database, for tests of the migrations themselves.
pub(crate) async fn empty() -> String {
    let server = postgres().await;
    let name = format!("test_{}_{}", std::process::id(), Uuid::new_v4().simple());
    admin(server, &format!("create database {name}")).await;
    server.url(&name)
}

/// A connection with the owner's rights.
pub(crate) async fn owner(url: &str) -> DatabaseConnection {
    database::connect_as_owner(url).await.unwrap()
}

/// Runs statements as the owner of a database.
pub(crate) async fn execute(url: &str, sql: &str) {
    let db = owner(url).await;
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
}

/// Makes deliveries of all events that were written, as a worker does that has no lane; also of those that a worker is
/// handing out at this moment, which it waits for.
pub(crate) async fn hand_out(url: &str) {
    let nothing = [("$1", "null"), ("$2", "null"), ("$3", "0"), ("$4", "'{}'"), ("$5", "'{}'"), ("$6", "'{}'")];
    let everything =
        [("$7", "array(select distinct property_id from event_outbox)"), ("$8", "1000000"), ("$9", "null")];
    let sql = nothing
        .into_iter()
        .chain(everything)
        .fold(playhouse::webhooks::worker::HAND_OUT.to_owned(), |sql, (name, value)| sql.replace(name, value));
    let began = std::time::Instant::now();
    execute(url, &sql).await;
    while number(url, "select count(*) from event_outbox").await > 0 {
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "events that nobody hands out");
        execute(url, &sql).await;
    }
}

/// Waits for the next minute of the database when this one has fewer seconds left.
pub(crate) async fn minute_with(url: &str, seconds: i64) {
    let left = number(url, "select 60000 - mod(floor(extract(epoch from clock_timestamp()) * 1000), 60000)").await;
    if left < seconds * 1000 {
        tokio::time::sleep(std::time::Duration::from_millis(u64::try_from(left).unwrap() + 20)).await;
    }
}

/// One number, as the owner reads it.
pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    #[derive(FromQueryResult)]
    struct Row {
        n: i64,
    }
    let db = owner(url).await;
    let sql = format!("select ({sql})::bigint as n");
    let row = Row::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).one(&db).await.unwrap().unwrap();
    db.close().await.unwrap();
    row.n
}

async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let server = postgres().await;
            // Named after the steps, so that a changed step makes a new template.
            let name = format!("template_{}", steps_digest());
            database::under_lock(&server.url("postgres"), async |db| {
                drop_dead_tests(db).await;
                if exists(db, &name).await {
                    return Ok(());
                }
                let draft = format!("{name}_draft");
                db.execute_unprepared(&format!("drop database if exists {draft}")).await?;
                db.execute_unprepared(&format!("create database {draft}")).await?;
                database::migrate(&server.url(&draft)).await?;
                db.execute_unprepared(&format!("alter database {draft} rename to {name}")).await?;
                Ok(())
            })
            .await
            .expect("the template can be made");
            name
        })
        .await
}

fn steps_digest() -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migration/src");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut digest = Sha256::new();
    files.iter().for_each(|file| digest.update(std::fs::read(file).unwrap()));
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

async fn exists(db: &DatabaseConnection, name: &str) -> bool {
    let sql = "select 1 from pg_database where datname = $1";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [name.into()]);
    db.query_one_raw(statement).await.unwrap().is_some()
}

/// Drops the databases of test processes that are gone.
async fn drop_dead_tests(db: &DatabaseConnection) {
    #[derive(FromQueryResult)]
    struct Row {
        datname: String,
    }
    let sql = "select datname from pg_database where datname like 'test\\_%'";
    let rows = Row::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).all(db).await.unwrap();
    for Row { datname } in rows {
        let pid = datname.split('_').nth(1).unwrap_or_default();
        if !Path::new("/proc").join(pid).exists() {
            // Another test process may be dropping it too.
            let _ = db.execute_unprepared(&format!("drop database if exists {datname} with (force)")).await;
        }
    }
}

async fn admin(server: &Embedded, sql: &str) {
    let db = owner(&server.url("postgres")).await;
    // Postgres clones a template for one at a time and tells the others to come again.
    let mut outcome = db.execute_unprepared(sql).await;
    for _ in 0..100 {
        if outcome.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        outcome = db.execute_unprepared(sql).await;
    }
    outcome.unwrap();
    db.close().await.unwrap();
}
