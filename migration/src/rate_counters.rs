use crate::Step;

/// Exact counters for all replicas: one row per subject holds its minute and its day, updated in place, so that nothing
/// grows and nothing needs a lock to be refused.
pub(crate) const STEP: Step = Step {
    name: "m0010_rate_counters",
    up: r"
create table rate_counters (
  -- k and the number of a dpk_ key; a or u and an address: all its calls, its calls with unknown tokens.
  subject bytea constraint rate_counters_pkey primary key,
  minute_window bigint not null,
  minute_used integer not null constraint rate_counters_minute_used_check check (minute_used >= 0),
  day_window integer not null,
  day_used bigint not null constraint rate_counters_day_used_check check (day_used >= 0)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- Takes up to p_want units of both windows. The windows are the minute and the day of UTC, by this server's clock; a
-- clock that steps back never opens a window again. A limit of null counts nothing against that window.
create function quota_take(p_subject bytea, p_want integer, p_per_minute integer, p_per_day bigint)
  returns table (granted integer, minute_left integer, day_left bigint, minute_window bigint, day_window integer,
    minute_reset_ms integer, day_reset_ms integer)
  language plpgsql as $$
declare
  r rate_counters;
  t double precision;
  m bigint;
  d integer;
  m_used integer;
  d_used bigint;
  g integer;
begin
  -- Losing the last moments of counting in a crash is cheaper than waiting for the disk on every take.
  perform set_config('synchronous_commit', 'off', true);
  select * into r from rate_counters c where c.subject = p_subject;
  t := extract(epoch from clock_timestamp());
  -- A refusal reads and goes; only a take locks, and asks for the time again once it has the row.
  if not (r.subject is not null
      and ((r.minute_window >= floor(t / 60) and r.minute_used >= p_per_minute)
        -- Without a limit the comparison is null, which must not stand for a refusal.
        or (r.day_window >= floor(t / 86400) and coalesce(r.day_used >= p_per_day, false)))) then
    loop
      select * into r from rate_counters c where c.subject = p_subject for update;
      exit when found;
      insert into rate_counters values (p_subject, 0, 0, 0, 0) on conflict do nothing;
    end loop;
    t := extract(epoch from clock_timestamp());
  end if;
  m := greatest(floor(t / 60)::bigint, r.minute_window);
  d := greatest(floor(t / 86400)::integer, r.day_window);
  m_used := case when r.minute_window = m then r.minute_used else 0 end;
  d_used := case when r.day_window = d then r.day_used else 0 end;
  g := greatest(least(p_want::bigint, p_per_minute - m_used, coalesce(p_per_day - d_used, p_want)), 0)::integer;
  if g > 0 then
    update rate_counters c
       set minute_window = m, minute_used = m_used + g, day_window = d, day_used = d_used + g
     where c.subject = p_subject;
  end if;
  return query select g, greatest(p_per_minute - m_used - g, 0), greatest(p_per_day - d_used - g, 0), m, d,
    greatest(ceil((m + 1) * 60000 - t * 1000), 1)::integer, greatest(ceil((d + 1) * 86400000::bigint - t * 1000), 1)::integer;
end $$;

-- Gives units back that were taken and not used, many at once: [{subject (hex), units, minute_window, day_window}].
-- Those of a minute that has passed are gone, those of the day are not.
create function quota_give(p_returns jsonb)
  returns void language plpgsql as $$
declare back record;
begin
  perform set_config('synchronous_commit', 'off', true);
  -- In the order of subjects, so that two replicas never wait for each other.
  for back in select decode(r.subject, 'hex') as subject, r.units, r.minute_window, r.day_window
      from jsonb_to_recordset(p_returns)
        as r(subject text, units integer, minute_window bigint, day_window integer) order by 1 loop
    update rate_counters c
       set minute_used = greatest(c.minute_used - case when c.minute_window = back.minute_window then back.units else 0 end, 0),
           day_used = greatest(c.day_used - back.units, 0)
     where c.subject = back.subject and c.day_window = back.day_window;
  end loop;
end $$;

grant select, insert, update, delete on rate_counters to playhouse_app;
",
    down: r"
drop function quota_give(jsonb);
drop function quota_take(bytea, integer, integer, bigint);
drop table rate_counters;
",
};
