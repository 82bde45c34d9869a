use crate::Step;

/// What happened in a property: a log, so nothing refers to it and nothing of it is changed. It is kept in weeks, which
/// `maintain_partitions` makes ahead of time and drops when they are old. A partition has neither grants nor policies:
/// the way to its rows is the table that it is a part of.
pub(crate) const STEP: Step = Step {
    name: "m0026_events",
    up: concat!(
        r"
create table events (
  property_id uuid not null,
  -- A uuid v7, and the webhook-id of every delivery.
  id uuid not null default uuid_v7(),
  type text not null,
  -- The bytes that are signed. json keeps its text; jsonb would order it anew.
  payload json not null,
  created_at timestamptz not null default now(),
  constraint events_pkey primary key (property_id, id)
) partition by range (id);
-- Takes what comes while a week was not made, so that no write fails for it.
create table events_default partition of events default;
alter table events_default enable row level security;
alter table events_default force row level security;
-- For maintain_partitions, whose owner is bound by the wall too.
create policy events_default_maintenance on events_default to current_user using (true);
grant select on events to playhouse_app;
",
        wall!("events"),
        r"
create policy events_workers on events to playhouse_workers using (true);
grant select, insert on events to playhouse_workers;
",
    ),
    down: "drop table events;",
};
