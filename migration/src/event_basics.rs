use crate::Step;

/// What events and their delivery stand on: the role that works for all tenants, and ids by time that are cheap to make,
/// since every write now makes some.
pub(crate) const STEP: Step = Step {
    name: "m0025_event_basics",
    up: concat!(
        role!("playhouse_workers"),
        r"
grant usage on schema public to playhouse_workers;
grant select on seaql_migrations, properties to playhouse_workers;

-- Whether every event is kept: every write asks, so the answer stands ready.
alter table properties add column keeps_log boolean not null
  generated always as (settings -> 'event_log' is distinct from 'false') stored;

-- The same ids as before, as one expression that is planned into the statement that needs it, and of few functions since
-- each costs: 56 bits of time in 4096ths of a millisecond, enough until 2527, with the version between the milliseconds and
-- their fraction, laid over the begin of a random uuid.
create or replace function uuid_v7() returns uuid language sql volatile parallel safe
  return overlay(gen_random_uuid()::text placing '0' ||
    overlay(to_hex((date_part('epoch', clock_timestamp()) * 4096000)::bigint) placing '7' from 12 for 0) from 1 for 18)::uuid;
alter function uuid_v7() reset all;

-- Before all ids of version 7 that are made in this millisecond or later, and after all that were made earlier.
create function uuid_floor(p_at timestamptz) returns uuid language sql immutable parallel safe
  return (lpad(to_hex(floor(date_part('epoch', p_at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;

-- When an id of version 7 was made, to the millisecond.
create function uuid_time(p_id uuid) returns timestamptz language sql immutable parallel safe
  return to_timestamp(('x' || left(replace(p_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0);
",
    ),
    down: r"
drop function uuid_time(uuid);
drop function uuid_floor(timestamptz);
create or replace function uuid_v7() returns uuid language plpgsql volatile parallel safe set search_path = public, pg_temp as $$
declare micros bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  return lpad(to_hex(micros / 1000), 12, '0') || '7' || lpad(to_hex(micros % 1000 * 4096 / 1000), 3, '0')
    || right(replace(gen_random_uuid()::text, '-', ''), 16);
end $$;
alter table properties drop column keeps_log;
revoke select on seaql_migrations, properties from playhouse_workers;
revoke usage on schema public from playhouse_workers;
",
};
