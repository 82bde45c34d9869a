use crate::Step;

/// Games, streams and sessions join the tables of the second face: the first two can be written, all three are listed
/// in the order of their making, forwards and backwards by one index.
pub(crate) const STEP: Step = Step {
    name: "m0022_game_tables",
    up: concat!(
        r"
-- A property belongs to one organisation, so whoever writes a row of it need not say which.
create function fill_organization() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  select p.organization_id into new.organization_id from properties p where p.id = new.property_id;
  return new;
end $$;
create trigger games_organization before insert on games
  for each row when (new.organization_id is null) execute function fill_organization();
create trigger streams_organization before insert on streams
  for each row when (new.organization_id is null) execute function fill_organization();
grant insert, update, delete on games, streams to playhouse_app;
-- What is longer does not fit the index of the unique constraint.
alter table games add constraint games_slug_check check (length(slug) between 1 and 255);
alter table streams add constraint streams_slug_check check (length(slug) between 1 and 255);

drop index games_created_at_idx;
drop index streams_created_at_idx;
drop index game_sessions_created_at_idx;
create index games_property_id_created_at_id_idx on games (property_id, created_at, id);
create index games_property_id_status_created_at_id_idx on games (property_id, status, created_at, id);
create index streams_property_id_created_at_id_idx on streams (property_id, created_at, id);
create index streams_property_id_status_created_at_id_idx on streams (property_id, status, created_at, id);
create index game_sessions_property_id_created_at_id_idx on game_sessions (property_id, created_at, id);
create index game_sessions_property_id_status_created_at_id_idx on game_sessions (property_id, status, created_at, id);
",
        searchable!("games", "integer", "name", "slug"),
        searchable!("streams", "integer", "name", "slug"),
    ),
    down: r"
drop function streams_search(text);
drop function games_search(text);
drop policy streams_search on streams;
drop policy games_search on games;
drop index streams_search_text_idx;
drop index games_search_text_idx;
drop index game_sessions_property_id_status_created_at_id_idx;
drop index game_sessions_property_id_created_at_id_idx;
drop index streams_property_id_status_created_at_id_idx;
drop index streams_property_id_created_at_id_idx;
drop index games_property_id_status_created_at_id_idx;
drop index games_property_id_created_at_id_idx;
create index game_sessions_created_at_idx on game_sessions (property_id, created_at desc, id);
create index streams_created_at_idx on streams (property_id, created_at desc, id);
create index games_created_at_idx on games (property_id, created_at desc, id);
alter table streams drop constraint streams_slug_check;
alter table games drop constraint games_slug_check;
revoke insert, update, delete on games, streams from playhouse_app;
drop trigger streams_organization on streams;
drop trigger games_organization on games;
drop function fill_organization();
revoke select (property_id, id, name, slug) on games, streams from playhouse_search;
",
};
