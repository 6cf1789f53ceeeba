import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOUNDS } from '../../../../scripts/release/bounds.mjs';
import type * as Naru from '../../src/client/browser.js';
import { bundle, inBrowser, isBrowserRunnable, zippedSize } from './bundle.js';
import { type StockServer, startStockServer } from './stock/server.js';

declare const naru: typeof Naru;

const bytesMax = BOUNDS.script['browser.ts'];

let script: string;
let stock: StockServer;

beforeAll(async () => {
  script = await bundle('browser.ts');
  stock = await startStockServer({ maxHttpBufferSize: 10_000 });
  stock.server.on('connection', (socket) => {
    socket.on('echo', (value, answer) => answer(value));
    socket.on('transport', (answer) => answer(socket.conn.transport.name));
  });
});

afterAll(() => stock.close());

test(`weighs at most ${bytesMax} bytes`, () => {
  expect(zippedSize(script)).toBeLessThanOrEqual(bytesMax);
});

describe.skipIf(!isBrowserRunnable)('in Chromium', { timeout: 60_000 }, () => {
  test('connects, upgrades, carries bytes and Blobs, and starts with a WebSocket after a reload', async () => {
    await inBrowser(stock, script, async (page) => {
      const first = await page.evaluate(async () => {
        const socket = naru.io();
        const started = socket.io.engine.transport.name;
        const upgraded = new Promise((resolve) => socket.io.engine.on('upgrade', resolve));
        const echo = await socket.emitWithAck('echo', { bytes: new Uint8Array([1, 2]), text: '한글' });
        await upgraded;
        const blob = await socket.emitWithAck('echo', new Blob(['blob']));
        const used = await socket.emitWithAck('transport');
        const types = [echo.bytes, blob].map((value) => Object.prototype.toString.call(value));
        const result = {
          started,
          used,
          types,
          text: echo.text,
          bytes: [...new Uint8Array(echo.bytes)],
          size: blob.byteLength,
        };
        socket.disconnect();
        return result;
      });
      expect(first).toEqual({
        started: 'polling',
        used: 'websocket',
        types: ['[object ArrayBuffer]', '[object ArrayBuffer]'],
        text: '한글',
        bytes: [1, 2],
        size: 4,
      });
      await page.reload();
      const second = await page.evaluate(async () => {
        const socket = naru.io();
        const started = socket.io.engine.transport.name;
        return [started, await socket.emitWithAck('transport')];
      });
      expect(second).toEqual(['websocket', 'websocket']);
    });
  });

  test('polls with bytes and Blobs, and reports a failed request', async () => {
    await inBrowser(stock, script, async (page) => {
      const result = await page.evaluate(async () => {
        const socket = naru.io({ transports: ['polling'] });
        const blob = await socket.emitWithAck('echo', [new Blob(['blob']), new Uint8Array([7])]);
        const gone = new Promise<unknown[]>((resolve) => {
          socket.once('disconnect', (reason, details) => {
            const { message, description, context } = details as unknown as Record<string, XMLHttpRequest>;
            resolve([reason, message, description, context?.status]);
          });
        });
        socket.emit('x', 'a'.repeat(10_001));
        return [new TextDecoder().decode(blob[0]), [...new Uint8Array(blob[1])], await gone];
      });
      expect(result).toEqual(['blob', [7], ['transport error', 'xhr post error', 413, 413]]);
    });
  });

  test('continues a page that goes offline and comes back', async () => {
    await inBrowser(stock, script, async (page) => {
      await page.goto(stock.url.replace('localhost', '127.0.0.1'));
      const events = await page.evaluate(async () => {
        const socket = naru.io({ reconnectionDelay: 10 });
        const seen: unknown[] = [];
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        socket.on('disconnect', (reason, details) => {
          seen.push(reason, (details as { description: string }).description);
        });
        const again = new Promise<void>((resolve) => socket.once('connect', resolve));
        dispatchEvent(new Event('offline'));
        await again;
        return seen;
      });
      expect(events).toEqual(['transport close', 'network connection lost']);
    });
  });
});
