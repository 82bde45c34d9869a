//! The demo tenants have something to show in every table that can be filled.

use std::collections::BTreeSet;

use super::texts;
use crate::support::database;

#[tokio::test]
async fn every_table_of_a_demo_tenant_has_rows_and_a_second_demo_adds_none() {
    let url = database::fresh().await;
    let directory = tempfile::tempdir().unwrap();
    let keys = playhouse::demo::renew(&url, directory.path()).await.unwrap();
    let db = database::owner(&url).await;
    let mut counts = Vec::new();
    for table in
        "players segments campaigns templates content_items journeys games streams game_sessions consents suppressions"
            .split_ascii_whitespace()
    {
        for tenant in &keys.tenants {
            counts.push(format!(
                "select '{table} {0} ' || count(*) from {table} where property_id = '{0}'",
                tenant.property_id
            ));
        }
    }
    let counts = format!("select count as text from ({}) counts (count)", counts.join(" union all "));
    let first = texts(&db, &counts).await;
    let empty: BTreeSet<_> = first.iter().filter(|count| count.ends_with(" 0")).collect();
    assert!(empty.is_empty(), "{empty:?}");
    assert!(first.contains(&format!("players {} 200", keys.tenants[0].property_id)), "{first:?}");

    // What somebody took away stays away, too.
    database::execute(&url, "delete from players where external_id <> 'P-1001'").await;
    let fewer = texts(&db, &counts).await;
    playhouse::demo::renew(&url, directory.path()).await.unwrap();
    assert_eq!(texts(&db, &counts).await, fewer);
}
