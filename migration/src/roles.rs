use crate::Step;

/// Roles belong to the whole server, not to one database: they are made when missing and stay when the schema goes,
/// since another database of the same server may use them.
pub(crate) const STEP: Step = Step {
    name: "m0001_roles",
    up: r"
do $$
declare wanted text;
begin
  foreach wanted in array array['playhouse_app', 'playhouse_sessions'] loop
    -- Two databases may be migrated at the same time; the loser of the race finds the role made.
    begin
      if not exists (select from pg_roles where rolname = wanted) then
        execute format('create role %I nologin', wanted);
      end if;
    exception when duplicate_object or unique_violation then null;
    end;
    -- A superuser may become any role; who is none must be a member, by its own right to create roles or made so before.
    if not (select rolsuper from pg_roles where rolname = current_user) then
      begin
        execute format('grant %I to current_user', wanted);
      exception when insufficient_privilege then
        if not pg_has_role(current_user, wanted, 'member') then raise; end if;
      end;
    end if;
  end loop;
end $$;
grant usage on schema public to playhouse_app, playhouse_sessions;
-- Readiness asks which steps were taken.
grant select on seaql_migrations to playhouse_app;

-- The tenant that the connection speaks for; null, and so no row, when it has not said.
create function current_property() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.property_id', true), '')::uuid;
",
    down: r"
drop function current_property();
revoke select on seaql_migrations from playhouse_app;
revoke usage on schema public from playhouse_app, playhouse_sessions;
",
};
