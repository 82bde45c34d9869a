use crate::Step;

/// The roles of the server and of the one-time sessions.
pub(crate) const STEP: Step = Step {
    name: "m0001_roles",
    up: concat!(
        role!("playhouse_app"),
        role!("playhouse_sessions"),
        r"
grant usage on schema public to playhouse_app, playhouse_sessions;
-- Readiness asks which steps were taken.
grant select on seaql_migrations to playhouse_app;

-- The tenant that the connection speaks for; null, and so no row, when it has not said.
create function current_property() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.property_id', true), '')::uuid;
",
    ),
    down: r"
drop function current_property();
revoke select on seaql_migrations from playhouse_app;
revoke usage on schema public from playhouse_app, playhouse_sessions;
",
};
