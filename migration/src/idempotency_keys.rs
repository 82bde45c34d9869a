use crate::Step;

/// The outcome of a call under its `Idempotency-Key`, so that a repeated one is answered and not carried out again. It
/// is written in the transaction of the call's work; a call under way holds an advisory lock and has no row yet.
pub(crate) const STEP: Step = Step {
    name: "m0024_idempotency_keys",
    up: concat!(
        r"
create table idempotency_keys (
  property_id uuid not null constraint idempotency_keys_property_id_fkey references properties (id) on delete cascade,
  -- The credential: its kind and id, never its secret.
  caller text not null constraint idempotency_keys_caller_check check (octet_length(caller) between 1 and 1200),
  route text not null constraint idempotency_keys_route_check check (octet_length(route) between 1 and 255),
  key text not null constraint idempotency_keys_key_check check (octet_length(key) between 1 and 255),
  request_hash bytea not null constraint idempotency_keys_request_hash_check check (length(request_hash) = 32),
  status smallint not null,
  headers jsonb not null,
  body bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint idempotency_keys_pkey primary key (property_id, caller, route, key)
);
create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);
grant select, insert, update, delete on idempotency_keys to playhouse_app;
",
        wall!("idempotency_keys"),
        r"
-- The server may forget what has expired, of all tenants, without being able to read it.
create policy idempotency_keys_retention on idempotency_keys to playhouse_sessions using (true);
grant select (property_id, caller, route, key, expires_at), delete on idempotency_keys to playhouse_sessions;
create function idempotency_prune(p_limit integer)
  returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare pruned integer;
begin
  delete from idempotency_keys i using
    (select o.property_id, o.caller, o.route, o.key from idempotency_keys o where o.expires_at < now()
      order by o.expires_at limit p_limit) old
   where i.property_id = old.property_id and i.caller = old.caller and i.route = old.route and i.key = old.key
     and i.expires_at < now();
  get diagnostics pruned = row_count;
  return pruned;
end $$;
grant create on schema public to playhouse_sessions;
alter function idempotency_prune(integer) owner to playhouse_sessions;
revoke create on schema public from playhouse_sessions;
revoke execute on function idempotency_prune(integer) from public;
grant execute on function idempotency_prune(integer) to playhouse_app;
",
    ),
    down: r"
drop function idempotency_prune(integer);
drop table idempotency_keys;
",
};
