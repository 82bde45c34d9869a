use crate::Step;

/// Every change of the property's tables becomes an event.
///
/// `write_events_of` gives a table functions, `<table>_events` for new rows, `_changes` and `_deletions`, and triggers that
/// call them once per statement, with all rows that the statement changed. One statement writes all events, and into the
/// outbox those that somebody may hear of; workers find out who. Where a property keeps no log and nobody listens, nothing
/// is done.
///
/// They run as whoever changes the rows, so names have their schema. The server is held to one property by the wall, and
/// the sessions of its tenant pool remember what they learned of it (`learn_listening`): their writes take the short ways at
/// the head of the function. Everybody else may change rows of several properties in a statement, and takes them one by one.
pub(crate) const STEP: Step = Step {
    name: "m0031_table_events",
    up: concat!(
        r#"
-- Makes one of the functions. p_rows selects the events of rows n (and o); %s is its place for a condition on p_of, their
-- property. p_guard is what is done before the long way.
create procedure write_events_with(p_function text, p_table text, p_group text, p_rows text, p_of text, p_guard text)
  language plpgsql set search_path = public, pg_temp as $make$
declare
  own_rows constant text := replace(p_rows, '%s', 'true');
  rows_of_one constant text := replace(p_rows, '%s', p_of || ' = tenant');
  told constant text := 'with told as materialized (select public.uuid_v7() as id, e.* from (%s) e %s), written as (
      insert into public.events (property_id, id, type, payload) select t.property_id, t.id, t.type, t.payload from told t)
    insert into public.event_outbox (property_id, event_id, about) select t.property_id, t.id, %L from told t';
  kept constant text := 'insert into public.events (property_id, type, payload) select e.property_id, e.type, e.payload from (%s) e';
  heard constant text := format('where exists (select from public.webhooks w where w.property_id = e.property_id and w.enabled
      and w.event_types && array[''*'', %L, e.type] and (w.allowed_tables is null or %L = any (w.allowed_tables)))',
    p_group || '.*', p_table);
  -- The property that the session speaks for, as it stands in what it remembers.
  this constant text := $part$current_setting('app.property_id', true) || pg_relation_filepath('public.listening_changes')$part$;
begin
  execute format($function$
create or replace function %1$I() returns trigger language plpgsql as $$
declare
  asked boolean;
  tenant uuid;
  listening text;
  done uuid[];
  zone text;
begin
  -- Each expression costs about as much as a row's way into an index, and each function in it a good part of that, so
  -- there are few on the short ways. What is returned is new, which is null here: a written null would be one more.
  -- The time zone is the server's own.
  loop
    if current_setting('app.is_silent', true) = %2$s then return new; end if;
    if strpos(current_setting('app.keeps_and_tells', true), %2$s) > 0 and current_setting('timezone') = 'UTC' then
      %3$s;
      return new;
    end if;
    if strpos(current_setting('app.keeps', true), %2$s) > 0 and current_setting('timezone') = 'UTC' then
      %4$s;
      return new;
    end if;
    exit when asked or current_user <> 'playhouse_app' or strpos(current_setting('app.tells', true), %2$s) > 0;
    perform public.learn_listening(public.current_property());
    asked := true;
  end loop;%8$s
  loop
    select c.property_id, case when not p.has_listeners then 'k' when p.keeps_log then 'b' else 'h' end into tenant, listening
      from changed c join public.properties p on p.id = c.property_id
     where (p.has_listeners or p.keeps_log) and (done is null or c.property_id <> all (done))
     limit 1;
    exit when not found;
    -- Times print as they do in answers.
    zone := current_setting('timezone');
    perform set_config('timezone', 'UTC', true);
    if listening = 'b' then
      %5$s;
    elsif listening = 'k' then
      %6$s;
    else
      %7$s;
    end if;
    perform set_config('timezone', zone, true);
    exit when not exists (select from changed c where c.property_id <> tenant);
    done := done || tenant;
  end loop;
  return new;
end $$;$function$, p_function, this,
    format(told, own_rows, '', p_table), format(kept, own_rows),
    format(told, rows_of_one, '', p_table), format(kept, rows_of_one), format(told, rows_of_one, heard, p_table), p_guard);
  execute format('revoke execute on function %I() from public', p_function);
end $make$;
revoke execute on procedure write_events_with(text, text, text, text, text, text) from public;

