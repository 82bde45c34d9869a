// What a program with @supabase/postgrest-js does with the tables, the client unmodified.
// usage: node postgrest.mjs FOLDER-WITH-NODE_MODULES BASE-URL KEY

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const [folder, base, key] = process.argv.slice(2);
const { PostgrestClient } = createRequire(`${folder}/`)('@supabase/postgrest-js');
const db = new PostgrestClient(`${base}/api`, { headers: { 'X-Api-Key': key } });
const players = () => db.from('players');

/** The answer, when it is no error; a status may be demanded. */
async function ok(request, status) {
  const answer = await request;
  assert.equal(answer.error, null, JSON.stringify(answer.error));
  if (status) assert.equal(answer.status, status);
  return answer;
}

/** The error, when it is this one. */
async function fails(request, status, code) {
  const answer = await request;
  assert.deepEqual([answer.status, answer.error?.code], [status, code], JSON.stringify(answer));
  return answer.error;
}

const names = (answer) => answer.data.map((row) => row.external_id);

// Inserts.
const made = await ok(players().insert({ external_id: 'js-1', visits: 3, tags: ['vip', 'slots'] }).select().single(), 201);
assert.equal(made.data.status, 'active');
const silent = await ok(players().insert({ external_id: 'js-2', visits: 5 }), 201);
assert.equal(silent.data?.external_id ?? 'js-2', 'js-2');
const rows = [
  { external_id: 'js-3', visits: 8, first_name: 'Quote "d", Jr', attributes: { city: 'Reno' } },
  { external_id: 'js-4', visits: 13, first_name: 'A+B & C' },
  { external_id: 'js-5', visits: null, first_name: 'Zoë' },
];
const bulk = await ok(players().insert(rows, { count: 'exact', defaultToNull: false }).select('external_id,tags'), 201);
assert.equal(bulk.count, 3);
assert.deepEqual(bulk.data.map((row) => row.tags), [[], [], []]);

// Filters, order, pages and counts.
const sorted = (query) => query.order('external_id', { ascending: true });
assert.deepEqual(names(await ok(sorted(players().select('external_id').gte('visits', 5)))), ['js-2', 'js-3', 'js-4']);
assert.deepEqual(names(await ok(players().select('external_id').eq('first_name', 'A+B & C'))), ['js-4']);
assert.deepEqual(names(await ok(players().select('external_id').in('external_id', ['js-1', 'js-5', 'x,y']))).sort(), ['js-1', 'js-5']);
assert.deepEqual(names(await ok(players().select('external_id').is('visits', null))), ['js-5']);
assert.deepEqual(names(await ok(players().select('external_id').ilike('first_name', '%QUOTE%'))), ['js-3']);
assert.deepEqual(names(await ok(players().select('external_id').contains('tags', ['vip']))), ['js-1']);
assert.deepEqual(names(await ok(players().select('external_id').contains('attributes', { city: 'Reno' }))), ['js-3']);
assert.deepEqual(names(await ok(players().select('external_id').eq('attributes->>city', 'Reno'))), ['js-3']);
assert.deepEqual(names(await ok(players().select('external_id').not('visits', 'is', null).lt('visits', 4))), ['js-1']);
assert.deepEqual(names(await ok(sorted(players().select('external_id').or('visits.eq.3,and(visits.gt.5,visits.lt.10)')))), ['js-1', 'js-3']);
assert.deepEqual(names(await ok(players().select('external_id').match({ external_id: 'js-2', visits: 5 }))), ['js-2']);
assert.deepEqual(names(await ok(players().select('external_id').textSearch('first_name', 'zoë', { type: 'plain', config: 'simple' }))), ['js-5']);
const page = await ok(players().select('external_id', { count: 'exact' }).order('visits', { ascending: false, nullsFirst: false }).range(1, 2), 206);
assert.deepEqual([names(page), page.count], [['js-3', 'js-2'], 5]);
assert.deepEqual(names(await ok(players().select('external_id').order('visits', { ascending: false, nullsFirst: true }).limit(1))), ['js-5']);
const head = await ok(players().select('*', { count: 'exact', head: true }).gt('visits', 3), 200);
assert.deepEqual([head.count, head.data], [3, null]);

