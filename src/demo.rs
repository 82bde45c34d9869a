//! The demo tenants: two organisations that know nothing of each other, for trying things out and for tools.
//!
//! Making them is idempotent. Their keys are new on every [`renew`], which revokes the older ones; `playhouse serve`
//! keeps the keys of its last run while they hold, so that what somebody pasted yesterday works today.

use std::path::Path;

use anyhow::Context;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use serde::{Deserialize, Serialize};
use uuid::{Uuid, uuid};

use crate::{
    auth::{
        credentials::Credential,
        key_text,
        org_key::OrgKey,
        property_key::{PropertyKey, Right},
    },
    clock::Clock,
    database,
    keys::{self, NewKey},
    property_keys::{self, NewPropertyKey},
    tenant::{self, OrgId, PropertyId},
};

/// What `playhouse demo --json` prints.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoKeys {
    /// Two unrelated tenants.
    pub tenants: Vec<DemoTenant>,
}

/// One tenant with working credentials.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoTenant {
    /// Its organisation.
    pub organization_id: i32,
    /// Its property.
    pub property_id: Uuid,
    /// A key for the session calls.
    pub dpk_key: String,
    /// A key for tables, read and write.
    pub pk_key: String,
    /// A key for tables, read only.
    pub pk_read_key: String,
    /// A game of the property.
    pub game_id: i32,
    /// A stream of the property.
    pub stream_id: i32,
    /// Who may manage the organisation.
    pub owner: DemoOwner,
}

/// The owner of a demo organisation at each kind of sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoOwner {
    /// For the built-in sign-in.
    pub email: String,
    /// For the built-in sign-in.
    pub password: String,
    /// The subject of Clerk tokens.
    pub clerk_subject: String,
    /// The subject of Cognito tokens.
    pub cognito_subject: String,
}

struct Plan {
    slug: &'static str,
    name: &'static str,
    property: Uuid,
    game_id: i32,
    stream_id: i32,
    cognito_subject: Uuid,
    players: u32,
}

const PLANS: [Plan; 2] = [
    Plan {
        slug: "a",
        name: "Demo A",
        property: uuid!("01900000-0000-7000-8000-00000000000a"),
        game_id: 42,
        stream_id: 10,
        cognito_subject: uuid!("0a0a0a0a-0000-4000-8000-00000000000a"),
        players: 200,
    },
    Plan {
        slug: "b",
        name: "Demo B",
        property: uuid!("01900000-0000-7000-8000-00000000000b"),
        game_id: 43,
        stream_id: 11,
        cognito_subject: uuid!("0b0b0b0b-0000-4000-8000-00000000000b"),
        players: 12,
    },
];

const KEY_NAME: &str = "Demo key";
const READ_KEY_NAME: &str = "Demo read key";
const LIMIT: i32 = 1_000_000;
const FILE: &str = "demo-keys.json";

/// Makes the tenants where missing, gives them fresh keys and revokes the older ones.
pub async fn renew(url: &str, directory: &Path) -> anyhow::Result<DemoKeys> {
    let keys = database::under_lock(url, async |db| {
        let mut tenants = Vec::new();
        for plan in &PLANS {
            tenants.push(lay(db, plan).await?);
        }
        Ok(DemoKeys { tenants })
    });
    let keys = keys.await.context("the demo tenants cannot be made")?;
    remember(directory, &keys).await?;
    Ok(keys)
}

/// The keys of the last run when they still hold, fresh ones otherwise.
pub async fn remembered_or_new(url: &str, directory: &Path) -> anyhow::Result<DemoKeys> {
    let file = tokio::fs::read(directory.join(FILE)).await.ok();
    if let Some(keys) = file.and_then(|json| serde_json::from_slice::<DemoKeys>(&json).ok()) {
        let db = database::connect_as_owner(url).await?;
        let mut all_hold = keys.tenants.len() == PLANS.len();
        for tenant in &keys.tenants {
            let now = Clock::default().now();
            let key = OrgKey::load(&db, &key_text::hash(&tenant.dpk_key)).await?;
            all_hold &= key.is_some_and(|key| key.holds(now));
            for text in [&tenant.pk_key, &tenant.pk_read_key] {
                let key = PropertyKey::load(&db, &key_text::hash(text)).await?;
                all_hold &= key.is_some_and(|key| key.holds(now));
            }
        }
        db.close().await?;
        if all_hold {
            return Ok(keys);
        }
    }
    renew(url, directory).await
}

async fn remember(directory: &Path, keys: &DemoKeys) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    tokio::fs::create_dir_all(directory).await?;
    let (path, draft) = (directory.join(FILE), directory.join(format!("{FILE}.{}", Uuid::now_v7())));
    tokio::fs::write(&draft, b"").await?;
    tokio::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o600)).await?;
    tokio::fs::write(&draft, serde_json::to_vec_pretty(keys)?).await?;
    tokio::fs::rename(&draft, &path).await.with_context(|| format!("cannot write {}", path.display()))
}

