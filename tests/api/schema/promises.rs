//! What the tables themselves promise, whoever writes them.

use sea_orm::ConnectionTrait;

use super::{as_tenant, texts};
use crate::support::{app, database};

#[tokio::test]
async fn ids_of_the_database_are_of_version_7_and_sort_by_time() {
    let db = database::owner(&database::fresh().await).await;
    let sql = "select id::text as text from (select uuid_v7() as id, n from generate_series(1, 1000) n) made \
               where substr(id::text, 15, 1) <> '7' or substr(id::text, 20, 1) not in ('8', '9', 'a', 'b')";
    assert!(texts(&db, sql).await.is_empty());
    let sql = "with made as materialized (select uuid_v7() as id, clock_timestamp() as at, pg_sleep(0.002) from generate_series(1, 20)) \
               select 'wrong' as text from (select at, \
               to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) as told, \
               id > lag(id) over (order by at) as later from made) seen \
               where not later or abs(extract(epoch from at - told)) > 1";
    assert!(texts(&db, sql).await.is_empty());
}

#[tokio::test]
async fn a_player_needs_an_external_id_and_nothing_else() {
    let url = database::fresh().await;
    let db = as_tenant(&url, app::tenant(&url).await.property).await;
    let sql = "insert into players (property_id, external_id) select current_property(), 'P-1' \
               returning concat_ws(' ', status, visits, tags, attributes, tier is null, adt is null) as text";
    assert_eq!(texts(&db, sql).await.pop_first().unwrap(), "active 0 {} {} t t");
    for (column, value, constraint) in [
        ("external_id", "'P-1'", "players_property_id_external_id_key"),
        ("external_id", "''", "players_external_id_check"),
        ("external_id", "null", "\"external_id\""),
        ("status", "'gone'", "players_status_check"),
        ("status", "null", "\"status\""),
        ("adt", "'NaN'", "players_adt_check"),
        ("adt", "'Infinity'", "players_adt_check"),
        ("coin_in", "1e18", "players_coin_in_check"),
        ("adt", "1e-65", "players_adt_check"),
        ("email", "repeat('é', 321)", "players_email_check"),
        ("tier", "repeat('é', 256)", "players_tier_check"),
    ] {
        let others = if column == "external_id" { "" } else { ", external_id" };
        let name = if column == "external_id" { "" } else { ", 'P-2'" };
        let sql =
            format!("insert into players (property_id, {column}{others}) select current_property(), {value}{name}");
        let refusal = db.execute_unprepared(&sql).await.unwrap_err().to_string();
        assert!(refusal.contains(constraint), "{column} {value}: {refusal}");
    }
}

