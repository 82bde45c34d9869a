//! Properties, each with a key and an endpoint, and deliveries that wait.

use std::net::SocketAddr;

use playhouse::{
    auth::property_key::Right,
    clock::Clock,
    property_keys::{self, NewPropertyKey},
    sealing::{Purpose, Sealer},
    secret::Secret,
    tenant::{OrgId, PropertyId},
    webhooks::SigningKey,
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use crate::support::stage::Stage;

/// Properties with an endpoint that answers.
pub(crate) const PROPERTIES: usize = 50;
/// The property with an endpoint that never answers,
const DEAD: usize = PROPERTIES;
/// and the one without any.
pub(crate) const UNHEARD: usize = PROPERTIES + 1;
/// The key that secrets are sealed with here.
pub(crate) const SEALED_WITH: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The properties.
#[derive(Debug)]
pub(crate) struct Hall {
    ids: Vec<Uuid>,
    keys: Vec<Secret>,
    dead: Uuid,
}

impl Hall {
    /// Fills it; the endpoints are paths of one receiver, and one more property has an endpoint that never answers.
    pub(crate) async fn fill(stage: &Stage, receiver: SocketAddr) -> anyhow::Result<Self> {
        let sealer = Sealer::new(&Secret::new(SEALED_WITH))?;
        let (mut ids, mut keys) = (Vec::new(), Vec::new());
        for number in 0..=UNHEARD {
            let id = Uuid::now_v7();
            let path = if number == DEAD { "dead".to_owned() } else { number.to_string() };
            stage
                .execute(&format!(
                    "insert into properties (id, organization_id, name) values ('{id}', {}, 'Property {number}')",
                    stage.tenant.org
                ))
                .await?;
            if number != UNHEARD {
                endpoint(stage, &sealer, id, &format!("http://{receiver}/{path}")).await?;
            }
            let new = NewPropertyKey {
                name: "Bench".to_owned(),
                scopes: vec![Right::Read, Right::Write],
                allowed_tables: None,
                rate_limit: i32::MAX,
                rate_limit_per_day: None,
                expires_at: None,
                created_by: "bench".to_owned(),
            };
            let (org, property) = (OrgId(stage.tenant.org), PropertyId(id));
            keys.push(property_keys::insert(&stage.db, org, property, new, Clock::default().now()).await?.1);
            ids.push(id);
        }
        let dead = ids[DEAD];
        Ok(Self { ids, keys, dead })
    }

    /// The key of a property, by its number.
    pub(crate) fn key(&self, property: usize) -> &str {
        self.keys[property].expose()
    }

    /// Lets deliveries wait at the first so many properties' endpoints, in turn, each with an event of its own.
    pub(crate) async fn backlog(&self, stage: &Stage, endpoints: usize, count: u64) -> anyhow::Result<()> {
        let list = self.ids[..endpoints].iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
        self.due(stage, &format!("(array[{list}]::uuid[])[1 + n % {endpoints}]"), count).await
    }

    /// Lets deliveries wait at the endpoint that never answers.
    pub(crate) async fn flood(&self, stage: &Stage, count: u64) -> anyhow::Result<()> {
        self.due(stage, &format!("'{}'::uuid", self.dead), count).await
    }

    /// The bytes are those of a player's event.
    async fn due(&self, stage: &Stage, property: &str, count: u64) -> anyhow::Result<()> {
        stage
            .execute(&format!(
                "with e as (insert into events (property_id, type, payload) \
                   select {property}, 'player.created', json_build_object('type', 'player.created', 'timestamp', now(), \
                     'data', json_build_object('id', gen_random_uuid(), 'external_id', 'B-' || n, 'filler', repeat('x', 500))) \
                   from generate_series(1, {count}) n returning property_id, id) \
                 insert into webhook_deliveries (property_id, webhook_id, event_id, event_type) \
                   select e.property_id, w.id, e.id, 'player.created' from e join webhooks w using (property_id)"
            ))
            .await
    }
}

async fn endpoint(stage: &Stage, sealer: &Sealer, property: Uuid, url: &str) -> anyhow::Result<()> {
    let (id, key) = (Uuid::now_v7(), SigningKey::generate());
    let sealed = sealer.seal(Purpose::WebhookSecret, id, key.as_bytes());
    let sql = "with w as (insert into webhooks (property_id, id, url) values ($1, $2, $3) returning *) \
         insert into webhook_secrets (property_id, webhook_id, current) select property_id, id, $4 from w";
    let values = [property.into(), id.into(), url.into(), sealed.into()];
    stage.db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}
