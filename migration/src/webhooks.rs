use crate::Step;

/// Who is told of events: the endpoint as its owner sees it, its secrets, and what the workers remember of it.
pub(crate) const STEP: Step = Step {
    name: "m0027_webhooks",
    up: concat!(
        r"
create table webhooks (
  property_id uuid not null constraint webhooks_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  url text not null constraint webhooks_url_check check (length(url) between 1 and 2048),
  description text constraint webhooks_description_check check (length(description) <= 2000),
  -- Exact names, player.* or *.
  event_types text[] not null default '{*}'
    constraint webhooks_event_types_check check (cardinality(event_types) between 1 and 100),
  enabled boolean not null default true,
  -- The names of the headers that are sent along, each with *** for its value; the values are among the secrets.
  headers jsonb not null default '{}' constraint webhooks_headers_check check (jsonb_typeof(headers) = 'object'),
  -- Deliveries per second; null: no limit.
  rate_limit integer constraint webhooks_rate_limit_check check (rate_limit between 1 and 10000),
  disabled_reason text constraint webhooks_disabled_reason_check check (length(disabled_reason) <= 2000),
  disabled_at timestamptz,
  -- The tables that whoever saved it may read; null: all.
  allowed_tables text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhooks_pkey primary key (property_id, id)
);
create index webhooks_property_id_created_at_id_idx on webhooks (property_id, created_at, id);
grant select, insert, update, delete on webhooks to playhouse_app;

-- Whether some endpoint of the property is enabled: what every write asks first, so it stands where it is read anyway.
alter table properties add column has_listeners boolean not null default false;
create index properties_has_listeners_idx on properties (id) where has_listeners;

-- Sealed by the server; nobody can read them without its key.
create table webhook_secrets (
  property_id uuid not null,
  webhook_id uuid not null,
  current bytea not null,
  previous bytea,
  -- Until when the secret before the present one signs too.
  previous_expires_at timestamptz,
  -- The values of the headers that are sent along.
  headers bytea,
  constraint webhook_secrets_pkey primary key (property_id, webhook_id),
  constraint webhook_secrets_webhook_id_fkey
    foreign key (property_id, webhook_id) references webhooks (property_id, id) on delete cascade
);
grant select, insert, update on webhook_secrets to playhouse_app;

-- The way to one endpoint, held by one worker at a time.
create table webhook_lanes (
  property_id uuid not null,
  webhook_id uuid not null,
  claim_id uuid,
  lease_until timestamptz,
  -- Nothing is sent before: the endpoint asked for it, its own rate limit did, or it does not answer.
  blocked_until timestamptz,
  consecutive_failures integer not null default 0,
  -- Since when every attempt failed.
  failing_since timestamptz,
  last_success_at timestamptz,
  last_served_at timestamptz,
  constraint webhook_lanes_pkey primary key (property_id, webhook_id),
  constraint webhook_lanes_webhook_id_fkey
    foreign key (property_id, webhook_id) references webhooks (property_id, id) on delete cascade
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
",
        wall!("webhooks"),
        wall!("webhook_secrets"),
        wall!("webhook_lanes"),
        r"
create policy webhooks_workers on webhooks to playhouse_workers using (true);
create policy webhook_secrets_workers on webhook_secrets to playhouse_workers using (true);
create policy webhook_lanes_workers on webhook_lanes to playhouse_workers using (true);
grant select, update on webhooks to playhouse_workers;
grant update (has_listeners) on properties to playhouse_workers;
grant select, update on webhook_secrets to playhouse_workers;
grant select, insert, update on webhook_lanes to playhouse_workers;
-- For the triggers that tell of changes, where a property keeps only what somebody hears of.
create policy webhooks_told on webhooks for select to playhouse_sessions, current_user using (true);
grant select (property_id, enabled, event_types, allowed_tables) on webhooks to playhouse_sessions;

-- The row says why it is disabled, whoever did it, and forgets it when it is enabled.
create function webhook_switched() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if new.enabled then
    new.disabled_reason := null;
    new.disabled_at := null;
  else
    new.disabled_reason := coalesce(new.disabled_reason, 'switched off');
    new.disabled_at := coalesce(new.disabled_at, now());
  end if;
  return new;
end $$;
create trigger webhooks_switched before insert or update of enabled on webhooks
  for each row execute function webhook_switched();

-- Every endpoint has a lane, and begins anew when it is enabled again or moves.
create function webhook_lane() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into webhook_lanes as lane (property_id, webhook_id) values (new.property_id, new.id)
    on conflict on constraint webhook_lanes_pkey
    do update set blocked_until = null, consecutive_failures = 0, failing_since = null;
  return null;
end $$;
create trigger webhooks_lane_new after insert on webhooks for each row execute function webhook_lane();
create trigger webhooks_lane_again after update of enabled, url on webhooks
  for each row when (new.enabled and (not old.enabled or old.url <> new.url)) execute function webhook_lane();

create function webhook_listens() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare of constant uuid := case tg_op when 'DELETE' then old.property_id else new.property_id end;
begin
  -- Two statements: the second sees what those did who held the row before.
  perform from properties p where p.id = of for no key update;
  update properties p set has_listeners = not p.has_listeners
   where p.id = of and p.has_listeners <> exists (select from webhooks w where w.property_id = of and w.enabled);
  return null;
end $$;
create trigger webhooks_listen after insert or delete or update of enabled on webhooks
  for each row execute function webhook_listens();

-- A sequence that counts nothing: its file changes when any property begins or ends to keep a log or to have listeners.
-- Sessions remember what they learned of properties together with the file's name, which stands in the cache of the
-- catalog and is right from the commit on: to look there costs less than to ask for the property in each write. It is a
-- sequence since those give a new file to whoever restarts them, in the transaction, and wait for no dump of the database.
create sequence listening_changes;
create function listening_changed() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  alter sequence listening_changes restart;
  return null;
end $$;
-- At the commit, so that nobody waits for the lock who changes another property.
create constraint trigger properties_listening_changed after update on properties deferrable initially deferred for each row
  when (new.keeps_log <> old.keeps_log or new.has_listeners <> old.has_listeners) execute function listening_changed();
-- It may come again with the same id and be another.
create constraint trigger properties_listening_ended after delete on properties deferrable initially deferred for each row
  execute function listening_changed();
-- The session that changes it notices at once.
create function listening_forgotten() returns trigger language plpgsql as $$
begin
  perform set_config(setting, '', false)
     from unnest('{app.is_silent,app.silent,app.keeps,app.tells,app.keeps_and_tells}'::text[]) setting;
  return null;
end $$;
create trigger properties_listening_forgotten after update on properties for each row
  when (new.keeps_log <> old.keeps_log or new.has_listeners <> old.has_listeners) execute function listening_forgotten();

-- Learns of a property whether it keeps a log, has listeners whom it tells, does both or is silent, and remembers it in the
-- session's setting of that name as '<property><name of the file> …', all forgotten when that gets long. That of the silent
-- one that was asked for last stands alone too, where it is recognised at less cost. The name is read first: what changes
-- behind it is then asked for once more, and never missed.
create function learn_listening(p_property uuid) returns void language plpgsql as $$
declare
  this constant text := p_property || pg_relation_filepath('public.listening_changes');
  answer text := 'app.silent';
  known text := current_setting(answer, true);
begin
  -- Only who never changes rows but of the property that it speaks for may remember. In other isolations what is read may
  -- be older than the name.
  if current_setting('app.remembers', true) is distinct from 'on'
      or current_setting('transaction_isolation') <> 'read committed' then
    return;
  end if;
  if coalesce(strpos(known, this), 0) = 0 then
    select 'app.' || case when p.keeps_log and p.has_listeners then 'keeps_and_tells' when p.keeps_log then 'keeps'
        when p.has_listeners then 'tells' else 'silent' end
      into answer from public.properties p where p.id = p_property;
    if not found then return; end if;
    known := current_setting(answer, true);
    -- It stands there already for who only could not use it, in another time zone.
    if coalesce(strpos(known, this), 0) = 0 then
      perform set_config(answer, case when length(known) < 4000 then known else '' end || this || ' ', false);
    end if;
  end if;
  if answer = 'app.silent' then perform set_config('app.is_silent', this, false); end if;
end $$;

grant create on schema public to playhouse_workers;
alter function webhook_listens() owner to playhouse_workers;
alter function webhook_lane() owner to playhouse_workers;
revoke create on schema public from playhouse_workers;
revoke execute on function webhook_lane(), webhook_listens(), webhook_switched(), listening_changed(), listening_forgotten()
  from public;
",
    ),
    down: r"
drop function learn_listening(uuid);
drop trigger properties_listening_forgotten on properties;
drop function listening_forgotten();
drop trigger properties_listening_ended on properties;
drop trigger properties_listening_changed on properties;
drop function listening_changed();
drop sequence listening_changes;
drop table webhook_lanes;
drop table webhook_secrets;
drop table webhooks;
drop function webhook_listens();
drop function webhook_lane();
revoke update (has_listeners) on properties from playhouse_workers;
alter table properties drop column has_listeners;
drop function webhook_switched();
",
};
