use crate::Step;

/// Graphs of steps that players walk through.
pub(crate) const STEP: Step = Step {
    name: "m0019_journeys",
    up: concat!(
        r"
create table journeys (
  property_id uuid not null constraint journeys_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  name text not null constraint journeys_name_check check (length(name) between 1 and 255),
  status text not null default 'draft'
    constraint journeys_status_check check (status in ('draft', 'live', 'paused', 'archived')),
  definition jsonb not null default '{}',
  -- Counted by the server.
  version integer not null default 1 constraint journeys_version_check check (version >= 1),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint journeys_pkey primary key (property_id, id)
);
create index journeys_property_id_created_at_id_idx on journeys (property_id, created_at, id);
create index journeys_property_id_status_created_at_id_idx on journeys (property_id, status, created_at, id);
grant select, insert, update, delete on journeys to playhouse_app;
",
        wall!("journeys"),
        searchable!("journeys", "uuid", "name"),
    ),
    down: r"
drop function journeys_search(text);
drop table journeys;
",
};
