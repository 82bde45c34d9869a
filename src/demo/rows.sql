-- The rows of a demo tenant: current_property() says whose, demo.players how many players it gets.
-- A table that holds rows of the tenant is left as it is, so that nothing comes back that somebody took away.

insert into players (property_id, external_id, email, phone, first_name, last_name, status, tier, adt, coin_in, visits,
    birth_date, state, zip, time_zone, locale, tags, attributes, last_visit_at, created_at, updated_at)
select current_property(), 'P-' || (1000 + n),
    case when n % 11 > 0 then translate(lower(first_name || '.' || last_name), 'éë', 'ee') || n || '@example.com' end,
    case when n % 7 > 0 then '+1' || place.area || '555' || lpad((n % 10000)::text, 4, '0') end,
    first_name, last_name,
    case when n % 23 = 0 then 'self_excluded' when n % 19 = 0 then 'suspended' when n % 17 = 0 then 'closed'
         when n % 5 = 0 then 'inactive' else 'active' end,
    case when n % 9 > 0 then (array['Bronze', 'Silver', 'Gold', 'Platinum'])[1 + n % 4] end,
    case when n % 13 > 0 then adt end,
    round(adt * (n * 37 % 61) * 41.7, 2),
    n * 37 % 61,
    case when n % 8 > 0 then date '1948-02-29' + n * 113 % 20000 end,
    place.state, place.zip, place.time_zone,
    (array['en-US', 'en-US', 'es-US', 'zh-CN', 'fr-CA'])[1 + n % 5],
    array_remove(array[
      case when n % 4 = 3 then 'vip' end, case when n % 2 = 0 then 'slots' end, case when n % 3 = 0 then 'table' end,
      case when n % 10 = 0 then 'poker' end, case when n % 6 = 1 then 'hotel' end], null),
    jsonb_build_object('city', place.city, 'vip', n % 4 = 3, 'scores', jsonb_build_array(n % 10, n % 7, n % 3),
      'host', case when n % 4 = 3
        then jsonb_build_object('name', (array['Kim', 'Lee', 'Max'])[1 + n % 3], 'level', 1 + n % 2) end),
    case when n * 37 % 61 > 0 then now() - n % 90 * interval '1 day' - n % 24 * interval '1 hour' end,
    now() - n * interval '31 hours', now() - n * interval '13 hours'
  from generate_series(1, current_setting('demo.players')::integer) n
  cross join lateral (select
    (array['Ada', 'Ben', 'Carla', 'Dmitri', 'Elena', 'Farid', 'Grace', 'Hiro', 'Inés', 'Jonas', 'Keisha', 'Liam', 'Mei',
      'Nadia', 'Omar', 'Priya', 'Quinn', 'Rosa', 'Sven', 'Zoë'])[1 + n * 7 % 20] as first_name,
    (array['Abbott', 'Baker', 'Castillo', 'Dubois', 'Evans', 'Fischer', 'Garcia', 'Huang', 'Ivanov', 'Jensen', 'Kowalski',
      'Lopez', 'Moreau', 'Nguyen', 'OBrien', 'Patel', 'Romano', 'Santos', 'Tanaka', 'Unger', 'Vega', 'Wong', 'Young'
      ])[1 + n * 5 % 23] as last_name,
    round((n * 7919 % 50000) / 100.0, 2) as adt) made
  join (values
    (0, 'NV', 'Las Vegas', '89109', '702', 'America/Los_Angeles'), (1, 'NV', 'Reno', '89501', '775', 'America/Los_Angeles'),
    (2, 'FL', 'Tampa', '33610', '813', 'America/New_York'), (3, 'TX', 'Houston', '77002', '713', 'America/Chicago'),
    (4, 'AZ', 'Phoenix', '85004', '602', 'America/Phoenix'), (5, 'NJ', 'Atlantic City', '08401', '609', 'America/New_York'),
    (6, 'CO', 'Denver', '80202', '303', 'America/Denver'), (7, 'OK', 'Tulsa', '74103', '918', 'America/Chicago')
    ) place (at, state, city, zip, area, time_zone) on place.at = n % 8
 where not exists (select from players p where p.property_id = current_property());

insert into consents (property_id, player_id, channel, status, type, disclosure, disclosure_version, source, ip, user_agent,
    occurred_at, recorded_at)
select p.property_id, p.id, asked.channel,
    case when (p.visits + asked.at) % 6 = 0 then 'revoked' else 'granted' end,
    case when asked.channel = 'email' then 'express' else 'express_written' end,
    'I agree to receive offers by ' || asked.channel || '. Consent is not a condition of any purchase.', '2026-01',
    (array['web', 'kiosk', 'host'])[1 + p.visits % 3],
    case when p.visits % 3 = 0 then '198.51.100.0'::inet + p.visits end,
    case when p.visits % 3 = 0 then 'Mozilla/5.0' end,
    p.created_at + interval '9 minutes', p.created_at + interval '10 minutes'
  from players p join (values (0, 'email'), (1, 'sms'), (2, 'voice')) asked (at, channel)
    on p.visits % 4 >= asked.at and case asked.channel when 'email' then p.email is not null else p.phone is not null end
 where p.property_id = current_property() and not exists (select from consents c where c.property_id = current_property());

