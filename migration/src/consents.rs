use crate::Step;

/// What players agreed to and took back: evidence, so nothing of it is changed or deleted while its property stands.
pub(crate) const STEP: Step = Step {
    name: "m0020_consents",
    up: concat!(
        r#"
create table consents (
  property_id uuid not null constraint consents_property_id_fkey references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  -- Required when it is written; null once the player was deleted.
  player_id uuid,
  channel text not null constraint consents_channel_check check (channel in ('email', 'sms', 'voice')),
  status text not null constraint consents_status_check check (status in ('granted', 'revoked')),
  type text constraint consents_type_check check (type in ('express_written', 'express', 'implied')),
  disclosure text constraint consents_disclosure_check check (length(disclosure) <= 65536),
  disclosure_version text constraint consents_disclosure_version_check check (length(disclosure_version) <= 255),
  source text constraint consents_source_check check (length(source) <= 255),
  ip inet,
  user_agent text constraint consents_user_agent_check check (length(user_agent) <= 2000),
  occurred_at timestamptz,
  recorded_at timestamptz not null default now(),
  constraint consents_pkey primary key (property_id, id),
  constraint consents_player_id_fkey
    foreign key (property_id, player_id) references players (property_id, id) on delete set null (player_id)
);
create index consents_property_id_recorded_at_id_idx on consents (property_id, recorded_at, id);
create index consents_property_id_status_recorded_at_id_idx on consents (property_id, status, recorded_at, id);
create index consents_property_id_player_id_idx on consents (property_id, player_id);
grant select, insert on consents to playhouse_app;

-- A constraint could not tell a new row without a player from an old one whose player is gone.
create function consent_needs_player() returns trigger language plpgsql as $$
begin
  raise not_null_violation using table = 'consents', column = 'player_id',
    message = 'null value in column "player_id" of relation "consents" violates not-null constraint';
end $$;
create trigger consents_player before insert on consents
  for each row when (new.player_id is null) execute function consent_needs_player();
"#,
        wall!("consents"),
    ),
    down: r"
drop table consents;
drop function consent_needs_player();
",
};
