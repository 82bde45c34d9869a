use crate::Step;

/// What the tables of the second face stand on: ids that sort by time, made by the database where a statement brings
/// none, and the role that their search functions run as.
pub(crate) const STEP: Step = Step {
    name: "m0013_table_basics",
    up: concat!(
        role!("playhouse_search"),
        r"
grant usage on schema public to playhouse_search;

-- A trusted extension: the owner of the database may create it. It stays when the schema goes, since another may use it.
create extension if not exists pg_trgm;

-- A uuid of version 7: milliseconds, their fraction in the twelve bits after the version, 62 random bits.
create function uuid_v7() returns uuid language plpgsql volatile parallel safe set search_path = public, pg_temp as $$
declare micros bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  return lpad(to_hex(micros / 1000), 12, '0') || '7' || lpad(to_hex(micros % 1000 * 4096 / 1000), 3, '0')
    || right(replace(gen_random_uuid()::text, '-', ''), 16);
end $$;
",
    ),
    down: r"
drop function uuid_v7();
revoke usage on schema public from playhouse_search;
",
};
