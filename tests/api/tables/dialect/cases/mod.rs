//! The cases, by area.

mod aggregates;
mod deletes;
mod embeds;
mod filters;
mod inserts;
mod json;
mod logic;
mod media;
mod order;
mod pages;
mod preferences;
mod routes;
mod select;
mod tenancy;
mod updates;
mod upserts;

use super::case::Case;

/// Cases of one kind.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) cases: fn() -> Vec<Case>,
}

pub(super) const FILTERS: Area = Area { cases: filters::cases };
pub(super) const FILTER_ERRORS: Area = Area { cases: filters::errors };
pub(super) const LOGIC: Area = Area { cases: logic::cases };
pub(super) const JSON: Area = Area { cases: json::cases };
pub(super) const SELECT: Area = Area { cases: select::cases };
pub(super) const ORDER: Area = Area { cases: order::cases };
pub(super) const PAGES: Area = Area { cases: pages::cases };
pub(super) const EMBEDS: Area = Area { cases: embeds::cases };
pub(super) const AGGREGATES: Area = Area { cases: aggregates::cases };
pub(super) const MEDIA: Area = Area { cases: media::cases };
pub(super) const INSERTS: Area = Area { cases: inserts::cases };
pub(super) const INSERT_ERRORS: Area = Area { cases: inserts::errors };
pub(super) const UPSERTS: Area = Area { cases: upserts::cases };
pub(super) const UPDATES: Area = Area { cases: updates::cases };
pub(super) const DELETES: Area = Area { cases: deletes::cases };
pub(super) const PREFERENCES: Area = Area { cases: preferences::cases };
pub(super) const ROUTES: Area = Area { cases: routes::cases };
pub(super) const TENANCY: Area = Area { cases: tenancy::cases };

/// All of them.
pub(super) const ALL: [Area; 18] = [
    FILTERS,
    FILTER_ERRORS,
    LOGIC,
    JSON,
    SELECT,
    ORDER,
    PAGES,
    EMBEDS,
    AGGREGATES,
    MEDIA,
    INSERTS,
    INSERT_ERRORS,
    UPSERTS,
    UPDATES,
    DELETES,
    PREFERENCES,
    ROUTES,
    TENANCY,
];
