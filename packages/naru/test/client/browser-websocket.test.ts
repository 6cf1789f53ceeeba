import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOUNDS } from '../../../../scripts/release/bounds.mjs';
import type * as Naru from '../../src/client/browser-websocket.js';
import { bundle, inBrowser, isBrowserRunnable, zippedSize } from './bundle.js';
import { type StockServer, startStockServer } from './stock/server.js';

declare const naru: typeof Naru;

const bytesMax = BOUNDS.script['browser-websocket.ts'];

let script: string;
let stock: StockServer;

beforeAll(async () => {
  script = await bundle('browser-websocket.ts');
  stock = await startStockServer();
  stock.server.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value)));
});

afterAll(() => stock.close());

test(`weighs at most ${bytesMax} bytes`, () => {
  expect(zippedSize(script)).toBeLessThanOrEqual(bytesMax);
});

describe.skipIf(!isBrowserRunnable)('in Chromium', { timeout: 60_000 }, () => {
  test('connects at once by WebSocket and carries bytes, also in base64', async () => {
    await inBrowser(stock, script, async (page) => {
      for (const forceBase64 of [false, true]) {
        const result = await page.evaluate(async (isForced) => {
          const socket = naru.io({ forceNew: true, forceBase64: isForced });
          const echo = await socket.emitWithAck('echo', ['hi', new Uint8Array([1, 2])]);
          return [socket.io.engine.transport.name, echo[0], [...new Uint8Array(echo[1])]];
        }, forceBase64);
        expect(result).toEqual(['websocket', 'hi', [1, 2]]);
      }
    });
  });
});
