use crate::Step;

/// How replicas learn that a key changed: a log that they poll, with `NOTIFY` ringing the bell, and a row per replica
/// that says how far it has read. The trigger that writes the log is attached by the table of each kind of key.
pub(crate) const STEP: Step = Step {
    name: "m0007_credential_changes",
    up: r"
create table credential_changes (
  seq bigint generated always as identity constraint credential_changes_pkey primary key,
  kind text not null,
  key_hash bytea not null,
  version bigint not null,
  at timestamptz not null default clock_timestamp()
);
create index credential_changes_at_idx on credential_changes (at);

create table replicas (
  id uuid constraint replicas_pkey primary key,
  applied_seq bigint not null,
  started_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);

-- Writes the log in the transaction of the change. The lock is held until commit, so that numbers become visible in
-- their order: whoever has read number n has read all before it, without looking back.
create function credential_changed() returns trigger language plpgsql as $$
declare last bigint;
begin
  perform pg_advisory_xact_lock(hashtext('credential_changes'));
  if tg_op = 'INSERT' then
    insert into credential_changes (kind, key_hash, version) values (tg_argv[0], new.key_hash, new.version);
  else
    insert into credential_changes (kind, key_hash, version)
      values (tg_argv[0], old.key_hash,
              case when tg_op = 'DELETE' or old.key_hash <> new.key_hash then 9223372036854775807 else new.version end);
    if tg_op = 'UPDATE' and old.key_hash <> new.key_hash then
      insert into credential_changes (kind, key_hash, version) values (tg_argv[0], new.key_hash, new.version);
    end if;
  end if;
  perform pg_notify('credential_changes', '');
  return null;
end $$;

-- Every change of what a key may do raises its version, whoever makes it.
create function credential_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;

grant select, insert, delete on credential_changes to playhouse_app;
grant select, insert, update, delete on replicas to playhouse_app;
",
    down: r"
drop function credential_version();
drop function credential_changed();
drop table replicas;
drop table credential_changes;
",
};
