//! What is asked: each question as a request, and as the statements that the server makes of it.

use anyhow::Context;
use playhouse::tables::{
    body::{self, Purpose},
    catalog::Playhouse,
    grammar,
    media::BodyMedia,
    registry::Catalog,
    sql::{
        Level, Statement,
        read::Window,
        write::{Conflict, Inserting, Returning},
    },
};
use poem::http::StatusCode;

use super::hall::{self, Hall, PROPERTIES};
use crate::support::http::Requests;

/// Requests that a client has ready; it begins again when it comes to the end.
const RING: usize = 2_000;
/// Inserts that a client has ready; more than it can send in a run.
const INSERTS: usize = 20_000;
/// Where the number of a new player stands in the body.
const NUMBER: &str = "S-0000000000";
const NEW: &str = r#"{"external_id":"S-0000000000","email":"new@example.com","phone":"+17025550100","first_name":"Ada","last_name":"Lovelace","status":"active","tier":"Gold","adt":12.5,"visits":3}"#;

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// The 25 newest players of a status.
    Active,
    /// The 25 newest players.
    Newest,
    /// A player by id.
    One,
    /// A new player.
    Create,
    /// The 25 newest players of a status, and how many there are.
    Counted,
    /// The 25 newest players with their consents.
    Embedded,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// The server.
    Tables,
    /// An endpoint whose JSON Postgres makes.
    JsonAgg,
    /// An endpoint of SeaORM models and serde.
    Models,
}

/// Whose rows are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tenants {
    /// Those of all properties; a client goes on to another one with each request.
    Mixed,
    /// Those of one.
    One,
}

impl Question {
    /// All, in the order of the result.
    pub(crate) const ALL: [Self; 6] =
        [Self::Active, Self::Newest, Self::One, Self::Create, Self::Counted, Self::Embedded];

    /// The name in the result.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "list, filtered",
            Self::Newest => "list",
            Self::One => "by id",
            Self::Create => "insert",
            Self::Counted => "list with count",
            Self::Embedded => "list with embed",
        }
    }

    /// The part of the floor, and of the endpoint whose JSON Postgres makes, that should be reached.
    pub(crate) fn goals(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Active | Self::Newest => (Some(0.45), Some(1.4)),
            Self::One => (Some(0.45), None),
            Self::Create => (Some(0.55), None),
            Self::Counted | Self::Embedded => (None, None),
        }
    }

    /// The last part of a path at the endpoints that it is compared with.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Newest => "newest",
            Self::One => "one",
            Self::Create => "create",
            Self::Counted => "counted",
            Self::Embedded => "embedded",
        }
    }

    /// The status of a good answer.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Create => StatusCode::CREATED,
            // The 25 are a part of those that were counted.
            Self::Counted => StatusCode::PARTIAL_CONTENT,
            _ => StatusCode::OK,
        }
    }

    /// The query string.
    pub(crate) fn query(self) -> &'static str {
        match self {
            Self::Active | Self::Counted => "status.eq=active&order=created_at.desc&limit=25",
            Self::Newest => "order=created_at.desc&limit=25",
            Self::One | Self::Create => "",
            Self::Embedded => "select=*,consents(*)&order=created_at.desc&limit=25",
        }
    }

    /// The requests of a client.
    pub(crate) fn requests(self, hall: &Hall, face: Face, tenants: Tenants, client: usize) -> anyhow::Result<Requests> {
        let of = |turn: usize| {
            let property = if tenants == Tenants::Mixed { (client + turn) % PROPERTIES } else { 1 };
            self.request(face, hall.key(property), || hall::player(property, client * 571 + turn * 7919))
        };
        let ring = Requests::in_turn((0..if self == Self::One { RING } else { PROPERTIES }).map(of));
        let ring = ring.answered(self.status().as_u16());
        if self != Self::Create {
            return Ok(ring);
        }
        let numbers = (0..INSERTS).map(|number| format!("S-{client:03}{number:07}"));
        ring.each(NUMBER, numbers.collect())
    }

    fn request(self, face: Face, key: &str, player: impl Fn() -> String) -> Requests {
        let mut path = match face {
            Face::Tables => "/api/players".to_owned(),
            Face::JsonAgg => format!("/json_agg/{}", self.word()),
            Face::Models => format!("/models/{}", self.word()),
        };
        if self == Self::One {
            path = format!("{path}/{}", player());
        }
        if face == Face::Tables && !self.query().is_empty() {
            path = format!("{path}?{}", self.query());
        }
        let (key, count) = (("x-api-key", key), ("prefer", "count=exact"));
        match self {
            Self::Create => Requests::same("POST", &path, &[key], NEW),
            Self::Counted => Requests::same("GET", &path, &[key, count], ""),
            _ => Requests::same("GET", &path, &[key], ""),
        }
    }

    /// The statements that the server makes of it for the first property, made by the server's own code. Behind the
    /// tenant, the first parameter of [`Self::One`] is the id, that of [`Self::Create`] the number of the player.
    pub(crate) fn statements(self) -> anyhow::Result<Vec<Statement>> {
        let (registry, tenant) = (Playhouse::registry(), hall::property(0));
        let table = registry.table("players").context("there are players")?;
        let query = grammar::parse(self.query()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let mut level = Level::of(registry, table, &query, tenant, &|_| Ok(()))?;
        let page = Window { limit: Some(25), ..Window::default() };
        Ok(match self {
            Self::Active | Self::Newest | Self::Embedded => vec![level.page(&page)?.statement],
            Self::Counted => vec![level.page(&page)?.statement, level.count()?],
            Self::One => {
                level.one(&hall::player(0, 0))?;
                vec![level.versioned(1)?.statement]
            }
            Self::Create => {
                let payload = body::read(table, BodyMedia::Json, NEW.as_bytes(), None, Purpose::Insert, tenant, false)?;
                let (conflict, returning) = (Conflict::Refuse, Returning::Rows);
                let how = Inserting { on: None, conflict, returning, now: chrono::DateTime::UNIX_EPOCH };
                vec![level.insert(&payload, &how)?.statement]
            }
        })
    }
}
