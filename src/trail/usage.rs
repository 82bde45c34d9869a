//! How often each key was used on each day of UTC.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde_json::json;
use uuid::Uuid;

use crate::call::UsedKey;

/// Calls of one key on one day.
#[derive(Debug, Default, Clone, Copy)]
struct Calls {
    accepted: i64,
    refused: i64,
    last_used_at: Option<DateTime<Utc>>,
}

/// What was not yet written. The maps are sorted, so that replicas which write at the same time cannot wait for each
/// other in a circle.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// By organisation, key and day.
    org_keys: BTreeMap<(i32, i32, NaiveDate), Calls>,
    /// By property, key and day.
    property_keys: BTreeMap<(Uuid, Uuid, NaiveDate), Calls>,
}

impl Usage {
    pub(super) fn count(&mut self, key: &UsedKey, at: DateTime<Utc>, refused: bool) {
        let day = at.date_naive();
        let calls = match key {
            UsedKey::Org(key) => self.org_keys.entry((key.organization().0, key.id, day)).or_default(),
            UsedKey::Property(key) => self.property_keys.entry((key.property().0, key.id, day)).or_default(),
        };
        if refused {
            calls.refused += 1;
        } else {
            calls.accepted += 1;
            calls.last_used_at = calls.last_used_at.max(Some(at));
        }
    }

    pub(super) async fn write(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        const ORG_KEYS: &str = "with called as (select * from jsonb_to_recordset($1) as u(organization_id integer, \
             org_api_key_id integer, day date, accepted bigint, refused bigint, last_used_at timestamptz)), \
             used as (update org_api_keys k set last_used_at = c.last_used_at from called c \
             where k.organization_id = c.organization_id and k.id = c.org_api_key_id \
             and (k.last_used_at is null or k.last_used_at < c.last_used_at)) \
             insert into org_api_key_usage as known (organization_id, org_api_key_id, day, accepted, refused) \
             select c.organization_id, c.org_api_key_id, c.day, c.accepted, c.refused \
             from called c join organizations o on o.id = c.organization_id \
             order by c.organization_id, c.org_api_key_id, c.day \
             on conflict (organization_id, org_api_key_id, day) \
             do update set accepted = known.accepted + excluded.accepted, refused = known.refused + excluded.refused";
        const PROPERTY_KEYS: &str = "select api_key_usage_add($1)";
        let row = |owner: (&str, serde_json::Value), key: (&str, serde_json::Value), day: &NaiveDate, calls: &Calls| {
            json!({
                owner.0: owner.1, key.0: key.1, "day": day, "accepted": calls.accepted, "refused": calls.refused,
                "last_used_at": calls.last_used_at,
            })
        };
        let org_keys = self.org_keys.iter().map(|((organization, key, day), calls)| {
            row(("organization_id", json!(organization)), ("org_api_key_id", json!(key)), day, calls)
        });
        let property_keys = self.property_keys.iter().map(|((property, key, day), calls)| {
            row(("property_id", json!(property)), ("api_key_id", json!(key)), day, calls)
        });
        let (org_keys, property_keys): (Vec<_>, Vec<_>) = (org_keys.collect(), property_keys.collect());
        for (sql, rows) in [(ORG_KEYS, org_keys), (PROPERTY_KEYS, property_keys)] {
            if !rows.is_empty() {
                let rows = serde_json::Value::from(rows);
                db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [rows.into()])).await?;
            }
        }
        Ok(())
    }
}
