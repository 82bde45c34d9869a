use crate::Step;

/// Every change of the property's tables becomes an event.
///
/// `write_events_of` gives a table the function `<table>_events` and triggers that call it once per statement, with all
/// rows that the statement changed. The function first asks whether the property of those rows keeps a log or somebody
/// listens, and is done when neither is so. Else one statement writes all events, and into the outbox those that somebody
/// may hear of; workers find out who ([`crate::events`]).
///
/// It runs as whoever changes the rows, so names have their schema. The server is held to one property by the wall, and
/// its sessions remember what they learned of it (`learn_listening`). Everybody else may change rows of several
/// properties in a statement, so it takes them one by one.
pub(crate) const STEP: Step = Step {
    name: "m0031_table_events",
    up: concat!(
        r#"
-- p_new and p_changed are expressions of an event's type, over the new row n (of a deletion: the old one) and, where rows
-- are changed, the row before, o. A null is no event; where an expression is empty, no such change is one.
create procedure write_events_of(p_function text, p_table text, p_group text, p_columns text[], p_new text, p_changed text,
    p_deletions boolean) language plpgsql set search_path = public, pg_temp as $make$
declare
  columns_of_o constant text := (select string_agg(format('o.%I', c), ', ') from unnest(p_columns) c);
  columns_of_n constant text := (select string_agg(format('n.%I', c), ', ') from unnest(p_columns) c);
  -- What of the old row prints otherwise than in the new one.
  differences constant text := (select string_agg(format(
      'case when to_json(o.%1$I)::text is distinct from to_json(n.%1$I)::text then '',"%1$s":'' || coalesce(to_json(o.%1$I)::text, ''null'') else '''' end',
      c), E'\n              || ' order by at) from unnest(p_columns) with ordinality given(c, at));
  new_rows constant text := format($part$
        select e.type, row_to_json(e) as payload from (
          select %s as type, now() as timestamp, data, tenant as property_id
            from changed n cross join lateral (select %s) data
           where n.property_id = tenant
        ) e where e.type is not null$part$, p_new, columns_of_n);
  -- A full join, since that is never a loop in a loop. A changed id is the end of one row and the begin of another.
  changed_rows constant text := format($part$
        select e.type, case when e.before_and_after then
            (select row_to_json(x) from (select e.type, now() as timestamp, e.data, ('{' || substr(e.difference, 2) || '}')::json as previous,
              tenant as property_id) x)
            else (select row_to_json(x) from (select e.type, now() as timestamp, e.data, tenant as property_id) x) end as payload
          from (
          select %s as type, case when n.id is null then was else becomes end as data, difference,
                 n.id is not null and o.id is not null as before_and_after, o.updated_at
            from before o full join changed n on n.property_id = o.property_id and n.id = o.id
            cross join lateral (select %s) was cross join lateral (select %s) becomes
            cross join lateral (select
              %s as difference) compared
           where coalesce(n.property_id, o.property_id) = tenant
        ) e where e.type is not null
          and not (e.before_and_after and e.difference in ('', ',"updated_at":' || to_json(e.updated_at)))$part$,
    p_changed, columns_of_o, columns_of_n, differences);
  listens constant text := format('exists (select from public.webhooks w where w.property_id = tenant and w.enabled
          and w.event_types && array[''*'', %L, e.type] and (w.allowed_tables is null or %L = any (w.allowed_tables)))',
      p_group || '.*', p_table);
  -- %s: the rows.
  told constant text := 'with told as materialized (select public.uuid_v7() as id, e.type, e.payload from (%s) e %w), written as (
          insert into public.events (property_id, id, type, payload) select tenant, t.id, t.type, t.payload from told t)
        insert into public.event_outbox (property_id, event_id, about) select tenant, t.id, ' || quote_literal(p_table) || ' from told t';
  write constant text := '
      if listening = ''b'' then
        ' || replace(told, '%w', '') || ';
      elsif listening = ''k'' then
        insert into public.events (property_id, type, payload) select tenant, e.type, e.payload from (%s) e;
      elsif listening = ''h'' then
        ' || replace(told, '%w', 'where ' || listens) || ';
      end if;';
  -- What the session knows of the property that it speaks for; nothing is ''.
  known constant text := $part$left(split_part(current_setting('app.listening', true),
    current_setting('app.property_id', true) || pg_relation_filenode('public.listening_changes')::text || ':', 2), 1)$part$;
  -- Where few changes are events, those that are none are left at once: the use of keys is noted for many properties together.
  nothing constant text := $part$
  if tg_op = 'UPDATE' then
    if not exists (select from before o join changed n on n.property_id = o.property_id and n.id = o.id
      where (%s) is not null) then return null; end if;
  end if;$part$;
begin
  execute format($function$
create or replace function %1$I() returns trigger language plpgsql as $$
declare
  tenant uuid;
  own boolean;
  listening text;
  done uuid[];
  zone text;
begin
  -- Few expressions, since each costs: most writes of a silent property are over here.
  listening := case when current_user = 'playhouse_app' then coalesce(%5$s, '') end;
  if listening = 's' then return null; end if;%4$s
  own := listening is not null and current_setting('timezone') = 'UTC';
  loop
    if own then
      tenant := public.current_property();
      if listening = '' then listening := public.learn_listening(tenant); end if;
    else
      select c.property_id, case when not p.has_listeners then 'k' when p.keeps_log then 'b' else 'h' end into tenant, listening
        from changed c join public.properties p on p.id = c.property_id
       where (p.has_listeners or p.keeps_log) and (done is null or c.property_id <> all (done))
       limit 1;
      exit when not found;
      -- Times print as they do in answers.
      zone := current_setting('timezone');
      perform set_config('timezone', 'UTC', true);
    end if;
    if tg_op = 'UPDATE' then%2$s
    else%3$s
    end if;
    exit when own;
    perform set_config('timezone', zone, true);
    exit when not exists (select from changed c where c.property_id <> tenant);
    done := done || tenant;
  end loop;
  return null;
end $$;$function$, p_function,
    case p_changed when '' then ' return null;' else replace(write, '%s', changed_rows) end,
    case p_new when '' then ' return null;' else replace(write, '%s', new_rows) end,
    case when p_changed <> '' and not p_deletions then format(nothing, p_changed) else '' end, known);
  execute format('revoke execute on function %I() from public', p_function);
  if p_new <> '' then
    execute format('create or replace trigger %I after insert on %I referencing new table as changed
      for each statement execute function %I()', p_function || '_insert', p_table, p_function);
  end if;
  if p_changed <> '' then
    execute format('create or replace trigger %I after update on %I referencing old table as before new table as changed
      for each statement execute function %I()', p_function || '_update', p_table, p_function);
  end if;
  if p_deletions then
    execute format('create or replace trigger %I after delete on %I referencing old table as changed
      for each statement execute function %I()', p_function || '_delete', p_table, p_function);
  end if;
end $make$;
revoke execute on procedure write_events_of(text, text, text, text[], text, text, boolean) from public;
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
  for made in select tgname, tgrelid::regclass as of, tgfoid::regprocedure as calls from pg_trigger
      where tgfoid in (select oid from pg_proc where proname like '%\_events' and prorettype = 'trigger'::regtype
        or proname = 'campaign_steps') loop
    execute format('drop trigger %I on %s', made.tgname, made.of);
  end loop;
end $$;
drop function players_events(), segments_events(), campaigns_events(), campaign_steps(), templates_events(),
  content_items_events(), journeys_events(), games_events(), streams_events(), suppressions_events(), consents_events(),
  game_sessions_events(), api_keys_events();
drop procedure write_events_of(text, text, text, text[], text, text, boolean);
",
};
