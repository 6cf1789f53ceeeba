import { expect, test } from 'vitest';
import { shortNames } from '../../scripts/build/bundles.mjs';
import { hasChecks, hasChoice, hasNode } from '../../src/client/features.js';
import { bundle } from './bundle.js';

test('nothing is left out where no bundle for <script> is made', () => {
  expect([hasChoice, hasNode, hasChecks]).toEqual([true, true, true]);
});

test.each([
  ['browser.ts', ['fit', '_g', 'sendVolatile', 'upgrading', 'tryAllTransports'], ['rewrite', 'accompany', 'prepare']],
  ['browser-websocket.ts', [], ['fit', '_g', 'sendVolatile', 'tryAllTransports', 'sse', 'rewrite', 'accompany']],
])('the bundle of %s has what it can use, and no more', async (entry, present, absent) => {
  // `_g` is the memory's `suggests`.
  const words = new Set((await bundle(entry, 'es')).match(/\w+/g));
  expect(present.filter((word) => !words.has(word))).toEqual([]);
  expect(absent.filter((word) => words.has(word))).toEqual([]);
});

test.each(['browser.ts', 'browser-websocket.ts'])(
  'what is called by a short name in %s is called so everywhere',
  async (entry) => {
    const [plain, short] = await Promise.all([bundle(entry, 'es', false), bundle(entry, 'es')]);
    const named = ['applyLocal', 'takesError', 'hasPingExpired', 'setTransport'];
    expect(named.filter((name) => !plain.includes(name))).toEqual([]);
    expect(named.filter((name) => short.includes(name))).toEqual([]);
    // What pages and other files of the client use keeps its name.
    for (const name of ['emitWithAck', 'receiveBuffer', 'doOpen', 'onPacket', 'isReconnecting'])
      expect(short).toContain(name);
  },
);

test('no part that a page loads is called by a short name, which it would not know', async () => {
  const words = new Set((await bundle('engine/webtransport-stream.ts', 'es')).match(/\w+/g));
  expect(Object.keys(shortNames).filter((name) => words.has(name))).toEqual([]);
});
