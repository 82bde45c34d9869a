// Tries a function verify(secret, headers, body) on a delivery that was captured.
// usage: node webhooks.mjs MODULE CAPTURE

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [module, capture] = process.argv.slice(2);
const { verify } = await import(pathToFileURL(module));
const { headers, body, secrets, stranger } = JSON.parse(readFileSync(capture, 'utf8'));
const event = JSON.parse(body);

for (const secret of secrets) {
  assert.deepEqual(verify(secret, headers, body), event);
  assert.deepEqual(verify(secret, headers, Buffer.from(body)), event);
  const changed = (name, value) => ({ ...headers, [name]: value });
  const old = String(Number(headers['webhook-timestamp']) - 301);
  const unsigned = structuredClone(headers);
  delete unsigned['webhook-signature'];
  for (const [why, wrong, text] of [
    ['another body', headers, body.replace('player', 'plaxer')],
    ['a byte more', headers, `${body} `],
    ['another id', changed('webhook-id', 'another'), body],
    ['another time', changed('webhook-timestamp', String(Number(headers['webhook-timestamp']) + 1)), body],
    ['an old time', changed('webhook-timestamp', old), body],
    ['no time', changed('webhook-timestamp', 'x'), body],
    ['another version', changed('webhook-signature', headers['webhook-signature'].replaceAll('v1,', 'v2,')), body],
    ['half a signature', changed('webhook-signature', headers['webhook-signature'].slice(0, 20)), body],
    ['no signature', unsigned, body],
  ]) {
    assert.throws(() => verify(secret, wrong, text), why);
  }
}
assert.throws(() => verify(stranger, headers, body), 'a secret that did not sign');
