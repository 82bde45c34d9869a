use crate::Step;

/// Addresses that nothing is sent to, whatever their owner once agreed to.
pub(crate) const STEP: Step = Step {
    name: "m0021_suppressions",
    up: concat!(
        r"
create table suppressions (
  property_id uuid not null constraint suppressions_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  channel text not null constraint suppressions_channel_check check (channel in ('email', 'sms', 'voice')),
  address text not null constraint suppressions_address_check check (length(address) between 1 and 320),
  reason text constraint suppressions_reason_check check (length(reason) <= 2000),
  source text constraint suppressions_source_check check (length(source) <= 255),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint suppressions_pkey primary key (property_id, id),
  constraint suppressions_property_id_channel_address_key unique (property_id, channel, address)
);
create index suppressions_property_id_created_at_id_idx on suppressions (property_id, created_at, id);
grant select, insert, update, delete on suppressions to playhouse_app;
",
        wall!("suppressions"),
        searchable!("suppressions", "uuid", "address", "reason"),
    ),
    down: r"
drop function suppressions_search(text);
drop table suppressions;
",
};
