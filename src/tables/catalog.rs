//! The tables of Playhouse, one entry each: what an entity cannot say of itself stands here.
//!
//! To add a table: a step in `migration/`, an entity in `entity/`, and an entry here. Routes, filters, the OpenAPI
//! document and the tests that walk over all tables follow.

use std::sync::LazyLock;

use entity::{
    api_key, audit_entry, campaign, consent, content_item, event, game, game_session, journey, member, player, segment,
    stream, suppression, template, webhook, webhook_attempt, webhook_delivery,
};

use super::{
    registry::{Catalog, Registry},
    table::Table,
};
use crate::{events, webhooks::endpoints::Endpoints};

/// The registry of the product.
#[derive(Debug, Clone, Copy, Default)]
pub struct Playhouse;

impl Catalog for Playhouse {
    fn registry() -> &'static Registry {
        static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::new(tables()));
        &REGISTRY
    }
}

/// Columns of DailyPlay's tables that belong to the organisation's side.
const ORGANIZATION: &[&str] = &["organization_id"];
/// Why something is sent to an endpoint.
const TRIGGERS: &[&str] = &["scheduled", "manual", "test"];

fn tables() -> Vec<Table> {
    vec![
        Table::of::<player::Entity>("player")
            .search(&["external_id", "email", "phone", "first_name", "last_name"])
            .choices("status", &["active", "inactive", "suspended", "closed", "self_excluded"]),
        Table::of::<segment::Entity>("segment").search(&["name", "description"]),
        Table::of::<campaign::Entity>("campaign")
            .search(&["name", "subject"])
            .choices("channel", &["email", "sms"])
            .choices("purpose", &["marketing", "transactional"])
            .choices("status", &["draft", "scheduled", "sending", "sent", "cancelled", "failed"])
            .server_set(&["status", "sent_at"]),
        Table::of::<template::Entity>("template").search(&["name", "subject"]).choices("channel", &["email", "sms"]),
        Table::of::<content_item::Entity>("content_item").search(&["name"]),
        Table::of::<journey::Entity>("journey")
            .search(&["name"])
            .choices("status", &["draft", "live", "paused", "archived"])
            .server_set(&["version"]),
        Table::of::<game::Entity>("game")
            .search(&["name", "slug"])
            .hide(ORGANIZATION)
            .choices("status", &["draft", "active", "archived"]),
        Table::of::<stream::Entity>("stream")
            .search(&["name", "slug"])
            .hide(ORGANIZATION)
            .choices("status", &["draft", "scheduled", "active", "paused", "completed", "archived"]),
        // A play joins games and streams.
        Table::of::<game_session::Entity>("game_session")
            .read_only()
            .junction()
            .hide(ORGANIZATION)
            .choices("status", &["active", "consumed", "revoked"]),
        Table::of::<consent::Entity>("consent")
            .append_only()
            .required(&["player_id"])
            .server_set(&["recorded_at"])
            .choices("channel", &["email", "sms", "voice"])
            .choices("status", &["granted", "revoked"])
            .choices("type", &["express_written", "express", "implied"]),
        Table::of::<suppression::Entity>("suppression")
            .search(&["address", "reason"])
            .choices("channel", &["email", "sms", "voice"]),
        Table::of::<event::Entity>("event").read_only().seen(events::readers::seen),
        Table::of::<webhook::Entity>("webhook")
            .hide(&["allowed_tables"])
            .server_set(&["disabled_reason", "disabled_at"])
            .write_only(&["headers"])
            .guarded_by(&Endpoints),
        Table::of::<webhook_delivery::Entity>("webhook_delivery")
            .read_only()
            .hide(&["claim_id", "lease_until"])
            .choices("state", &["pending", "sending", "delivered", "failed", "cancelled"])
            .choices("trigger", TRIGGERS),
        Table::of::<webhook_attempt::Entity>("webhook_attempt").read_only().choices("trigger", TRIGGERS),
        Table::of::<api_key::Entity>("property_key").read_only().guarded().hide(ORGANIZATION).hide(&["version"]),
        Table::of::<member::Entity>("member")
            .view()
            .guarded()
            .choices("role", &["owner", "admin", "editor", "analyst", "viewer"]),
        Table::of::<audit_entry::Entity>("audit_entry").read_only().guarded().hide(ORGANIZATION),
    ]
}