// One row or none.
assert.equal((await ok(players().select('visits').eq('external_id', 'js-2').single())).data.visits, 5);
assert.equal((await ok(players().select('visits').eq('external_id', 'nobody').maybeSingle())).data, null);
await fails(players().select().eq('external_id', 'nobody').single(), 406, 'PGRST116');
await fails(players().select().single(), 406, 'PGRST116');

// Relations.
await ok(db.from('consents').insert([
  { player_id: made.data.id, channel: 'email', status: 'granted' },
  { player_id: made.data.id, channel: 'sms', status: 'revoked' },
]), 201);
const related = await ok(players().select('external_id, consents!inner ( channel )').eq('consents.status', 'granted'));
assert.deepEqual(related.data, [{ external_id: 'js-1', consents: [{ channel: 'email' }] }]);
const ordered = await ok(players().select('consents(channel)').eq('external_id', 'js-1')
  .order('channel', { ascending: false, referencedTable: 'consents' }).limit(1, { referencedTable: 'consents' }).single());
assert.deepEqual(ordered.data, { consents: [{ channel: 'sms' }] });

// Upserts.
const merged = await ok(players().upsert([{ external_id: 'js-1', tier: 'gold' }, { external_id: 'js-6', tier: 'gold' }], { onConflict: 'external_id' }).select('external_id,tier,visits'), 201);
assert.deepEqual(merged.data.find((row) => row.external_id === 'js-1'), { external_id: 'js-1', tier: 'gold', visits: 3 });
const ignored = await ok(players().upsert([{ external_id: 'js-1' }, { external_id: 'js-7' }], { onConflict: 'external_id', ignoreDuplicates: true }).select('external_id'));
assert.deepEqual(names(ignored), ['js-7']);

// Changes.
const changed = await ok(players().update({ tier: 'silver' }, { count: 'exact' }).in('external_id', ['js-6', 'js-7']), 204);
assert.deepEqual([changed.count, changed.data], [2, null]);
assert.equal((await ok(players().update({ visits: 1 }).eq('external_id', 'js-7').select('visits').single(), 200)).data.visits, 1);
await fails(players().update({ tier: 'x' }).eq('tier', 'silver').maxAffected(1), 400, 'PGRST124');
await ok(players().delete().eq('external_id', 'js-7').rollback());
assert.deepEqual(names(await ok(players().delete().eq('external_id', 'js-7').select('external_id'), 200)), ['js-7']);
await ok(players().delete().eq('external_id', 'js-6'), 204);

// Other forms.
const csv = await ok(sorted(players().select('external_id,visits').in('external_id', ['js-1', 'js-5'])).csv());
assert.equal(csv.data, 'external_id,visits\njs-1,3\njs-5,');
const stripped = await ok(players().select('external_id,visits').eq('external_id', 'js-5').stripNulls());
assert.deepEqual(stripped.data, [{ external_id: 'js-5' }]);

// Errors, as the client hands them on.
const twice = await fails(players().insert({ external_id: 'js-1' }), 409, '23505');
assert.match(twice.message, /duplicate key/);
assert.match(twice.details, /external_id/);
await fails(players().select('nope'), 400, '42703');
await fails(players().insert({ external_id: 'js-9', nope: 1 }), 400, 'PGRST204');
await fails(players().update({ tier: 'x' }), 400, '21000');
await fails(db.from('nowhere').select(), 404, 'PGRST205');
const nobody = new PostgrestClient(`${base}/api`, { headers: { 'X-Api-Key': 'pk_wrong' } });
assert.equal((await nobody.from('players').select()).status, 401);
assert.deepEqual(names(await ok(sorted(players().select('external_id')))), ['js-1', 'js-2', 'js-3', 'js-4', 'js-5']);
