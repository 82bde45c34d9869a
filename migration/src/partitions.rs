use crate::Step;

/// The weeks of the logs: made five weeks ahead, dropped when all of their rows are older than what is kept.
pub(crate) const STEP: Step = Step {
    name: "m0029_partitions",
    up: r#"
-- Says how many weeks it dropped. One caller works at a time; a week that is in use is left for the next call. It runs
-- with the rights of the schema's owner, since only who owns a table can give it parts.
create function maintain_partitions(p_keep interval)
  returns integer language plpgsql security definer
  set search_path = public, pg_temp set lock_timeout = '2s' set timezone = 'UTC' as $$
declare
  log text;
  part text;
  week timestamptz;
  earliest timestamptz;
  dropped integer := 0;
  oldest constant timestamptz := now() - greatest(p_keep, interval '1 day');
begin
  if not pg_try_advisory_xact_lock(hashtext('maintain_partitions')) then return 0; end if;
  foreach log in array array['events', 'webhook_attempts'] loop
    execute format('select uuid_time(id) from %I order by id limit 1', log || '_default') into earliest;
    for week in select generate_series(date_trunc('week', least(now(), earliest)), now() + interval '5 weeks', '1 week') loop
      part := log || '_' || to_char(week, 'IYYY"w"IW');
      continue when to_regclass(part) is not null;
      begin
        execute format('create table %I (like %I including all)', part, log);
        execute format('alter table %I enable row level security', part);
        -- Rows that came while the week was not there.
        execute format('with moved as (delete from %I where id >= %L and id < %L returning *) insert into %I select * from moved',
          log || '_default', uuid_floor(week), uuid_floor(week + interval '1 week'), part);
        execute format('alter table %I force row level security', part);
        execute format('alter table %I attach partition %I for values from (%L) to (%L)',
          log, part, uuid_floor(week), uuid_floor(week + interval '1 week'));
      exception when lock_not_available then null;
      end;
    end loop;
    for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = log::regclass and c.relname ~ '_[0-9]{4}w[0-9]{2}$'
        and to_date(right(c.relname, 7), 'IYYY"w"IW') + 7 <= (oldest at time zone 'UTC')::date loop
      begin
        execute format('drop table %I', part);
        dropped := dropped + 1;
      exception when lock_not_available then null;
      end;
    end loop;
  end loop;
  return dropped;
end $$;
revoke execute on function maintain_partitions(interval) from public;
grant execute on function maintain_partitions(interval) to playhouse_workers;
select maintain_partitions(interval '30 days');
"#,
    down: "
drop function maintain_partitions(interval);
do $$
declare part regclass;
begin
  for part in select i.inhrelid::regclass from pg_inherits i
      where i.inhparent in ('events'::regclass, 'webhook_attempts'::regclass)
      and i.inhrelid not in ('events_default'::regclass, 'webhook_attempts_default'::regclass) loop
    execute format('drop table %s', part);
  end loop;
end $$;
",
};
