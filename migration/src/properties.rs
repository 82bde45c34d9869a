use crate::Step;

pub(crate) const STEP: Step = Step {
    name: "m0003_properties",
    up: r"
create table properties (
  id uuid constraint properties_pkey primary key,
  organization_id integer not null
    constraint properties_organization_id_fkey references organizations (id) on delete cascade,
  name text not null constraint properties_name_check check (length(name) between 1 and 255),
  time_zone text not null default 'UTC',
  postal_address text,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The target of composite foreign keys: a row of a property cannot name another organisation.
  constraint properties_organization_id_id_key unique (organization_id, id)
);
grant select on properties to playhouse_app, playhouse_sessions;
",
    down: "drop table properties;",
};
