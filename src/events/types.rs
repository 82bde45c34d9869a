//! The types of events: what their names are, what they tell, and whose readers may hear of them.

/// A type of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// Its name: a group, a dot, what happened.
    pub name: &'static str,
    /// The table whose readers may hear of it.
    pub table: &'static str,
    /// What it tells, as a sentence without its full stop.
    pub tells: &'static str,
    /// What its `data` is.
    pub data: Data,
    /// Whether `previous` holds the old values of what changed.
    pub previous: bool,
    /// Whether this version sends it; a type that is announced can be subscribed to and does not happen yet.
    pub sent: bool,
}

/// What the `data` of an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// A row of the event's table as the API shows it.
    Row,
    /// These members.
    Members(&'static [Member]),
}

/// A member of an event's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// The JSON type, and after a blank its format.
    pub kind: &'static str,
    /// What it is.
    pub about: &'static str,
    /// An example as JSON.
    pub example: &'static str,
}

impl EventType {
    /// The part of the name before the dot; `<group>.*` means all of it.
    pub fn group(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}

/// All types, in the order of the documents.
pub fn all() -> impl Iterator<Item = &'static EventType> {
    LIVES.iter().flatten().chain(STEPS).chain(ANNOUNCED)
}

/// The type of a name.
pub fn find(name: &str) -> Option<&'static EventType> {
    all().find(|event| event.name == name)
}

/// The three types of a table whose rows tell of their whole life.
macro_rules! life {
    ($group:literal, $table:literal, $row:literal) => {
        [
            step(concat!($group, ".created"), $table, concat!($row, " was created"), false),
            step(concat!($group, ".updated"), $table, concat!($row, " changed"), true),
            step(concat!($group, ".deleted"), $table, concat!($row, " was deleted"), false),
        ]
    };
}

const LIVES: &[[EventType; 3]] = &[
    life!("player", "players", "A player"),
    life!("segment", "segments", "A segment"),
    life!("campaign", "campaigns", "A campaign"),
    life!("template", "templates", "A template"),
    life!("content_item", "content_items", "A content item"),
    life!("journey", "journeys", "A journey"),
    life!("game", "games", "A game"),
    life!("stream", "streams", "A stream"),
    life!("suppression", "suppressions", "A suppression"),
];

const STEPS: &[EventType] = &[
    step("session.created", "game_sessions", "A one-time session was created", false),
    step("session.consumed", "game_sessions", "A session was consumed: the player began to play", true),
    step(
        "session.expired",
        "game_sessions",
        "A session ended without having been consumed; told within two minutes",
        false,
    ),
    step("session.revoked", "game_sessions", "A session was revoked by its integrator", true),
    step("campaign.scheduled", "campaigns", "A campaign got the time of its sending", true),
    step("campaign.started", "campaigns", "A campaign began to be sent", true),
    step("campaign.completed", "campaigns", "A campaign was sent to everybody whom it is for", true),
    step("consent.recorded", "consents", "A player's consent was written down", false),
    step("consent.revoked", "consents", "It was written down that a player took a consent back", false),
    step("api_key.created", "api_keys", "A key of the property was made", false),
    step("api_key.revoked", "api_keys", "A key of the property was revoked", true),
    step(
        "webhook.disabled",
        "webhooks",
        "A webhook was disabled, because its endpoint wants no more or failed for too long",
        false,
    ),
    EventType {
        sent: true,
        ..told("webhook.test", "webhooks", "Somebody wants to see whether a webhook works", WEBHOOK_TEST)
    },
];

/// What comes with later parts of the product.
const ANNOUNCED: &[EventType] = &[
    told("message.sent", "campaigns", "A message was handed to the provider", MESSAGE),
    told("message.delivered", "campaigns", "A message reached its address", MESSAGE),
    told("message.bounced", "campaigns", "A message came back", MESSAGE),
    told(
        "message.blocked",
        "campaigns",
        "A message was not sent, for consent, suppression or the time of day",
        MESSAGE,
    ),
    told("message.failed", "campaigns", "A message could not be sent", MESSAGE),
    told("message.clicked", "campaigns", "A link of a message was followed", MESSAGE),
    told("message.unsubscribed", "campaigns", "A message was answered with the wish to get no more", MESSAGE),
    told("journey.enrolled", "journeys", "A player entered a journey", ENROLLMENT),
    told("journey.completed", "journeys", "A player reached the end of a journey", ENROLLMENT),
    told("journey.exited", "journeys", "A player left a journey before its end", ENROLLMENT),
    told("privacy.export.completed", "players", "All that is known of a player was put together", REQUEST),
    told("privacy.delete.completed", "players", "All that was known of a player is gone", REQUEST),
];

const WEBHOOK_TEST: &[Member] = &[uuid("webhook_id", "The webhook that is tested")];

const MESSAGE: &[Member] = &[
    uuid("id", "The message"),
    uuid("campaign_id", "The campaign that it belongs to"),
    uuid("player_id", "Whom it was for"),
    Member { name: "channel", kind: "string", about: "The way that it took", example: r#""email""# },
];

const ENROLLMENT: &[Member] = &[
    uuid("journey_id", "The journey"),
    uuid("player_id", "The player"),
    Member { name: "step", kind: "string", about: "Where the player is in it", example: r#""welcome""# },
];

const REQUEST: &[Member] = &[uuid("id", "The request"), uuid("player_id", "Whose data it is about")];

const fn step(name: &'static str, table: &'static str, tells: &'static str, previous: bool) -> EventType {
    EventType { name, table, tells, data: Data::Row, previous, sent: true }
}

const fn told(name: &'static str, table: &'static str, tells: &'static str, members: &'static [Member]) -> EventType {
    EventType { name, table, tells, data: Data::Members(members), previous: false, sent: false }
}

const fn uuid(name: &'static str, about: &'static str) -> Member {
    Member { name, kind: "string uuid", about, example: r#""0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10""# }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_lead_to_their_type() {
        let names: HashSet<&str> = all().map(|event| event.name).collect();
        assert_eq!(names.len(), all().count());
        assert_eq!(find("player.updated").map(|event| (event.group(), event.table)), Some(("player", "players")));
        assert_eq!(find("privacy.export.completed").map(EventType::group), Some("privacy"));
        assert_eq!(find("player.*"), None);
    }
}
