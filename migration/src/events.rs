use crate::Step;

/// Who changes rows writes what is told of them: the server for its tenant, the functions of the sessions, and the owner.
macro_rules! tellers {
    ($table:literal) => {
        concat!(
            // Asked for each row, and most statements write one: a subquery costs more than that, and to read the
            // setting as a uuid more than to print one.
            "\ncreate policy ",
            $table,
            "_told on ",
            $table,
            " for insert to playhouse_app \
             with check (property_id::text = current_setting('app.property_id', true));",
            "\ncreate policy ",
            $table,
            "_told_of_any on ",
            $table,
            " for insert to playhouse_sessions, current_user with check (true);",
            "\ngrant insert on ",
            $table,
            " to playhouse_app, playhouse_sessions;\n",
        )
    };
}

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
alter table events enable row level security;
alter table events force row level security;
create policy events_tenant on events for select to playhouse_app using (property_id = (select current_property()));
grant select on events to playhouse_app;
create policy events_workers on events to playhouse_workers using (true);
grant select, insert on events to playhouse_workers;

-- Events that somebody listens for and that no worker has handed to the webhooks yet. A write pays for one small row here
-- and not for those of the deliveries, nor for the question whose they are.
create table event_outbox (
  property_id uuid not null,
  event_id uuid not null,
  -- The table that the event tells of; a webhook hears of those that it may read.
  about text not null,
  constraint event_outbox_pkey primary key (property_id, event_id)
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
alter table event_outbox enable row level security;
alter table event_outbox force row level security;
create policy event_outbox_workers on event_outbox to playhouse_workers using (true);
grant select, insert, update, delete on event_outbox to playhouse_workers;
",
        tellers!("events"),
        tellers!("event_outbox"),
    ),
    down: "drop table event_outbox; drop table events;",
};
