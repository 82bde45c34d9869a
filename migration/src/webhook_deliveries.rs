use crate::Step;

/// What is sent to an endpoint, and every attempt at it.
///
/// None of the three refers to its endpoint by a foreign key but the jobs: the check of each delivery would lock the
/// endpoint's row in every write of the property, and fail the write when the endpoint is deleted meanwhile. Deliveries
/// of an endpoint that is gone are never claimed, and are cleared away by `webhook_deliveries_prune`.
pub(crate) const STEP: Step = Step {
    name: "m0028_webhook_deliveries",
    up: concat!(
        r"
-- Constraints of the type: those of a table are read anew by every statement that writes to it, and most that do write one row.
create domain delivery_state as text
  constraint delivery_state_check check (value in ('pending', 'sending', 'delivered', 'failed', 'cancelled'));
create domain delivery_trigger as text
  constraint delivery_trigger_check check (value in ('scheduled', 'manual', 'test'));

create table webhook_deliveries (
  property_id uuid not null,
  id uuid not null default uuid_v7(),
  webhook_id uuid not null,
  event_id uuid not null,
  event_type text not null,
  state delivery_state not null default 'pending',
  trigger delivery_trigger not null default 'scheduled',
  -- Counted when one begins, so that what kills its sender ends too.
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  claim_id uuid,
  lease_until timestamptz,
  attempted_at timestamptz,
  finished_at timestamptz,
  last_status integer,
  last_error text,
  created_at timestamptz not null default now(),
  constraint webhook_deliveries_pkey primary key (property_id, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
-- What a claim reads: an endpoint's due rows, first attempts before others.
create index webhook_deliveries_due_idx on webhook_deliveries (property_id, webhook_id, (attempts > 0), due_at, id)
  where state = 'pending';
create index webhook_deliveries_property_id_webhook_id_id_idx on webhook_deliveries (property_id, webhook_id, id);
create index webhook_deliveries_lease_until_idx on webhook_deliveries (lease_until) where state = 'sending';
create index webhook_deliveries_finished_at_idx on webhook_deliveries (finished_at) where finished_at is not null;
-- The server shows them; it makes those that somebody asks for, and sends the test that somebody waits for.
grant select, insert, update on webhook_deliveries to playhouse_app;

create table webhook_attempts (
  property_id uuid not null,
  id uuid not null default uuid_v7(),
  delivery_id uuid not null,
  webhook_id uuid not null,
  number integer not null,
  trigger delivery_trigger not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  -- The endpoint's HTTP status; null when it gave none.
  status integer,
  error text,
  response_excerpt text,
  next_attempt_at timestamptz,
  constraint webhook_attempts_pkey primary key (property_id, id)
) partition by range (id);
create index webhook_attempts_property_id_delivery_id_idx on webhook_attempts (property_id, delivery_id);
-- Takes what comes while a week was not made, so that no write fails for it.
create table webhook_attempts_default partition of webhook_attempts default;
alter table webhook_attempts_default enable row level security;
alter table webhook_attempts_default force row level security;
create policy webhook_attempts_default_maintenance on webhook_attempts_default to current_user using (true);
grant select, insert on webhook_attempts to playhouse_app;

-- Sending again all that failed since a time: a row that workers carry out, so that it survives them.
create table webhook_redeliveries (
  property_id uuid not null,
  id uuid not null default uuid_v7(),
  webhook_id uuid not null,
  since timestamptz not null,
  until timestamptz not null default now(),
  -- The delivery that was reached; null: none yet.
  after_id uuid,
  state text not null default 'pending'
    constraint webhook_redeliveries_state_check check (state in ('pending', 'running', 'done')),
  redelivered integer not null default 0,
  claim_id uuid,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint webhook_redeliveries_pkey primary key (property_id, id),
  constraint webhook_redeliveries_webhook_id_fkey
    foreign key (property_id, webhook_id) references webhooks (property_id, id) on delete cascade
);
create index webhook_redeliveries_property_id_webhook_id_idx on webhook_redeliveries (property_id, webhook_id);
create index webhook_redeliveries_open_idx on webhook_redeliveries (created_at) where state <> 'done';
grant select, insert on webhook_redeliveries to playhouse_app;
",
        wall!("webhook_deliveries"),
        wall!("webhook_attempts"),
        wall!("webhook_redeliveries"),
        r"
create policy webhook_deliveries_workers on webhook_deliveries to playhouse_workers using (true);
create policy webhook_attempts_workers on webhook_attempts to playhouse_workers using (true);
create policy webhook_redeliveries_workers on webhook_redeliveries to playhouse_workers using (true);
grant select, insert, update, delete on webhook_deliveries to playhouse_workers;
grant select, insert on webhook_attempts to playhouse_workers;
grant select, update, delete on webhook_redeliveries to playhouse_workers;

-- Clears away what was finished before a time, and what nobody will claim since its endpoint is gone; says how much.
create function webhook_deliveries_prune(p_before timestamptz, p_limit integer)
  returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare pruned integer;
begin
  -- The endpoints that have due rows, one step of the index for each.
  with recursive waiting as (
    (select d.property_id, d.webhook_id from webhook_deliveries d where d.state = 'pending'
      order by d.property_id, d.webhook_id limit 1)
    union all
    select n.* from waiting w cross join lateral
      (select d.property_id, d.webhook_id from webhook_deliveries d
        where d.state = 'pending' and (d.property_id, d.webhook_id) > (w.property_id, w.webhook_id)
        order by d.property_id, d.webhook_id limit 1) n
  ), orphaned as (
    select o.place from waiting w cross join lateral
      (select d.ctid as place from webhook_deliveries d
        where d.state = 'pending' and d.property_id = w.property_id and d.webhook_id = w.webhook_id limit p_limit) o
     where not exists (select from webhooks k where k.property_id = w.property_id and k.id = w.webhook_id)
     limit p_limit
  ), old as (
    select d.ctid as place from webhook_deliveries d
     where d.finished_at < least(p_before, now() - interval '1 day') order by d.finished_at limit p_limit
  )
  delete from webhook_deliveries d where d.ctid = any (array(select * from orphaned union select * from old));
  get diagnostics pruned = row_count;
  return pruned;
end $$;
grant create on schema public to playhouse_workers;
alter function webhook_deliveries_prune(timestamptz, integer) owner to playhouse_workers;
revoke create on schema public from playhouse_workers;
revoke execute on function webhook_deliveries_prune(timestamptz, integer) from public;
",
    ),
    down: r"
drop function webhook_deliveries_prune(timestamptz, integer);
drop table webhook_redeliveries;
drop table webhook_attempts;
drop table webhook_deliveries;
drop domain delivery_trigger;
drop domain delivery_state;
",
};
