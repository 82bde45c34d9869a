//! Keys of a property, by their own module and without HTTP.

use chrono::Utc;
use playhouse::{
    auth::property_key::Right,
    property_keys::{self, NewPropertyKey},
    tenant::{self, OrgId, PropertyId},
};
use uuid::Uuid;

use super::{app::Tenant, database};

/// A key that may do everything and is never out of quota, until a test says otherwise.
pub(crate) fn generous() -> NewPropertyKey {
    NewPropertyKey {
        name: "A key".to_owned(),
        scopes: vec![Right::Read, Right::Write],
        allowed_tables: None,
        rate_limit: 1_000_000,
        rate_limit_per_day: Some(1_000_000),
        expires_at: None,
        created_by: "test".to_owned(),
    }
}

/// A key of a tenant's property: its id and its text.
pub(crate) async fn property_key(database_url: &str, tenant: &Tenant, new: NewPropertyKey) -> (Uuid, String) {
    let (property, db) = (PropertyId(tenant.property), database::owner(database_url).await);
    let txn = tenant::begin(&db, property).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the key is made for a server that runs by the system's time")]
    let now = Utc::now();
    let (row, key) = property_keys::insert(&txn, OrgId(tenant.org), property, new, now).await.unwrap();
    txn.commit().await.unwrap();
    db.close().await.unwrap();
    (row.id, key.expose().to_owned())
}