-- p_created, p_changed and p_deleted are expressions of an event's type, over the new row n (of a deletion: the old one) and,
-- where rows are changed, the row before, o. A null is no event; where an expression is empty, no such change is one.
create procedure write_events_of(p_function text, p_table text, p_group text, p_columns text[], p_created text, p_changed text,
    p_deleted text) language plpgsql set search_path = public, pg_temp as $make$
declare
  -- What is told of a row has a type of its own: one that Postgres must put together for each statement costs more.
  data constant text := p_function || '_data';
  columns constant text := (select string_agg(format('%I %s', c, format_type(a.atttypid, a.atttypmod)), ', ' order by at)
    from unnest(p_columns) with ordinality given(c, at)
    join pg_attribute a on a.attrelid = p_table::regclass and a.attname = c);
  data_of constant text := 'row(' || (select string_agg(format('%%1$s.%I', c), ', ' order by at)
    from unnest(p_columns) with ordinality given(c, at)) || format(')::public.%I', data);
  data_of_o constant text := format(data_of, 'o');
  data_of_n constant text := format(data_of, 'n');
  -- What of the old row prints otherwise than in the new one.
  differences constant text := (select string_agg(format(
      'case when to_json(o.%1$I)::text is distinct from to_json(n.%1$I)::text then '',"%1$s":'' || coalesce(to_json(o.%1$I)::text, ''null'') else '''' end',
      c), E'\n              || ' order by at) from unnest(p_columns) with ordinality given(c, at));
  single_rows constant text := $part$
        select e.property_id, e.type, row_to_json(e) as payload from (
          select %s as type, now() as timestamp, %s as data, n.property_id from changed n where %%s
        ) e where e.type is not null$part$;
  -- A full join, since that is never a loop in a loop. A changed id is the end of one row and the begin of another.
  changed_rows constant text := format($part$
        select e.property_id, e.type, case when e.before_and_after then
            (select row_to_json(x) from (select e.type, now() as timestamp, e.data, ('{' || substr(e.difference, 2) || '}')::json as previous,
              e.property_id) x)
            else (select row_to_json(x) from (select e.type, now() as timestamp, e.data, e.property_id) x) end as payload
          from (
          select %s as type, case when n.id is null then %s else %s end as data, difference,
                 n.id is not null and o.id is not null as before_and_after, o.updated_at,
                 coalesce(n.property_id, o.property_id) as property_id
            from before o full join changed n on n.property_id = o.property_id and n.id = o.id
            cross join lateral (select
              %s as difference) compared
           where %%s
        ) e where e.type is not null
          and not (e.before_and_after and e.difference in ('', ',"updated_at":' || to_json(e.updated_at)))$part$,
    p_changed, data_of_o, data_of_n, differences);
  -- Where few changes are events, those that are none are left at once: the use of keys is noted for many properties together.
  nothing constant text := $part$
  if not exists (select from before o join changed n on n.property_id = o.property_id and n.id = o.id
    where (%s) is not null) then return new; end if;$part$;
begin
  if to_regtype(quote_ident(data)) is not null then
    execute format('drop type %I', data);
  end if;
  execute format('create type %I as (%s)', data, columns);
  if p_created <> '' then
    call write_events_with(p_function, p_table, p_group, format(single_rows, p_created, data_of_n), 'n.property_id', '');
    execute format('create or replace trigger %I after insert on %I referencing new table as changed
      for each statement execute function %I()', p_function || '_insert', p_table, p_function);
  end if;
  if p_deleted <> '' then
    call write_events_with(p_function || '_deletions', p_table, p_group, format(single_rows, p_deleted, data_of_n),
      'n.property_id', '');
    execute format('create or replace trigger %I after delete on %I referencing old table as changed
      for each statement execute function %I()', p_function || '_delete', p_table, p_function || '_deletions');
  end if;
  if p_changed <> '' then
    call write_events_with(p_function || '_changes', p_table, p_group, changed_rows, 'coalesce(n.property_id, o.property_id)',
      case when p_deleted <> '' then '' else format(nothing, p_changed) end);
    execute format('create or replace trigger %I after update on %I referencing old table as before new table as changed
      for each statement execute function %I()', p_function || '_update', p_table, p_function || '_changes');
  end if;
end $make$;
revoke execute on procedure write_events_of(text, text, text, text[], text, text, text) from public;
"#,
        events!(
            "players",
            "player",
            "property_id",
            "id",
            "external_id",
            "email",
            "phone",
            "first_name",
            "last_name",
            "status",
            "tier",
            "adt",
            "coin_in",
            "visits",
            "birth_date",
            "state",
            "zip",
            "time_zone",
            "locale",
            "tags",
            "attributes",
            "last_visit_at",
            "created_at",
            "updated_at"
        ),
        events!(
            "segments",
            "segment",
            "property_id",
            "id",
            "name",
            "description",
            "filter",
            "created_at",
            "updated_at"
        ),
        events!(
            "campaigns",
            "campaign",
            "property_id",
            "id",
            "name",
            "channel",
            "purpose",
            "status",
            "subject",
            "template_id",
            "segment_id",
            "scheduled_at",
            "sent_at",
            "created_at",
            "updated_at"
        ),
        events!(
            "templates",
            "template",
            "property_id",
            "id",
            "name",
            "channel",
            "subject",
            "body_html",
            "body_text",
            "created_at",
            "updated_at"
        ),
        events!(
            "content_items",
            "content_item",
            "property_id",
            "id",
            "name",
            "kind",
            "body",
            "attributes",
            "created_at",
            "updated_at"
        ),
        events!(
            "journeys",
            "journey",
            "property_id",
            "id",
            "name",
            "status",
            "definition",
            "version",
            "created_at",
            "updated_at"
        ),
        events!("games", "game", "property_id", "id", "name", "slug", "status", "settings", "created_at", "updated_at"),
        events!(
            "streams",
            "stream",
            "property_id",
            "id",
            "name",
            "slug",
            "status",
            "settings",
            "created_at",
            "updated_at",
            "starts_at",
            "ends_at"
        ),
        events!(
            "suppressions",
            "suppression",
            "property_id",
            "id",
            "channel",
            "address",
            "reason",
            "source",
            "created_at",
            "updated_at"
        ),
        events!(
            campaign_steps of "campaigns", "campaign",
            created "case n.status when 'scheduled' then 'campaign.scheduled' when 'sending' then 'campaign.started' when 'sent' then 'campaign.completed' end",
            updated "case when n.status = o.status then null when n.status = 'scheduled' then 'campaign.scheduled' when n.status = 'sending' then 'campaign.started' when n.status = 'sent' then 'campaign.completed' end",
            "property_id", "id", "name", "channel", "purpose", "status", "subject", "template_id", "segment_id",
            "scheduled_at", "sent_at", "created_at", "updated_at"
        ),
        // Evidence: rows are made and not changed, but for their player, who may be deleted; that tells nothing of consents.
        events!(
            consents_events of "consents", "consent",
            created "case n.status when 'granted' then 'consent.recorded' else 'consent.revoked' end",
            "property_id", "id", "player_id", "channel", "status", "type", "disclosure", "disclosure_version", "source",
            "ip", "user_agent", "occurred_at", "recorded_at"
        ),
        events!(
            game_sessions_events of "game_sessions", "session",
            created "'session.created'",
            updated "case when n.status <> o.status and n.status <> 'active' then 'session.' || n.status end",
            "property_id", "id", "game_id", "stream_id", "status", "external_ref", "metadata", "player_uuid",
            "org_api_key_id", "expires_at", "consumed_at", "revoked_at", "created_at", "updated_at"
        ),
        events!(
            api_keys_events of "api_keys", "api_key",
            created "'api_key.created'",
            updated "case when o.revoked_at is null and n.revoked_at is not null then 'api_key.revoked' end",
            "property_id", "id", "name", "key_prefix", "scopes", "allowed_tables", "rate_limit", "rate_limit_per_day",
            "expires_at", "revoked_at", "is_active", "previous_expires_at", "created_by", "last_used_at", "created_at",
            "updated_at"
        ),
    ),
    down: r"
do $$
declare made record;
begin
  for made in select p.oid::regprocedure as function from pg_proc p where p.prorettype = 'trigger'::regtype
      and p.proname ~ '(_events|^campaign_steps)(_changes|_deletions)?$' loop
    execute format('drop function %s cascade', made.function);
  end loop;
  for made in select t.oid::regtype as type from pg_type t where t.typtype = 'c'
      and t.typname ~ '(_events|^campaign_steps)_data$' loop
    execute format('drop type %s', made.type);
  end loop;
end $$;
drop procedure write_events_of(text, text, text, text[], text, text, text);
drop procedure write_events_with(text, text, text, text, text, text);
",
};
