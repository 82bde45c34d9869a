use crate::Step;

/// Events that are no change of a row, written by whoever knows of them.
pub(crate) const STEP: Step = Step {
    name: "m0030_event_functions",
    up: r#"
-- The text that is stored and signed.
create function event_payload(p_type text, p_property uuid, p_data json) returns json
  language sql stable parallel safe set search_path = public, pg_temp set timezone = 'UTC' as $$
  select ('{"type":' || to_json(p_type) || ',"timestamp":' || to_json(now()) || ',"data":' || p_data
    || ',"property_id":"' || p_property || '"}')::json;
$$;

-- Writes an event whether or not anybody listens, and hands it to nobody: for what is sent to one endpoint only.
create function write_event(p_property uuid, p_type text, p_data json)
  returns uuid language plpgsql security definer set search_path = public, pg_temp as $$
declare made uuid := uuid_v7();
begin
  insert into events (property_id, id, type, payload)
    values (p_property, made, p_type, event_payload(p_type, p_property, p_data));
  return made;
end $$;

-- Writes an event of a table's kind and hands it to the workers, as the triggers of tables do; null where nobody would
-- see it.
create function record_event(p_property uuid, p_table text, p_type text, p_data json)
  returns uuid language plpgsql security definer set search_path = public, pg_temp as $$
declare
  made uuid;
  group_of constant text := split_part(p_type, '.', 1) || '.*';
  heard constant boolean := exists (select from webhooks w where w.property_id = p_property and w.enabled
      and w.event_types && array['*', group_of, p_type]
      and (w.allowed_tables is null or p_table = any (w.allowed_tables)));
begin
  if heard or exists (select from properties p where p.id = p_property and p.keeps_log) then
    made := write_event(p_property, p_type, p_data);
  end if;
  if heard then
    insert into event_outbox (property_id, event_id, about) values (p_property, made, p_table);
  end if;
  return made;
end $$;

-- The same two for who speaks for a tenant, and can tell of no other.
create function write_event(p_type text, p_data json)
  returns uuid language sql security definer set search_path = public, pg_temp
  begin atomic select write_event(current_property(), p_type, p_data); end;
create function record_event(p_table text, p_type text, p_data json)
  returns uuid language sql security definer set search_path = public, pg_temp
  begin atomic select record_event(current_property(), p_table, p_type, p_data); end;

grant create on schema public to playhouse_workers;
alter function write_event(uuid, text, json) owner to playhouse_workers;
alter function write_event(text, json) owner to playhouse_workers;
alter function record_event(uuid, text, text, json) owner to playhouse_workers;
alter function record_event(text, text, json) owner to playhouse_workers;
revoke create on schema public from playhouse_workers;
revoke execute on function event_payload(text, uuid, json), write_event(uuid, text, json), write_event(text, json),
  record_event(uuid, text, text, json), record_event(text, text, json) from public;
grant execute on function event_payload(text, uuid, json) to playhouse_workers;
grant execute on function write_event(text, json), record_event(text, text, json) to playhouse_app;
"#,
    down: r"
drop function record_event(text, text, json);
drop function write_event(text, json);
drop function record_event(uuid, text, text, json);
drop function write_event(uuid, text, json);
drop function event_payload(text, uuid, json);
",
};
