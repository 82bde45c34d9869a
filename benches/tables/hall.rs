//! Two hundred thousand players in twenty properties, and a key for each property.

use playhouse::{
    auth::property_key::Right,
    clock::Clock,
    property_keys::{self, NewPropertyKey},
    secret::Secret,
    tenant::{OrgId, PropertyId},
};
use uuid::Uuid;

use crate::support::stage::Stage;

/// Properties in all.
pub(crate) const PROPERTIES: usize = 20;
/// What the ids of properties begin with; two hexadecimal digits follow.
pub(crate) const PROPERTY_HEAD: &str = "01900000-0000-7000-8000-0000000000";
/// What the ids of players begin with; twelve hexadecimal digits of their number follow.
pub(crate) const PLAYER_HEAD: &str = "01900000-0000-7000-9000-";
/// Players with a lower number belong to the first property, which has a thousand pages of them; the others are dealt
/// out in turn.
pub(crate) const DEALT_FROM: usize = 21_000;
/// Players that each property was dealt.
pub(crate) const DEALT: usize = (PLAYERS - DEALT_FROM) / PROPERTIES;
const PLAYERS: usize = 200_000;

/// The properties' keys.
#[derive(Debug)]
pub(crate) struct Hall {
    keys: Vec<Secret>,
}

impl Hall {
    /// Fills it.
    pub(crate) async fn fill(stage: &Stage) -> anyhow::Result<Self> {
        stage.execute(&rows(stage.tenant.org)).await?;
        stage.execute("vacuum analyze players, consents").await?;
        let mut keys = Vec::new();
        for number in 0..PROPERTIES {
            let new = NewPropertyKey {
                name: "Bench".to_owned(),
                scopes: vec![Right::Read, Right::Write],
                allowed_tables: None,
                rate_limit: i32::MAX,
                rate_limit_per_day: None,
                expires_at: None,
                created_by: "bench".to_owned(),
            };
            let (org, property) = (OrgId(stage.tenant.org), property(number));
            keys.push(property_keys::insert(&stage.db, org, property, new, Clock::default().now()).await?.1);
        }
        Ok(Self { keys })
    }

    /// The key of a property, by its number.
    pub(crate) fn key(&self, property: usize) -> &str {
        self.keys[property].expose()
    }
}

/// The id of a property.
pub(crate) fn property(number: usize) -> PropertyId {
    let id = format!("{PROPERTY_HEAD}{number:02x}");
    PropertyId(Uuid::parse_str(&id).expect("the head is that of a uuid"))
}

/// The id of one of the players that a property was dealt; any number gives one.
pub(crate) fn player(property: usize, number: usize) -> String {
    format!("{PLAYER_HEAD}{:012x}", DEALT_FROM + property + PROPERTIES * (number % DEALT))
}

/// The indexes but the unique ones are laid after the rows, as a restore does, and nothing is checked that holds by
/// construction. Housekeeping would hit one side or the other by chance, so it is done between the rounds.
fn rows(org: i32) -> String {
    format!(
        "set session_replication_role = replica; \
         create temporary table later as \
           select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition \
           from pg_index where indrelid = 'players'::regclass and not indisunique; \
         do $$ declare i record; begin \
           for i in select * from later loop execute 'drop index ' || i.name; end loop; end $$; \
         alter table players set (autovacuum_enabled = off); \
         alter table consents set (autovacuum_enabled = off); \
         insert into properties (id, organization_id, name) \
           select ('{PROPERTY_HEAD}' || lpad(to_hex(n), 2, '0'))::uuid, {org}, 'Property ' || n \
           from generate_series(0, {PROPERTIES} - 1) n; \
         insert into players (property_id, id, external_id, email, phone, first_name, last_name, status, tier, adt, \
             coin_in, visits, birth_date, state, zip, time_zone, locale, tags, attributes, last_visit_at, created_at) \
           select ('{PROPERTY_HEAD}' || lpad(to_hex(case when n < {DEALT_FROM} then 0 else n % {PROPERTIES} end), 2, '0'))::uuid, \
             ('{PLAYER_HEAD}' || lpad(to_hex(n), 12, '0'))::uuid, 'P-' || n, 'guest' || n || '@example.com', \
             '+1702' || lpad(n::text, 7, '0'), (array['Ada', 'Bob', 'Cy', 'Dee', 'Eve', 'Fay', 'Gus'])[1 + n % 7], \
             (array['Smith', 'Jones', 'Lovelace', 'Stone', 'Hebdon'])[1 + n % 5] || n % 300, \
             case when n / 20 % 100 < 70 then 'active' when n / 20 % 100 < 95 then 'inactive' else 'suspended' end, \
             (array['Bronze', 'Silver', 'Gold', 'Platinum', 'Diamond'])[1 + n / 20 % 5], n % 100000 * 0.01, \
             n % 5000 * 12.25, n / 20 % 60, date '1950-01-01' + n % 18000, 'NV', lpad((n % 99999)::text, 5, '0'), \
             'America/Los_Angeles', 'en-US', array['slots', 'vip ' || n % 9], \
             jsonb_build_object('host', 'H-' || n % 40, 'level', n % 10, 'vip', n % 3 = 0), \
             timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2025-01-01' + n * interval '1 minute' \
           from generate_series(0, {PLAYERS} - 1) n; \
         insert into consents (property_id, player_id, channel, status, type, disclosure_version, source, occurred_at) \
           select property_id, id, channel, 'granted', 'express', 'v1', 'web', created_at \
           from players, (values ('email', 2), ('sms', 5)) as kinds (channel, of) \
           where right(external_id, 1)::integer % of = 0; \
         do $$ declare i record; begin for i in select * from later loop execute i.definition; end loop; end $$; \
         drop table later; \
         reset session_replication_role"
    )
}
