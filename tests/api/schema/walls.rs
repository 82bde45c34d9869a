//! The second wall: what keeps tenants apart when a query forgets to.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;

use super::{as_tenant, texts};
use crate::support::{app, database};

#[tokio::test]
async fn every_table_with_a_property_has_row_level_security_forced() {
    let db = database::owner(&database::fresh().await).await;
    let open = texts(
        &db,
        "select c.relname::text as text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'property_id' \
         join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p') \
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
        // A key's hash is looked up before its tenant is known, and must name one key.
        "api_key_secrets_key_hash_key",
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
    let tenant = app::tenant(&url).await;
    let settings = app::config(&[]).database;
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

#[tokio::test]
async fn a_view_of_a_tenants_rows_asks_for_the_tenant_itself() {
    let db = database::owner(&database::fresh().await).await;
    let open = texts(
        &db,
        "select c.relname::text as text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'property_id' \
         join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('v', 'm') and not \
         (c.relkind = 'v' and 'security_barrier=true' = any(c.reloptions) and pg_get_viewdef(c.oid) like '%current_property()%')",
    )
    .await;
    assert!(open.is_empty(), "{open:?}");
}

#[tokio::test]
async fn indexes_of_tenant_tables_begin_with_the_tenant() {
    let db = database::owner(&database::fresh().await).await;
    let others = texts(
        &db,
        "select i.relname::text as text from pg_index x join pg_class i on i.oid = x.indexrelid \
         join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace \
         join pg_attribute t on t.attrelid = c.oid and t.attname = 'property_id' \
         join pg_attribute first on first.attrelid = c.oid and first.attnum = x.indkey[0] \
         where n.nspname = 'public' and not x.indisunique and first.attname <> 'property_id' \
         and i.relname not like '%\\_organization\\_id\\_idx' and i.relname not like '%\\_search\\_text\\_idx'",
    )
    .await;
    // What is forgotten, or taken up again, by age is found by age, of all tenants at once.
    let by_age = [
        "api_key_usage_day_idx",
        "audit_log_at_idx",
        "game_sessions_expires_at_idx",
        "idempotency_keys_expires_at_idx",
        "webhook_deliveries_finished_at_idx",
        "webhook_deliveries_lease_until_idx",
        "webhook_redeliveries_open_idx",
    ];
    assert_eq!(others, by_age.map(str::to_owned).into());
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let db = database::owner(&database::fresh().await).await;
    let slow = texts(
        &db,
        "select c.conname::text as text from pg_constraint c join pg_namespace n on n.oid = c.connamespace \
         where n.nspname = 'public' and c.contype = 'f' and not exists (select from pg_index x where x.indrelid = c.conrelid \
         and (x.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey)",
    )
    .await;
    // Its rows are found by its second column, which leads the primary key.
    assert_eq!(slow, BTreeSet::from(["game_sessions_organization_id_fkey".to_owned()]));
}

#[tokio::test]
async fn the_server_may_do_to_a_tenants_tables_what_the_contract_says_and_no_more() {
    let db = database::owner(&database::fresh().await).await;
    let granted = texts(
        &db,
        "select table_name || ': ' || string_agg(lower(privilege_type), ' ' order by privilege_type) as text \
         from information_schema.role_table_grants where grantee = 'playhouse_app' and table_schema = 'public' \
         and table_name in (select table_name from information_schema.columns where column_name = 'property_id') \
         group by table_name",
    )
    .await;
    let all = "delete insert select update";
    let expected = [
        ("api_key_secrets", "delete insert"),
        ("api_key_usage", "select"),
        ("api_keys", "insert select update"),
        ("audit_log", "insert select"),
        ("campaigns", all),
        ("consents", "insert select"),
        ("content_items", all),
        ("event_outbox", "insert"),
        ("events", "insert select"),
        ("game_sessions", "select"),
        ("games", all),
        ("idempotency_keys", all),
        ("journeys", all),
        ("members", "select"),
        ("memberships", "select"),
        ("players", all),
        ("segments", all),
        ("streams", all),
        ("suppressions", all),
        ("templates", all),
        ("webhook_attempts", "insert select"),
        ("webhook_deliveries", "insert select update"),
        ("webhook_redeliveries", "insert select"),
        ("webhook_secrets", "insert select update"),
        ("webhooks", all),
    ];
    assert_eq!(granted, expected.map(|(table, verbs)| format!("{table}: {verbs}")).into());
}

#[tokio::test]
async fn a_row_of_another_tenant_can_neither_be_seen_nor_changed_nor_made_nor_linked_to() {
    let url = database::fresh().await;
    let (ours, theirs) = (app::tenant(&url).await.property, app::tenant(&url).await.property);
    let (us, them) = (as_tenant(&url, ours).await, as_tenant(&url, theirs).await);
    let made =
        "insert into players (property_id, external_id) select current_property(), 'P-1' returning id::text as text";
    let id = texts(&them, made).await.pop_first().unwrap();
    assert_eq!(texts(&us, made).await.len(), 1, "the same Player ID in another property is another player");

    assert!(texts(&us, &format!("select email as text from players where id = '{id}'")).await.is_empty());
    let sql = format!("update players set tier = 'Gold' where property_id = '{theirs}' or id = '{id}'");
    assert_eq!(us.execute_unprepared(&sql).await.unwrap().rows_affected(), 0);
    let sql = format!("delete from players where property_id = '{theirs}'");
    assert_eq!(us.execute_unprepared(&sql).await.unwrap().rows_affected(), 0);
    let sql = format!("insert into players (property_id, external_id) values ('{theirs}', 'P-2')");
    assert!(us.execute_unprepared(&sql).await.unwrap_err().to_string().contains("row-level security"));
    let sql = format!("update players set property_id = '{theirs}'");
    assert!(us.execute_unprepared(&sql).await.unwrap_err().to_string().contains("row-level security"));
    for told in [
        "insert into events (property_id, type, payload) values ('{}', 'player.created', '[]')",
        "insert into event_outbox (property_id, event_id, about) values ('{}', gen_random_uuid(), 'players')",
    ] {
        us.execute_unprepared(&told.replace("{}", &ours.to_string())).await.unwrap();
        let sql = told.replace("{}", &theirs.to_string());
        assert!(us.execute_unprepared(&sql).await.unwrap_err().to_string().contains("row-level security"));
    }
    let consent = "insert into consents (property_id, player_id, channel, status)";
    let sql = format!("{consent} values ('{ours}', '{id}', 'email', 'granted')");
    assert!(us.execute_unprepared(&sql).await.unwrap_err().to_string().contains("consents_player_id_fkey"));
    let sql = format!("{consent} values ('{theirs}', '{id}', 'email', 'granted')");
    assert!(us.execute_unprepared(&sql).await.unwrap_err().to_string().contains("row-level security"));
}
