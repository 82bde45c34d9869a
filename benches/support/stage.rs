//! Postgres, a fresh migrated database, and a tenant in it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use playhouse::{
    auth::key_text,
    config::Config,
    database,
    keys::{self, NewKey},
    postgres::Embedded,
    secret::Secret,
    tenant::OrgId,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, FromQueryResult, Statement};

use super::process;

/// Where everything happens; one run at a time.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) postgres: Embedded,
    /// The first process of Postgres, whose children serve the connections.
    pub(crate) postmaster: Option<u32>,
    /// The address of the database.
    pub(crate) url: String,
    /// The settings of the server under test, as variables and as read.
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) config: Config,
    /// A folder for what a benchmark writes.
    pub(crate) folder: PathBuf,
    /// The owner's connection.
    pub(crate) db: DatabaseConnection,
    pub(crate) tenant: Tenant,
}

/// An organisation on the Business tier with a game and a key that is never exhausted.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) org: i32,
    pub(crate) property: uuid::Uuid,
    pub(crate) game: i32,
    pub(crate) key_id: i32,
    pub(crate) key: Secret,
}

impl Stage {
    /// Sets it up; `name` is the benchmark's, and what its last run left behind is dropped.
    pub(crate) async fn set(name: &str) -> anyhow::Result<Self> {
        playhouse::auth::token::install_crypto();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join(".data");
        let postgres = Embedded::start(&data.join("bench-postgres")).await?;
        let name = format!("bench_{name}");
        let admin = database::connect_as_owner(&postgres.url("postgres")).await?;
        admin.execute_unprepared(&format!("drop database if exists {name} with (force)")).await?;
        admin.execute_unprepared(&format!("create database {name}")).await?;
        admin.close().await?;
        let url = postgres.url(&name);
        database::migrate(&url).await?;
        let db = database::connect_as_owner(&url).await?;
        let folder = data.join("bench");
        std::fs::create_dir_all(&folder)?;
        let variables = variables(&folder, &url);
        let config = Config::from_sources(variables.clone(), None)?;
        let tenant = Tenant::create(&db).await?;
        let backend = number(&db, "select pg_backend_pid()").await?;
        let postmaster = u32::try_from(backend).ok().and_then(process::parent);
        Ok(Self { postgres, postmaster, url, variables, config, folder, db, tenant })
    }

    /// Runs statements as the owner.
    pub(crate) async fn execute(&self, sql: &str) -> anyhow::Result<()> {
        self.db.execute_unprepared(sql).await?;
        Ok(())
    }

    /// One number, as the owner reads it.
    pub(crate) async fn number(&self, sql: &str) -> anyhow::Result<i64> {
        number(&self.db, sql).await
    }

    /// A column of texts named `text`, as the owner reads it.
    pub(crate) async fn texts(&self, sql: &str) -> anyhow::Result<Vec<String>> {
        #[derive(FromQueryResult)]
        struct Row {
            text: String,
        }
        let statement = Statement::from_string(DbBackend::Postgres, sql);
        Ok(Row::find_by_statement(statement).all(&self.db).await?.into_iter().map(|row| row.text).collect())
    }

    /// Ends everything.
    pub(crate) async fn strike(self) -> anyhow::Result<()> {
        self.db.close().await?;
        self.postgres.stop().await
    }
}

/// The settings of the server under test. One address makes all calls, so the throttle by address is opened wide.
fn variables(folder: &Path, url: &str) -> Vec<(String, String)> {
    let folder = folder.display().to_string();
    let variables = [
        ("PLAYHOUSE_ENV", "development"),
        ("PLAYHOUSE_SERVER__LISTEN", "127.0.0.1:0"),
        ("PLAYHOUSE_DATA__DIRECTORY", &folder),
        ("PLAYHOUSE_LIMITS__PUBLIC_PER_MINUTE", "10000000"),
        ("PLAYHOUSE_LOG__FILTER", "warn,playhouse::cli=info"),
        ("DATABASE_URL", url),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

async fn number(db: &DatabaseConnection, sql: &str) -> anyhow::Result<i64> {
    #[derive(FromQueryResult)]
    struct Row {
        n: i64,
    }
    let statement = Statement::from_string(DbBackend::Postgres, format!("select ({sql})::bigint as n"));
    Ok(Row::find_by_statement(statement).one(db).await?.context("a number has one row")?.n)
}

impl Tenant {
    async fn create(db: &DatabaseConnection) -> anyhow::Result<Self> {
        #[derive(FromQueryResult)]
        struct Row {
            org: i32,
            game: i32,
        }
        let property = uuid::Uuid::now_v7();
        let sql = "with o as (insert into organizations (name, slug, tier) values ('Bench', 'bench', 'business') \
             returning id), \
             p as (insert into properties (id, organization_id, name) select $1, id, 'Bench' from o \
             returning id, organization_id), \
             g as (insert into games (property_id, organization_id, name, status) \
             select id, organization_id, 'A game', 'active' from p returning id) \
             select o.id as org, g.id as game from o, g";
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [property.into()]);
        let Row { org, game } = Row::find_by_statement(statement).one(db).await?.context("a tenant has one row")?;
        let key = key_text::generate_org_key();
        let new = NewKey {
            name: "Bench".to_owned(),
            description: None,
            allowed_game_ids: None,
            allowed_stream_ids: None,
            rate_limit_per_minute: i32::MAX,
            rate_limit_per_day: i32::MAX,
            expires_at: None,
        };
        let (hash, prefix) = (key_text::hash(key.expose()), key_text::display_prefix(key.expose()));
        let row = keys::insert(db, OrgId(org), new, hash, prefix).await?;
        Ok(Self { org, property, game, key_id: row.id, key })
    }
}
