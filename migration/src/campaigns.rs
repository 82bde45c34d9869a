use crate::Step;

/// One message to many players. A deleted template or segment leaves the campaign, which then cannot be sent.
pub(crate) const STEP: Step = Step {
    name: "m0017_campaigns",
    up: concat!(
        r"
create table campaigns (
  property_id uuid not null constraint campaigns_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  name text not null constraint campaigns_name_check check (length(name) between 1 and 255),
  channel text not null default 'email' constraint campaigns_channel_check check (channel in ('email', 'sms')),
  purpose text not null default 'marketing'
    constraint campaigns_purpose_check check (purpose in ('marketing', 'transactional')),
  status text not null default 'draft'
    constraint campaigns_status_check check (status in ('draft', 'scheduled', 'sending', 'sent', 'cancelled', 'failed')),
  subject text constraint campaigns_subject_check check (length(subject) <= 1000),
  template_id uuid,
  segment_id uuid,
  scheduled_at timestamptz,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint campaigns_pkey primary key (property_id, id),
  constraint campaigns_template_id_fkey
    foreign key (property_id, template_id) references templates (property_id, id) on delete set null (template_id),
  constraint campaigns_segment_id_fkey
    foreign key (property_id, segment_id) references segments (property_id, id) on delete set null (segment_id)
);
create index campaigns_property_id_created_at_id_idx on campaigns (property_id, created_at, id);
create index campaigns_property_id_status_created_at_id_idx on campaigns (property_id, status, created_at, id);
create index campaigns_property_id_template_id_idx on campaigns (property_id, template_id);
create index campaigns_property_id_segment_id_idx on campaigns (property_id, segment_id);
grant select, insert, update, delete on campaigns to playhouse_app;
",
        wall!("campaigns"),
        searchable!("campaigns", "uuid", "name", "subject"),
    ),
    down: r"
drop function campaigns_search(text);
drop table campaigns;
",
};