insert into suppressions (property_id, channel, address, reason, source, created_at, updated_at)
select p.property_id, channel, address, reason, source, p.updated_at, p.updated_at
  from (select *, row_number() over (order by external_id) as at from players where property_id = current_property()) p
  cross join lateral (values
    ('email', case when p.at % 25 = 2 then p.email end, 'unsubscribed', 'link'),
    ('email', case when p.at % 40 = 3 then p.email end, 'the mailbox does not exist', 'bounce'),
    ('sms', case when p.at % 30 = 1 then p.phone end, 'STOP', 'inbound')) found (channel, address, reason, source)
 where address is not null and not exists (select from suppressions s where s.property_id = current_property())
on conflict do nothing;

insert into segments (property_id, name, description, filter)
select current_property(), name, description, filter
  from (values
    ('Active', 'Everybody who may play', 'status.eq=active'),
    ('High rollers', 'Top tiers with a high theoretical', 'tier.in=(Gold,Platinum)&adt.gte=250'),
    ('Missed', 'Not seen in the last weeks, though they came often', 'visits.gte=10&status.eq=inactive'),
    ('VIPs in Nevada', null, 'state.eq=NV&tags.cs={vip}')) made (name, description, filter)
 where not exists (select from segments s where s.property_id = current_property());

insert into templates (property_id, name, channel, subject, body_html, body_text)
select current_property(), name, channel, subject, body_html, body_text
  from (values
    ('Welcome back', 'email', 'We kept your seat, {{ first_name }}',
      '<p>Dear {{ first_name }},</p><p>your {{ tier }} offers are waiting.</p>', 'Dear {{ first_name }}, your offers are waiting.'),
    ('Weekend', 'sms', null, null, '{{ first_name }}, double points this weekend. Reply STOP to opt out.'),
    ('Receipt', 'email', 'Your visit', '<p>Thank you for your visit.</p>', 'Thank you for your visit.')
    ) made (name, channel, subject, body_html, body_text)
 where not exists (select from templates t where t.property_id = current_property());

insert into campaigns (property_id, name, channel, purpose, status, subject, template_id, segment_id, scheduled_at, sent_at)
select current_property(), made.name, made.channel, 'marketing', made.status, t.subject, t.id, s.id, made.scheduled_at, made.sent_at
  from (values
    ('Come back in spring', 'email', 'draft', 'Welcome back', 'Missed', null::timestamptz, null::timestamptz),
    ('Weekend rush', 'sms', 'sent', 'Weekend', 'High rollers', now() - interval '9 days', now() - interval '9 days')
    ) made (name, channel, status, template, segment, scheduled_at, sent_at)
  left join templates t on t.property_id = current_property() and t.name = made.template
  left join segments s on s.property_id = current_property() and s.name = made.segment
 where not exists (select from campaigns c where c.property_id = current_property());

insert into content_items (property_id, name, kind, body, attributes)
select current_property(), name, kind, body, attributes
  from (values
    ('Footer', 'block', '<p>Play responsibly. 1-800-522-4700</p>', jsonb_build_object('locale', 'en-US')),
    ('Fusszeile', 'block', '<p>Spielen Sie verantwortungsvoll.</p>', jsonb_build_object('locale', 'de')),
    ('Spring banner', 'banner', '<img src="https://example.com/spring.png" alt="Spring">', jsonb_build_object('width', 600)),
    ('House rules', 'page', 'Guests must be 21 or older.', jsonb_build_object())) made (name, kind, body, attributes)
 where not exists (select from content_items i where i.property_id = current_property());

insert into journeys (property_id, name, status, definition, version)
select current_property(), 'First visit', 'draft', jsonb_build_object('steps', jsonb_build_array(
    jsonb_build_object('id', 'start', 'kind', 'trigger', 'segment', 'Active', 'next', 'wait'),
    jsonb_build_object('id', 'wait', 'kind', 'wait', 'days', 2, 'next', 'thanks'),
    jsonb_build_object('id', 'thanks', 'kind', 'send', 'template', 'Receipt', 'next', 'end'),
    jsonb_build_object('id', 'end', 'kind', 'exit'))), 1
 where not exists (select from journeys j where j.property_id = current_property());

-- Without tokens: nobody can play them any more.
insert into game_sessions (property_id, organization_id, game_id, stream_id, status, external_ref, metadata, player_uuid,
    expires_at, consumed_at, revoked_at, created_at, updated_at)
select p.property_id, g.organization_id, g.id, case when p.at % 3 = 0 then t.id end,
    case p.at % 5 when 0 then 'active' when 1 then 'revoked' else 'consumed' end,
    p.external_id, jsonb_build_object('campaign', 'spring', 'round', p.at),
    case when p.at % 5 > 1 then p.external_id end,
    began + interval '1 hour',
    case when p.at % 5 > 1 then began + interval '2 minutes' end,
    case when p.at % 5 = 1 then began + interval '5 minutes' end,
    began, began + case p.at % 5 when 0 then interval '0' when 1 then interval '5 minutes' else interval '2 minutes' end
  from (select *, row_number() over (order by external_id) as at from players where property_id = current_property()) p
  cross join lateral (select now() - interval '2 hours' - p.at * interval '47 minutes' as began) time
  join games g on g.property_id = p.property_id and g.name = 'Lucky Wheel'
  left join streams t on t.property_id = p.property_id and t.name = 'Evening Show'
 where p.at <= 60 and not exists (select from game_sessions s where s.property_id = current_property());
