//! Search functions run with rights that span tenants, so they are tested like a wall.

use std::collections::BTreeSet;

use playhouse::tables::{catalog::Playhouse, registry::Catalog};
use sea_orm::ConnectionTrait;

use super::{as_tenant, texts};
use crate::support::{app, database};

const FUNCTIONS: &str = "select p.proname::text as text from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
     where n.nspname = 'public' and p.proname like '%\\_search'";

#[tokio::test]
async fn every_searchable_table_has_one_function_that_is_narrow() {
    let db = database::owner(&database::fresh().await).await;
    let searchable = || Playhouse::registry().tables().iter().filter(|table| !table.search.is_empty());
    let expected: BTreeSet<String> = searchable().map(|table| format!("{}_search", table.name)).collect();
    assert_eq!(texts(&db, FUNCTIONS).await, expected);
    let narrow = format!(
        "{FUNCTIONS} and p.prosecdef and p.proowner = 'playhouse_search'::regrole and p.provolatile = 's' \
         and p.proconfig @> array['search_path=public, pg_temp'] \
         and has_function_privilege('playhouse_app', p.oid, 'execute') and not has_function_privilege('public', p.oid, 'execute')"
    );
    assert_eq!(texts(&db, &narrow).await, expected);
    let readable = "select table_name || '.' || column_name as text from information_schema.role_column_grants \
         where grantee = 'playhouse_search'";
    let needed = searchable().flat_map(|table| {
        let columns = ["property_id", "id"].iter().chain(table.search);
        columns.map(move |column| format!("{}.{column}", table.name))
    });
    assert_eq!(texts(&db, readable).await, needed.collect(), "their owner reads what they need and nothing else");
}

#[tokio::test]
async fn a_search_finds_parts_of_any_search_column_in_any_case() {
    let url = database::fresh().await;
    let db = as_tenant(&url, app::tenant(&url).await.property).await;
    db.execute_unprepared(
        "insert into players (property_id, external_id, email, phone, first_name, last_name, tier) values \
         (current_property(), 'VIP-77', 'Zoe@Example.com', '+15550008', 'Zoë', 'Ñandú', 'Gold'), \
         (current_property(), 'P-2', null, null, 'Ada', '100%_sure', null)",
    )
    .await
    .unwrap();
    let found = async |pattern: &str| {
        let sql = format!(
            "select external_id as text from players where id in (select players_search('{pattern}')) order by 1"
        );
        Vec::from_iter(texts(&db, &sql).await)
    };
    for pattern in ["%vip-7%", "%EXAMPLE.com%", "%5550008%", "%zoË%", "%ñAND%", "%o%"] {
        assert_eq!(found(pattern).await, ["VIP-77"], "{pattern}");
    }
    assert_eq!(found("%100\\%\\_sure%").await, ["P-2"]);
    assert_eq!(found("%gold%").await, [""; 0], "the tier is no search column");
    assert_eq!(found("%p-2%ada%").await, ["P-2"], "columns stand one after the other");
    assert_eq!(texts(&db, "select name as text from games where id in (select games_search('%gam%'))").await.len(), 1);
}

#[tokio::test]
async fn a_search_answers_its_own_tenant_only() {
    let url = database::fresh().await;
    let (ours, theirs) = (app::tenant(&url).await.property, app::tenant(&url).await.property);
    let (us, them) = (as_tenant(&url, ours).await, as_tenant(&url, theirs).await);
    let insert =
        "insert into players (property_id, external_id) select current_property(), 'secret' returning id::text as text";
    let their_player = texts(&them, insert).await;
    let search = "select players_search('%secret%')::text as text";
    assert_eq!(texts(&them, search).await, their_player);
    assert!(texts(&us, search).await.is_empty());
    assert_eq!(texts(&us, "select games_search('%')::text as text").await.len(), 1);
    texts(&us, "select set_config('app.property_id', '', false) as text").await;
    for function in texts(&us, FUNCTIONS).await {
        assert!(texts(&us, &format!("select {function}('%')::text as text")).await.is_empty(), "{function}");
    }
}
