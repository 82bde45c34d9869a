use crate::Step;

/// The people that a property knows. The form of addresses is judged where players are imported or written to, not
/// here; lengths are bounded so that every value fits an index.
pub(crate) const STEP: Step = Step {
    name: "m0014_players",
    up: concat!(
        r"
-- Constraints of the type: those of a table are read anew by every statement that writes to it, and most that do write one row.
create domain players_external_id as text constraint players_external_id_check check (length(value) between 1 and 255);
create domain players_email as text constraint players_email_check check (length(value) <= 320);
create domain players_phone as text constraint players_phone_check check (length(value) <= 255);
create domain players_first_name as text constraint players_first_name_check check (length(value) <= 255);
create domain players_last_name as text constraint players_last_name_check check (length(value) <= 255);
create domain players_status as text
  constraint players_status_check check (value in ('active', 'inactive', 'suspended', 'closed', 'self_excluded'));
create domain players_tier as text constraint players_tier_check check (length(value) <= 255);
-- Bounded, so that they fit an index and JSON: an unbounded numeric may have a hundred thousand digits, or be no number.
create domain players_adt as numeric constraint players_adt_check check (abs(value) < 1e18 and scale(value) <= 64);
create domain players_coin_in as numeric constraint players_coin_in_check check (abs(value) < 1e18 and scale(value) <= 64);
create domain players_state as text constraint players_state_check check (length(value) <= 255);
create domain players_zip as text constraint players_zip_check check (length(value) <= 255);
create domain players_time_zone as text constraint players_time_zone_check check (length(value) <= 255);
create domain players_locale as text constraint players_locale_check check (length(value) <= 255);

create table players (
  property_id uuid not null,
  id uuid not null default uuid_v7(),
  external_id players_external_id not null,
  email players_email,
  phone players_phone,
  first_name players_first_name,
  last_name players_last_name,
  status players_status not null default 'active',
  tier players_tier,
  adt players_adt,
  coin_in players_coin_in,
  visits integer default 0,
  birth_date date,
  state players_state,
  zip players_zip,
  time_zone players_time_zone,
  locale players_locale,
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
        r"
-- Players end with their property. No foreign key sees to it, because its check would lock the property's row in every
-- write: one row for all writers of a tenant, each of whom writes down that he holds it too.
create policy players_end on players to current_user using (true);
create function end_players() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from players p using ended e where p.property_id = e.id;
  return null;
end $$;
revoke execute on function end_players() from public;
create trigger players_end after delete on properties referencing old table as ended
  for each statement execute function end_players();
",
    ),
    down: r"
drop trigger players_end on properties;
drop function end_players();
drop function players_search(text);
drop table players;
drop domain players_external_id, players_email, players_phone, players_first_name, players_last_name, players_status,
  players_tier, players_adt, players_coin_in, players_state, players_zip, players_time_zone, players_locale;
",
};
