use crate::Step;

/// Blocks that templates share.
pub(crate) const STEP: Step = Step {
    name: "m0018_content_items",
    up: concat!(
        r"
create table content_items (
  property_id uuid not null constraint content_items_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  name text not null constraint content_items_name_check check (length(name) between 1 and 255),
  -- The operator's own word for what it is.
  kind text not null default 'block' constraint content_items_kind_check check (length(kind) between 1 and 255),
  body text constraint content_items_body_check check (length(body) <= 262144),
  attributes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint content_items_pkey primary key (property_id, id)
);
create index content_items_property_id_created_at_id_idx on content_items (property_id, created_at, id);
grant select, insert, update, delete on content_items to playhouse_app;
",
        wall!("content_items"),
        searchable!("content_items", "uuid", "name"),
    ),
    down: r"
drop function content_items_search(text);
drop table content_items;
",
};
