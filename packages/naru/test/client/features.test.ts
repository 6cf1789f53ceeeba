import { expect, test } from 'vitest';
import { shortNames } from '../../../../scripts/build/short-names.mjs';
import { hasBounds, hasChecks, hasChoice, hasNode } from '../../src/client/features.js';
import { bundle } from './bundle.js';

test('leaves nothing out unless files for pages are built', () => {
  expect([hasBounds, hasChoice, hasNode, hasChecks]).toEqual([true, true, true, true]);
});

test.each([
  [
    'browser.ts',
    ['fit', 'sessionStorage', 'sendVolatile', 'upgrading', 'tryAllTransports'],
    ['rewrite', 'accompany', 'prepare'],
  ],
  [
    'browser-websocket.ts',
    [],
    ['fit', 'sessionStorage', 'sendVolatile', 'tryAllTransports', 'sse', 'rewrite', 'accompany'],
  ],
])('gives the bundle of %s everything that it can use, and no more', async (entry, present, absent) => {
  const words = new Set((await bundle(entry, 'es')).match(/\w+/g));
  expect(present.filter((word) => !words.has(word))).toEqual([]);
  expect(absent.filter((word) => words.has(word))).toEqual([]);
});

test.each(['browser.ts', 'browser-websocket.ts'])('uses a short name everywhere in %s, or nowhere', async (entry) => {
  const [plain, short] = await Promise.all([bundle(entry, 'es', false), bundle(entry, 'es')]);
  const named = ['applyLocal', 'takesError', 'hasPingExpired', 'setTransport'];
  expect(named.filter((name) => !plain.includes(name))).toEqual([]);
  expect(named.filter((name) => short.includes(name))).toEqual([]);
  // Names that pages and other files of the client use stay the same.
  for (const name of ['emitWithAck', 'receiveBuffer', 'doOpen', 'onPacket', 'isReconnecting'])
    expect(short).toContain(name);
});

test('gives no short name to a part that a page loads, because the part would not know it', async () => {
  const words = new Set((await bundle('webtransport/webtransport-stream.ts', 'es')).match(/\w+/g));
  expect(Object.keys(shortNames).filter((name) => words.has(name))).toEqual([]);
});
