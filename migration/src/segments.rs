use crate::Step;

/// Saved filters over players.
pub(crate) const STEP: Step = Step {
    name: "m0015_segments",
    up: concat!(
        r"
create table segments (
  property_id uuid not null constraint segments_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  name text not null constraint segments_name_check check (length(name) between 1 and 255),
  description text constraint segments_description_check check (length(description) <= 2000),
  -- In the filter grammar of the tables; null: every player.
  filter text constraint segments_filter_check check (length(filter) <= 8000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint segments_pkey primary key (property_id, id)
);
create index segments_property_id_created_at_id_idx on segments (property_id, created_at, id);
grant select, insert, update, delete on segments to playhouse_app;
",
        wall!("segments"),
        searchable!("segments", "uuid", "name", "description"),
    ),
    down: r"
drop function segments_search(text);
drop table segments;
",
};