async fn lay(db: &DatabaseConnection, plan: &Plan) -> anyhow::Result<DemoTenant> {
    let organization = organization(db, plan).await?;
    let clerk_subject = format!("user_demo_{}", plan.slug);
    run(
        db,
        "insert into properties (id, organization_id, name) values ($1, $2, $3) on conflict (id) do nothing",
        [plan.property.into(), organization.0.into(), plan.name.into()],
    )
    .await?;
    for (table, id, name) in [("games", plan.game_id, "Lucky Wheel"), ("streams", plan.stream_id, "Evening Show")] {
        let sql = format!(
            "insert into {table} (property_id, id, organization_id, name, status) values ($1, $2, $3, $4, 'active') \
             on conflict do nothing"
        );
        run(db, &sql, [plan.property.into(), id.into(), organization.0.into(), name.into()]).await?;
        // Rows that come later must not run into the numbers chosen here.
        let sql = format!("select setval('{table}_id_seq', greatest((select max(id) from {table}), 1000))");
        db.execute_unprepared(&sql).await?;
    }
    rows(db, plan).await?;
    for (issuer, subject) in [("clerk", clerk_subject.clone()), ("cognito", plan.cognito_subject.to_string())] {
        run(
            db,
            "insert into memberships (issuer, subject, organization_id, role) values ($1, $2, $3, 'owner') \
             on conflict do nothing",
            [issuer.into(), subject.into(), organization.0.into()],
        )
        .await?;
    }
    let revoke = "update org_api_keys set is_active = false, updated_at = now() \
                  where organization_id = $1 and name = $2 and is_active";
    run(db, revoke, [organization.0.into(), KEY_NAME.into()]).await?;
    let key = key_text::generate_org_key();
    let new = NewKey {
        name: KEY_NAME.to_owned(),
        description: Some("Made by `playhouse demo`, revoked by the next one".to_owned()),
        allowed_game_ids: None,
        allowed_stream_ids: None,
        rate_limit_per_minute: LIMIT,
        rate_limit_per_day: LIMIT,
        expires_at: None,
    };
    let (hash, prefix) = (key_text::hash(key.expose()), key_text::display_prefix(key.expose()));
    keys::insert(db, organization, new, hash, prefix).await.context("a demo key cannot be stored")?;
    let (pk_key, pk_read_key) = property_keys(db, plan, organization).await.context("a demo key cannot be stored")?;
    Ok(DemoTenant {
        organization_id: organization.0,
        property_id: plan.property,
        dpk_key: key.expose().to_owned(),
        pk_key,
        pk_read_key,
        game_id: plan.game_id,
        stream_id: plan.stream_id,
        owner: DemoOwner {
            email: format!("owner@{}.example", plan.slug),
            password: format!("demo-{}", Uuid::new_v4().simple()),
            clerk_subject,
            cognito_subject: plan.cognito_subject.to_string(),
        },
    })
}

/// Fills the tables of a tenant that hold none of its rows.
async fn rows(db: &DatabaseConnection, plan: &Plan) -> anyhow::Result<()> {
    let transaction = db.begin().await?;
    let sql = "select set_config('app.property_id', $1, true), set_config('demo.players', $2, true)";
    let values = [plan.property.to_string().into(), plan.players.to_string().into()];
    transaction.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    transaction.execute_unprepared(include_str!("demo/rows.sql")).await.context("the demo rows cannot be laid")?;
    transaction.commit().await.context("the demo rows cannot be laid")
}

/// Fresh keys of a tenant's property, for reading and writing and for reading alone; the older ones are revoked.
async fn property_keys(db: &DatabaseConnection, plan: &Plan, organization: OrgId) -> anyhow::Result<(String, String)> {
    let (property, now) = (PropertyId(plan.property), Clock::default().now());
    let txn = tenant::begin(db, property).await?;
    let revoke = "update api_keys set revoked_at = $4, updated_at = $4 \
                  where property_id = $1 and name in ($2, $3) and revoked_at is null";
    let values = [plan.property.into(), KEY_NAME.into(), READ_KEY_NAME.into(), now.into()];
    txn.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, revoke, values)).await?;
    let make = async |name: &str, scopes: &[Right]| {
        let new = NewPropertyKey {
            name: name.to_owned(),
            scopes: scopes.to_owned(),
            allowed_tables: None,
            rate_limit: LIMIT,
            rate_limit_per_day: Some(LIMIT),
            expires_at: None,
            created_by: "demo".to_owned(),
        };
        let made = property_keys::insert(&txn, organization, property, new, now).await;
        made.map(|(_, key)| key.expose().to_owned())
    };
    let keys = (make(KEY_NAME, &[Right::Read, Right::Write]).await?, make(READ_KEY_NAME, &[Right::Read]).await?);
    txn.commit().await?;
    Ok(keys)
}

async fn organization(db: &DatabaseConnection, plan: &Plan) -> anyhow::Result<OrgId> {
    let slug = format!("demo-{}", plan.slug);
    // The update changes nothing, but makes the row that was there come back.
    let sql = "insert into organizations (name, slug, tier) values ($1, $2, 'business') \
               on conflict (slug) do update set slug = excluded.slug returning id";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [plan.name.into(), slug.into()]);
    let row = db.query_one_raw(statement).await?.context("the organization was just made")?;
    Ok(OrgId(row.try_get("", "id")?))
}

async fn run<const N: usize>(db: &DatabaseConnection, sql: &str, values: [sea_orm::Value; N]) -> anyhow::Result<()> {
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}
