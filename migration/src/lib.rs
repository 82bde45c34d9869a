//! The schema of Playhouse, one file per step.
//!
//! A step is two texts of SQL, up and down, run in one transaction each. Constraints carry the names that Postgres
//! would give them, because the error layer turns those names into sentences: they are part of the contract.
//!
//! Who may do what: every connection of the running server works as the role `playhouse_app`, which owns nothing and is
//! bound by the row-level security of property-scoped tables. The functions of the one-time sessions run as
//! `playhouse_sessions`, because a token names a session before anybody knows its tenant, and so does the one that finds
//! a property's key. Searches of tables run as `playhouse_search`, which may use the search index and answers ids only.
//! Workers that serve all tenants work as `playhouse_workers`. The triggers that write events run as whoever changes the
//! rows; `events.rs` names the roles that may.
//! Steps that add a table grant what the server needs of it, and nothing else.

use sea_orm_migration::prelude::{ConnectionTrait, DbErr, MigrationTrait, SchemaManager, async_trait};
pub use sea_orm_migration::{MigrationName, MigratorTrait};

#[macro_use]
mod parts;

mod api_keys;
mod audit;
mod campaigns;
mod consents;
mod content_items;
mod credential_changes;
mod event_basics;
mod event_functions;
mod events;
mod game_sessions;
mod game_tables;
mod games;
mod idempotency_keys;
mod journeys;
mod members;
mod memberships;
mod org_api_keys;
mod organizations;
mod partitions;
mod players;
mod properties;
mod rate_counters;
mod roles;
mod segments;
mod session_expiry;
mod streams;
mod suppressions;
mod table_basics;
mod table_events;
mod templates;
mod webhook_deliveries;
mod webhooks;

/// All steps, oldest first.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(roles::STEP),
            Box::new(organizations::STEP),
            Box::new(properties::STEP),
            Box::new(memberships::STEP),
            Box::new(games::STEP),
            Box::new(streams::STEP),
            Box::new(credential_changes::STEP),
            Box::new(org_api_keys::STEP),
            Box::new(game_sessions::STEP),
            Box::new(rate_counters::STEP),
            Box::new(audit::STEP),
            Box::new(api_keys::STEP),
            Box::new(table_basics::STEP),
            Box::new(players::STEP),
            Box::new(segments::STEP),
            Box::new(templates::STEP),
            Box::new(campaigns::STEP),
            Box::new(content_items::STEP),
            Box::new(journeys::STEP),
            Box::new(consents::STEP),
            Box::new(suppressions::STEP),
            Box::new(game_tables::STEP),
            Box::new(members::STEP),
            Box::new(idempotency_keys::STEP),
            Box::new(event_basics::STEP),
            Box::new(events::STEP),
            Box::new(webhooks::STEP),
            Box::new(webhook_deliveries::STEP),
            Box::new(partitions::STEP),
            Box::new(event_functions::STEP),
            Box::new(table_events::STEP),
            Box::new(session_expiry::STEP),
        ]
    }
}

/// One step of the schema.
struct Step {
    /// Sorts the steps and names them in `seaql_migrations`; never changes once released.
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.up).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.down).await.map(drop)
    }
}
