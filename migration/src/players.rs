use crate::Step;

/// The people that a property knows. The form of addresses is judged where players are imported or written to, not
/// here; lengths are bounded so that every value fits an index.
pub(crate) const STEP: Step = Step {
    name: "m0014_players",
    up: concat!(
        r"
create table players (
  property_id uuid not null constraint players_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  external_id text not null constraint players_external_id_check check (length(external_id) between 1 and 255),
  email text constraint players_email_check check (length(email) <= 320),
  phone text constraint players_phone_check check (length(phone) <= 255),
  first_name text constraint players_first_name_check check (length(first_name) <= 255),
  last_name text constraint players_last_name_check check (length(last_name) <= 255),
  status text not null default 'active'
    constraint players_status_check check (status in ('active', 'inactive', 'suspended', 'closed', 'self_excluded')),
  tier text constraint players_tier_check check (length(tier) <= 255),
  -- Bounded, so that they fit an index and JSON: an unbounded numeric may have a hundred thousand digits, or be no number.
  adt numeric constraint players_adt_check check (abs(adt) < 1e18 and scale(adt) <= 64),
  coin_in numeric constraint players_coin_in_check check (abs(coin_in) < 1e18 and scale(coin_in) <= 64),
  visits integer default 0,
  birth_date date,
  state text constraint players_state_check check (length(state) <= 255),
  zip text constraint players_zip_check check (length(zip) <= 255),
  time_zone text constraint players_time_zone_check check (length(time_zone) <= 255),
  locale text constraint players_locale_check check (length(locale) <= 255),
  tags text[] default '{}',
  attributes jsonb default '{}',
  last_visit_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint players_pkey primary key (property_id, id),
  constraint players_property_id_external_id_key unique (property_id, external_id)
);
create index players_property_id_created_at_id_idx on players (property_id, created_at, id);
create index players_property_id_status_created_at_id_idx on players (property_id, status, created_at, id);
create index players_property_id_tier_idx on players (property_id, tier);
create index players_property_id_visits_idx on players (property_id, visits);
-- Serves order=adt; a comparison of numerics may not use an index under row-level security.
create index players_property_id_adt_idx on players (property_id, adt);
create index players_property_id_email_idx on players (property_id, email);
create index players_property_id_phone_idx on players (property_id, phone);
create index players_property_id_last_visit_at_idx on players (property_id, last_visit_at);
grant select, insert, update, delete on players to playhouse_app;
",
        wall!("players"),
        searchable!("players", "uuid", "external_id", "email", "phone", "first_name", "last_name"),
    ),
    down: r"
drop function players_search(text);
drop table players;
",
};
