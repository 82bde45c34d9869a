use crate::Step;

/// What a campaign or a journey sends, with gaps for the player's data.
pub(crate) const STEP: Step = Step {
    name: "m0016_templates",
    up: concat!(
        r"
create table templates (
  property_id uuid not null constraint templates_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  name text not null constraint templates_name_check check (length(name) between 1 and 255),
  channel text not null default 'email' constraint templates_channel_check check (channel in ('email', 'sms')),
  subject text constraint templates_subject_check check (length(subject) <= 1000),
  body_html text constraint templates_body_html_check check (length(body_html) <= 262144),
  body_text text constraint templates_body_text_check check (length(body_text) <= 65536),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint templates_pkey primary key (property_id, id)
);
create index templates_property_id_created_at_id_idx on templates (property_id, created_at, id);
grant select, insert, update, delete on templates to playhouse_app;
",
        wall!("templates"),
        searchable!("templates", "uuid", "name", "subject"),
    ),
    down: r"
drop function templates_search(text);
drop table templates;
",
};