#[tokio::test]
async fn the_longest_values_fit_their_indexes() {
    let url = database::fresh().await;
    let db = as_tenant(&url, app::tenant(&url).await.property).await;
    // Four bytes a letter and no repetition, so that nothing is saved by compression.
    let letters = |n: u32| {
        format!("(select string_agg(chr(65536 + (random() * 60000)::integer), '') from generate_series(1, {n}))")
    };
    let (long, mail) = (letters(255), letters(320));
    for sql in [
        format!(
            "insert into players (property_id, external_id, email, phone, tier, adt, first_name) \
             select current_property(), {long}, {mail}, {long}, {long}, 1e18 - 1 + 1e-64, {long}"
        ),
        format!("insert into suppressions (property_id, channel, address) select current_property(), 'email', {mail}"),
        format!("insert into games (property_id, name, slug) select current_property(), {long}, {long}"),
        format!("insert into streams (property_id, name, slug) select current_property(), {long}, {long}"),
        format!(
            "insert into templates (property_id, name, body_html) select current_property(), {long}, {}",
            letters(262_144)
        ),
    ] {
        db.execute_unprepared(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn consents_are_evidence_that_outlives_the_player() {
    let url = database::fresh().await;
    let db = as_tenant(&url, app::tenant(&url).await.property).await;
    let insert = "insert into consents (property_id, player_id, channel, status) select current_property()";
    let refusal = db.execute_unprepared(&format!("{insert}, null, 'email', 'granted'")).await.unwrap_err().to_string();
    assert!(
        refusal.contains("null value in column \"player_id\" of relation \"consents\" violates not-null constraint"),
        "{refusal}"
    );
    db.execute_unprepared("insert into players (property_id, external_id) select current_property(), 'P-1'")
        .await
        .unwrap();
    db.execute_unprepared(&format!("{insert}, id, 'email', 'granted' from players")).await.unwrap();
    for sql in ["update consents set status = 'revoked'", "delete from consents"] {
        assert!(db.execute_unprepared(sql).await.unwrap_err().to_string().contains("permission denied"), "{sql}");
    }
    assert_eq!(db.execute_unprepared("delete from players").await.unwrap().rows_affected(), 1);
    let left = "select concat_ws(' ', channel, status, player_id is null) as text from consents";
    assert_eq!(texts(&db, left).await.pop_first().unwrap(), "email granted t");
}

#[tokio::test]
async fn a_campaign_outlives_its_template_and_its_segment() {
    let url = database::fresh().await;
    let db = as_tenant(&url, app::tenant(&url).await.property).await;
    db.execute_unprepared(
        "with t as (insert into templates (property_id, name) select current_property(), 'T' returning id), \
         s as (insert into segments (property_id, name) select current_property(), 'S' returning id) \
         insert into campaigns (property_id, name, template_id, segment_id) select current_property(), 'C', t.id, s.id from t, s",
    )
    .await
    .unwrap();
    let state = "select concat_ws(' ', status, channel, purpose, template_id is null, segment_id is null) as text from campaigns";
    assert_eq!(texts(&db, state).await.pop_first().unwrap(), "draft email marketing f f");
    db.execute_unprepared("delete from templates").await.unwrap();
    assert_eq!(texts(&db, state).await.pop_first().unwrap(), "draft email marketing t f");
    db.execute_unprepared("delete from segments").await.unwrap();
    assert_eq!(texts(&db, state).await.pop_first().unwrap(), "draft email marketing t t");
}

#[tokio::test]
async fn a_new_game_gets_its_number_and_organisation_from_the_database() {
    let url = database::fresh().await;
    let tenant = app::tenant(&url).await;
    let db = as_tenant(&url, tenant.property).await;
    for table in ["games", "streams"] {
        let sql = format!(
            "insert into {table} (property_id, name) select current_property(), 'New' \
             returning concat_ws(' ', organization_id, id > 0, status, settings) as text"
        );
        assert_eq!(texts(&db, &sql).await.pop_first().unwrap(), format!("{} t draft {{}}", tenant.org), "{table}");
    }
}

#[tokio::test]
async fn members_are_those_of_the_property_and_of_the_whole_organisation() {
    let url = database::fresh().await;
    let (ours, theirs) = (app::tenant(&url).await, app::tenant(&url).await);
    let sister = "01900000-0000-7000-8000-0000000000aa";
    database::execute(
        &url,
        &format!(
            "insert into properties (id, organization_id, name) values ('{sister}', {org}, 'Sister'); \
             insert into memberships (issuer, subject, organization_id, property_id, role) values \
             ('clerk', 'here', {org}, '{property}', 'viewer'), ('clerk', 'sister', {org}, '{sister}', 'viewer')",
            org = ours.org,
            property = ours.property
        ),
    )
    .await;
    let members = "select subject || ' ' || property_id as text from members";
    let db = as_tenant(&url, ours.property).await;
    let expected = ["here", &ours.owner].map(|subject| format!("{subject} {}", ours.property));
    assert_eq!(texts(&db, members).await, expected.into());
    let db = as_tenant(&url, theirs.property).await;
    assert_eq!(texts(&db, members).await, [format!("{} {}", theirs.owner, theirs.property)].into());
    texts(&db, "select set_config('app.property_id', '', false) as text").await;
    assert!(texts(&db, members).await.is_empty());
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_can_migrate() {
    let server = database::postgres().await;
    let url = database::empty().await;
    let name = url.rsplit_once('/').unwrap().1;
    let admin = database::owner(&server.url("postgres")).await;
    // The role stays for the next run, as roles do.
    let sql = "do $$ begin create role playhouse_test_owner login createrole password 'for tests'; \
               exception when duplicate_object or unique_violation then null; end $$; \
               grant playhouse_app, playhouse_sessions, playhouse_search to playhouse_test_owner";
    // The roles of the schema are there once any database was migrated.
    database::fresh().await;
    admin.execute_unprepared(sql).await.unwrap();
    admin.execute_unprepared(&format!("alter database {name} owner to playhouse_test_owner")).await.unwrap();
    let login = format!("postgres://playhouse_test_owner:for%20tests@127.0.0.1:{}/{name}", server.port());
    playhouse::database::migrate(&login).await.unwrap();
    // The wall holds the owner too, so what ends with a property must have a way through it.
    let owner = database::owner(&login).await;
    let sql = "with o as (insert into organizations (name, slug) values ('O', 'o') returning id), \
               p as (insert into properties (id, organization_id, name) select gen_random_uuid(), id, 'P' from o returning id) \
               insert into players (property_id, external_id) select id, 'one' from p";
    owner.execute_unprepared(sql).await.unwrap();
    let count = "select count(*)::text as text from players";
    assert_eq!(texts(&database::owner(&server.url(name)).await, count).await, ["1".to_owned()].into());
    owner.execute_unprepared("delete from organizations").await.unwrap();
    assert_eq!(texts(&database::owner(&server.url(name)).await, count).await, ["0".to_owned()].into());
    owner.close().await.unwrap();
    playhouse::database::migrate_down(&login, None).await.unwrap();
}
