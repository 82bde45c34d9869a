//! The table behind `Idempotency-Key`.

use sea_orm::ConnectionTrait;

use super::{as_tenant, texts};
use crate::support::{app, database};

const INSERT: &str = "insert into idempotency_keys (property_id, caller, route, key, request_hash, status, headers, body, expires_at) \
     select current_property(), 'key 1', 'POST /api/players', key, sha256('body'), 200, '[]', '', now() + age \
     from (values ('fresh', interval '1 hour'), ('old', interval '-1 second'), ('older', interval '-1 day')) k(key, age)";

#[tokio::test]
async fn keys_of_two_tenants_are_two_keys_and_the_expired_of_all_are_forgotten_in_portions() {
    let url = database::fresh().await;
    let us = as_tenant(&url, app::tenant(&url).await.property).await;
    let them = as_tenant(&url, app::tenant(&url).await.property).await;
    let mine = "select key as text from idempotency_keys";
    for db in [&us, &them] {
        db.execute_unprepared(INSERT).await.unwrap();
        let again = db.execute_unprepared(INSERT).await.unwrap_err().to_string();
        assert!(again.contains("idempotency_keys_pkey"), "{again}");
        assert_eq!(texts(db, mine).await.len(), 3, "each sees its own");
    }
    let prune = async |limit: i32| texts(&us, &format!("select idempotency_prune({limit})::text as text")).await;
    assert_eq!(prune(3).await, ["3".to_owned()].into());
    assert_eq!(prune(3).await, ["1".to_owned()].into());
    assert_eq!(prune(3).await, ["0".to_owned()].into());
    for db in [&us, &them] {
        assert_eq!(texts(db, mine).await, ["fresh".to_owned()].into());
    }
}
