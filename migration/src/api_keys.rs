use crate::Step;

/// Keys of a property. What a key may do stands in `api_keys`; its secrets, the present one and the one before it while
/// its grace lasts, are hashes in a table that nobody but `api_key_find` reads. A key is looked up before its tenant is
/// known, so that function runs as `playhouse_sessions`, the role whose policies span tenants.
pub(crate) const STEP: Step = Step {
    name: "m0012_api_keys",
    up: r"
create table api_keys (
  property_id uuid not null,
  -- A uuid v7: its order is the order of time.
  id uuid not null,
  organization_id integer not null,
  name text not null constraint api_keys_name_check check (length(name) between 1 and 255),
  key_prefix text not null,
  scopes text[] not null default '{read,write}'
    constraint api_keys_scopes_check check (scopes <@ array['read', 'write'] and cardinality(scopes) between 1 and 2),
  -- Null: every table that is not guarded; empty: none.
  allowed_tables text[],
  rate_limit integer not null default 100 constraint api_keys_rate_limit_check check (rate_limit >= 0),
  -- Null: days are not counted.
  rate_limit_per_day integer constraint api_keys_rate_limit_per_day_check check (rate_limit_per_day >= 0),
  expires_at timestamptz,
  revoked_at timestamptz,
  is_active boolean not null generated always as (revoked_at is null) stored,
  -- Until when the secret before the present one works too.
  previous_expires_at timestamptz,
  created_by text not null,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version bigint not null default 1,
  constraint api_keys_pkey primary key (property_id, id),
  constraint api_keys_organization_id_fkey
    foreign key (organization_id, property_id) references properties (organization_id, id) on delete cascade
);
create index api_keys_organization_id_idx on api_keys (organization_id, property_id);
create index api_keys_created_at_idx on api_keys (property_id, created_at desc, id);
alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy api_keys_tenant on api_keys to playhouse_app
  using (property_id = (select current_property())) with check (property_id = (select current_property()));
create policy api_keys_lookup on api_keys to playhouse_sessions using (true);
grant select, insert, update on api_keys to playhouse_app;
grant select, update on api_keys to playhouse_sessions;

create table api_key_secrets (
  property_id uuid not null,
  api_key_id uuid not null,
  -- One present secret and at most one before it.
  is_current boolean not null default true,
  key_hash bytea not null constraint api_key_secrets_key_hash_key unique
    constraint api_key_secrets_key_hash_check check (length(key_hash) = 32),
  version bigint not null default 1,
  constraint api_key_secrets_pkey primary key (property_id, api_key_id, is_current),
  constraint api_key_secrets_api_key_id_fkey
    foreign key (property_id, api_key_id) references api_keys (property_id, id) on delete cascade
);
alter table api_key_secrets enable row level security;
alter table api_key_secrets force row level security;
create policy api_key_secrets_tenant on api_key_secrets to playhouse_app
  using (property_id = (select current_property())) with check (property_id = (select current_property()));
create policy api_key_secrets_lookup on api_key_secrets to playhouse_sessions using (true);
-- The server writes hashes and never reads one.
grant select (property_id, api_key_id, is_current, version), insert, update (is_current, version), delete
  on api_key_secrets to playhouse_app;
grant select on api_key_secrets to playhouse_sessions;

create trigger api_keys_version
  before update of name, key_prefix, scopes, allowed_tables, rate_limit, rate_limit_per_day, expires_at, revoked_at,
    previous_expires_at on api_keys
  for each row execute function credential_version();
-- To the caches a change of what a key may do is a change of its secrets. last_used_at is not among the columns.
create function api_key_changed() returns trigger language plpgsql as $$
begin
  update api_key_secrets set version = version + 1 where property_id = new.property_id and api_key_id = new.id;
  return null;
end $$;
create trigger api_keys_changed
  after update of name, scopes, allowed_tables, rate_limit, rate_limit_per_day, expires_at, revoked_at,
    previous_expires_at on api_keys
  for each row execute function api_key_changed();
create trigger api_key_secrets_version before update of key_hash, is_current on api_key_secrets
  for each row execute function credential_version();
create trigger api_key_secrets_changed
  after insert or delete or update of key_hash, is_current, version on api_key_secrets
  for each row execute function credential_changed('api_key');

-- The key of a hash, with the end of this secret: of the one before, the end of its grace where that comes earlier.
create function api_key_find(p_hash bytea)
  returns table (id uuid, property_id uuid, organization_id integer, version bigint, name text, scopes text[],
    allowed_tables text[], rate_limit integer, rate_limit_per_day integer, expires_at timestamptz, is_active boolean)
  language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return query
    select k.id, k.property_id, k.organization_id, s.version, k.name, k.scopes, k.allowed_tables, k.rate_limit,
           k.rate_limit_per_day,
           case when s.is_current then k.expires_at else least(k.expires_at, k.previous_expires_at) end, k.is_active
      from api_key_secrets s join api_keys k on k.property_id = s.property_id and k.id = s.api_key_id
     where s.key_hash = p_hash and (s.is_current or k.previous_expires_at is not null);
end $$;

-- What a key was used for outlives the key, hence no foreign key to it.
create table api_key_usage (
  property_id uuid not null constraint api_key_usage_property_id_fkey references properties (id) on delete cascade,
  api_key_id uuid not null,
  day date not null,
  accepted bigint not null default 0,
  refused bigint not null default 0,
  constraint api_key_usage_pkey primary key (property_id, api_key_id, day)
);
create index api_key_usage_day_idx on api_key_usage (day);
alter table api_key_usage enable row level security;
alter table api_key_usage force row level security;
create policy api_key_usage_tenant on api_key_usage for select to playhouse_app
  using (property_id = (select current_property()));
create policy api_key_usage_count on api_key_usage to playhouse_sessions using (true);
grant select on api_key_usage to playhouse_app;
grant select, insert, update, delete on api_key_usage to playhouse_sessions;

-- Adds calls of keys of any tenants: [{property_id, api_key_id, day, accepted, refused, last_used_at}].
create function api_key_usage_add(p_calls jsonb)
  returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- In the order of keys, so that two replicas never wait for each other in a circle.
  perform from api_keys k
    join jsonb_to_recordset(p_calls) as c(property_id uuid, api_key_id uuid)
      on k.property_id = c.property_id and k.id = c.api_key_id
    order by k.property_id, k.id for no key update of k;
  with called as (
    select * from jsonb_to_recordset(p_calls)
      as c(property_id uuid, api_key_id uuid, day date, accepted bigint, refused bigint, last_used_at timestamptz)
  ), used as (
    update api_keys k set last_used_at = c.last_used_at
      from (select property_id, api_key_id, max(last_used_at) as last_used_at from called group by 1, 2) c
     where k.property_id = c.property_id and k.id = c.api_key_id
       and (k.last_used_at is null or k.last_used_at < c.last_used_at)
  )
  insert into api_key_usage as known (property_id, api_key_id, day, accepted, refused)
    select c.property_id, c.api_key_id, c.day, c.accepted, c.refused
      from called c join properties p on p.id = c.property_id order by 1, 2, 3
    on conflict on constraint api_key_usage_pkey
    do update set accepted = known.accepted + excluded.accepted, refused = known.refused + excluded.refused;
end $$;

create function api_key_usage_prune(p_before date)
  returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from api_key_usage where day < least(p_before, current_date - 1);
end $$;

-- To give a function away, its new owner must for a moment be allowed to create in the schema.
grant create on schema public to playhouse_sessions;
alter function api_key_find(bytea) owner to playhouse_sessions;
alter function api_key_usage_add(jsonb) owner to playhouse_sessions;
alter function api_key_usage_prune(date) owner to playhouse_sessions;
revoke create on schema public from playhouse_sessions;
revoke execute on function api_key_find(bytea), api_key_usage_add(jsonb), api_key_usage_prune(date) from public;
grant execute on function api_key_find(bytea), api_key_usage_add(jsonb), api_key_usage_prune(date) to playhouse_app;

alter table audit_log drop constraint audit_log_actor_kind_check;
alter table audit_log add constraint audit_log_actor_kind_check
  check (actor_kind in ('org_api_key', 'api_key', 'user', 'system'));
",
    down: r"
alter table audit_log drop constraint audit_log_actor_kind_check;
-- Not valid: what such keys did stays in the trail.
alter table audit_log add constraint audit_log_actor_kind_check
  check (actor_kind in ('org_api_key', 'user', 'system')) not valid;
drop function api_key_usage_prune(date);
drop function api_key_usage_add(jsonb);
drop table api_key_usage;
drop function api_key_find(bytea);
drop table api_key_secrets;
drop table api_keys;
drop function api_key_changed();
",
};
