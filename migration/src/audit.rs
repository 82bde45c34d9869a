use crate::Step;

/// Who did what, kept for `audit.retention_days`. Written in batches by any tenant's caller, read only by its own.
pub(crate) const STEP: Step = Step {
    name: "m0011_audit_log",
    up: r"
create table audit_log (
  organization_id integer not null
    constraint audit_log_organization_id_fkey references organizations (id) on delete cascade,
  -- A uuid v7: its order is the order of time.
  id uuid not null,
  property_id uuid,
  actor_kind text not null constraint audit_log_actor_kind_check check (actor_kind in ('org_api_key', 'user', 'system')),
  actor_id text not null,
  action text not null,
  status smallint not null,
  client_address inet,
  request_id text,
  details jsonb,
  at timestamptz not null,
  constraint audit_log_pkey primary key (organization_id, id)
);
create index audit_log_property_id_idx on audit_log (property_id, id) where property_id is not null;
create index audit_log_at_idx on audit_log (at);
alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy audit_log_tenant on audit_log for select to playhouse_app
  using (property_id = (select current_property()));
create policy audit_log_append on audit_log for insert to playhouse_app with check (true);
grant select, insert on audit_log to playhouse_app;

-- The server may forget what is older than a day, without being able to read or pick it.
create policy audit_log_retention on audit_log to playhouse_sessions using (true);
grant select, delete on audit_log to playhouse_sessions;
create function audit_prune(p_before timestamptz, p_limit integer)
  returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare pruned integer;
begin
  delete from audit_log a using
    (select o.organization_id, o.id from audit_log o where o.at < least(p_before, now() - interval '1 day') order by o.at limit p_limit) old
   where a.organization_id = old.organization_id and a.id = old.id;
  get diagnostics pruned = row_count;
  return pruned;
end $$;
grant create on schema public to playhouse_sessions;
alter function audit_prune(timestamptz, integer) owner to playhouse_sessions;
revoke create on schema public from playhouse_sessions;
revoke execute on function audit_prune(timestamptz, integer) from public;
grant execute on function audit_prune(timestamptz, integer) to playhouse_app;
",
    down: r"
drop function audit_prune(timestamptz, integer);
drop table audit_log;
",
};
