use crate::Step;

/// Telling that sessions expired. That is nothing that is stored, so no trigger sees it: a worker goes through the
/// sessions in the order of their ends, from the place that it reached before.
pub(crate) const STEP: Step = Step {
    name: "m0032_session_expiry",
    up: r"
create index game_sessions_expires_at_idx on game_sessions (expires_at, id) where status = 'active';

-- One row: the last session that was told of. What ended before there were events is not told.
create table session_expiry (
  only_row boolean default true constraint session_expiry_pkey primary key
    constraint session_expiry_only_row_check check (only_row),
  expires_at timestamptz not null,
  session_id bigint not null
);
insert into session_expiry (expires_at, session_id) values (now(), 0);
grant select, update on session_expiry to playhouse_workers;

-- For the workers: tells of those that ended until a time, in their order, at most so many; says how many it told of. One
-- caller works at a time.
create function tell_expired_sessions(p_until timestamptz, p_limit integer)
  returns integer language plpgsql set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
  reached session_expiry;
  told integer;
begin
  select * into reached from session_expiry for update skip locked;
  if not found then return 0; end if;
  with due as (
    select s.* from game_sessions s
     where s.status = 'active' and s.expires_at <= p_until
       and (s.expires_at, s.id) > (reached.expires_at, reached.session_id)
     order by s.expires_at, s.id limit p_limit
  ), heard as (
    select d.property_id, d.id from due d where exists (select from webhooks w where w.property_id = d.property_id
       and w.enabled and w.event_types && array['*', 'session.*', 'session.expired']
       and (w.allowed_tables is null or 'game_sessions' = any (w.allowed_tables)))
  ), event as materialized (
    select d.property_id, d.id as session_id, uuid_v7() as id, event_payload('session.expired', d.property_id, row_to_json(data)) as payload
      from due d join properties p on p.id = d.property_id
      cross join lateral (select d.property_id, d.id, d.game_id, d.stream_id, d.status, d.external_ref, d.metadata,
        d.player_uuid, d.org_api_key_id, d.expires_at, d.consumed_at, d.revoked_at, d.created_at, d.updated_at) data
     where p.keeps_log
        or exists (select from heard h where h.property_id = d.property_id and h.id = d.id)
  ), written as (
    insert into events (property_id, id, type, payload)
    select e.property_id, e.id, 'session.expired', e.payload from event e
  ), handed as (
    insert into event_outbox (property_id, event_id, about)
    select e.property_id, e.id, 'game_sessions'
      from event e join heard h on h.property_id = e.property_id and h.id = e.session_id
  ), moved as (
    update session_expiry x set expires_at = last.expires_at, session_id = last.id
      from (select d.expires_at, d.id from due d order by d.expires_at desc, d.id desc limit 1) last
  )
  select count(*) into told from due;
  return told;
end $$;
revoke execute on function tell_expired_sessions(timestamptz, integer) from public;
grant execute on function tell_expired_sessions(timestamptz, integer) to playhouse_workers;

create policy game_sessions_workers on game_sessions for select to playhouse_workers using (true);
grant select on game_sessions to playhouse_workers;
",
    down: r"
drop function tell_expired_sessions(timestamptz, integer);
revoke select on game_sessions from playhouse_workers;
drop policy game_sessions_workers on game_sessions;
drop table session_expiry;
drop index game_sessions_expires_at_idx;
",
};
