//! The alarm clock of deliveries: whoever has changed something wakes the workers, and only where somebody listens.
//!
//! It saves time and nothing depends on it: workers look every second by themselves. A call that changed something rings
//! when it ends ([`crate::call`]); that is a look into a set in memory for properties without endpoints, which are most.
//! Where the process has workers they hear it at once. Workers of other processes hear a `NOTIFY` without contents, sent
//! on a connection of its own at most every 25 ms: inside the transaction of the change it would make all commits of
//! the database wait for each other.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use arc_swap::ArcSwap;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, FromQueryResult, Statement};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::tenant::{OrgId, PropertyId};

/// The channel on which processes tell each other.
pub const CHANNEL: &str = "webhooks";
const LEARN_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between two notifications of a process.
const NOTIFY_EVERY: Duration = Duration::from_millis(25);

/// Whose deliveries may be due.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rung {
    /// These properties'.
    pub properties: HashSet<PropertyId>,
    /// Those of them whose endpoints, or what waits for them, are not what they were.
    pub changed: HashSet<PropertyId>,
    /// Anybody's.
    pub anybody: bool,
}

/// Where somebody listens.
#[derive(Debug, Default, Clone)]
struct Listeners {
    properties: HashSet<PropertyId>,
    organizations: HashMap<OrgId, Vec<PropertyId>>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Alarm {
    listeners: ArcSwap<Listeners>,
    rung: Mutex<Rung>,
    bell: Notify,
}

impl Alarm {
    /// Something of a property has changed.
    pub fn ring(&self, property: PropertyId) {
        if self.listeners.load().properties.contains(&property) {
            self.held().properties.insert(property);
            self.bell.notify_one();
        }
    }

    /// Something of one of an organisation's properties has changed.
    pub fn ring_organization(&self, organization: OrgId) {
        if let Some(properties) = self.listeners.load().organizations.get(&organization) {
            self.held().properties.extend(properties);
            self.bell.notify_one();
        }
    }

    /// Something has changed, nobody knows whose.
    pub fn ring_for_anybody(&self) {
        if !self.listeners.load().properties.is_empty() {
            self.held().anybody = true;
            self.bell.notify_one();
        }
    }

    /// A property has an endpoint from here on, has changed one, or sends something again; known before the next look at
    /// the database.
    pub fn expect(&self, property: PropertyId) {
        if !self.listeners.load().properties.contains(&property) {
            self.listeners.rcu(|listeners| {
                let mut listeners = Listeners::clone(listeners);
                listeners.properties.insert(property);
                listeners
            });
        }
        self.held().changed.insert(property);
        self.ring(property);
    }

    /// Waits until it rings.
    pub async fn rung(&self) -> Rung {
        loop {
            let rung = std::mem::take(&mut *self.held());
            if rung != Rung::default() {
                return rung;
            }
            self.bell.notified().await;
        }
    }

    fn held(&self) -> MutexGuard<'_, Rung> {
        self.rung.lock().expect("no panic while it is held")
    }

    /// Learns every second where somebody listens, until stopped.
    pub async fn keep_learning(&self, db: &DatabaseConnection, stop: CancellationToken) {
        loop {
            match listeners(db).await {
                Ok(listeners) => self.listeners.store(Arc::new(listeners)),
                Err(error) => tracing::debug!(%error, "the endpoints cannot be read"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LEARN_EVERY) => {}
            }
        }
    }

    /// Tells the workers of other processes, in a process that has none, until stopped.
    pub async fn keep_telling(&self, db: &DatabaseConnection, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = self.rung() => {}
            }
            if let Err(error) = db.execute_unprepared(&format!("notify {CHANNEL}")).await {
                tracing::debug!(%error, "the workers could not be told; they will look by themselves");
            }
            tokio::time::sleep(NOTIFY_EVERY).await;
        }
    }
}

async fn listeners(db: &DatabaseConnection) -> Result<Listeners, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
        organization_id: i32,
    }
    let sql = "select id, organization_id from properties where has_listeners";
    let rows = Row::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).all(db).await?;
    let mut listeners = Listeners::default();
    for Row { id, organization_id } in rows {
        let property = PropertyId(id);
        listeners.properties.insert(property);
        listeners.organizations.entry(OrgId(organization_id)).or_default().push(property);
    }
    Ok(listeners)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn it_rings_only_where_somebody_listens_and_once_for_many() {
        let alarm = Alarm::default();
        let (one, other) = (PropertyId(Uuid::from_u128(1)), PropertyId(Uuid::from_u128(2)));
        alarm.ring(one);
        alarm.ring_for_anybody();
        assert_eq!(alarm.rung().now_or_never(), None);
        alarm.expect(one);
        alarm.ring(one);
        alarm.ring(other);
        let changed = Rung { properties: [one].into(), changed: [one].into(), anybody: false };
        assert_eq!(alarm.rung().now_or_never(), Some(changed));
        assert_eq!(alarm.rung().now_or_never(), None);
        alarm.ring_for_anybody();
        assert_eq!(alarm.rung().now_or_never(), Some(Rung { anybody: true, ..Rung::default() }));
    }

    #[test]
    fn an_organization_rings_for_its_properties() {
        let (alarm, property) = (Alarm::default(), PropertyId(Uuid::from_u128(1)));
        alarm.listeners.store(Arc::new(Listeners {
            properties: [property].into(),
            organizations: [(OrgId(1), vec![property])].into(),
        }));
        alarm.ring_organization(OrgId(2));
        assert_eq!(alarm.rung().now_or_never(), None);
        alarm.ring_organization(OrgId(1));
        assert_eq!(alarm.rung().now_or_never(), Some(Rung { properties: [property].into(), ..Rung::default() }));
    }
}
