/** The queue in a real browser: what waits outlives its page. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Server } from '../../../src/server/index.js';
import { bundle, inBrowser, isBrowserRunnable } from '../bundle.js';
import type { StockServer } from '../stock/server.js';
import type * as Naru from './page.js';

declare const naru: typeof Naru;

let script: string;

beforeAll(async () => {
  if (isBrowserRunnable) script = await bundle('../../test/client/queue/page.ts');
});

async function serve() {
  const http = createServer();
  const server = new Server(http);
  const got: unknown[] = [];
  server.on('connection', (socket) => {
    socket.on('order', (...args: unknown[]) => {
      const answer = args.pop() as (...values: unknown[]) => void;
      got.push(args.map((arg) => (Buffer.isBuffer(arg) ? [...arg] : arg)));
      answer(got.length);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await server.close();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return { stock: { http, url } as unknown as StockServer, got };
}

/** Emits on a page that does not connect, and waits until it is written down. */
function emitOffline(page: Page, numbers: number[]): Promise<void> {
  return page.evaluate(async (all) => {
    const store = naru.indexedDbStore('test');
    const kept: Promise<void>[] = [];
    const put = (event: Parameters<typeof store.put>[0]): Promise<void> => {
      const done = store.put(event);
      kept.push(done);
      return done;
    };
    const socket = naru.io({
      autoConnect: false,
      queue: naru.offlineQueue({ store: { ...store, put }, bytesMax: 1_000 }),
    });
    for (const n of all) socket.emit('order', n, new Uint8Array([n]));
    await Promise.all(kept);
  }, numbers);
}

/** Connects with the same queue; gives the answers to events of pages before. */
function connect(page: Page, count: number): Promise<unknown[]> {
  return page.evaluate(async (expected) => {
    const answers: unknown[] = [];
    const socket = naru.io({
      transports: ['websocket'],
      queue: naru.offlineQueue({
        store: naru.indexedDbStore('test'),
        onAnswer: ({ args }, error, answer) => answers.push([args[1], error, answer]),
      }),
    });
    while (answers.length < expected) await new Promise((resolve) => setTimeout(resolve, 10));
    // What this page emits comes behind.
    answers.push(await socket.emitWithAck('order', 'last'));
    return answers;
  }, count);
}

describe.skipIf(!isBrowserRunnable)('the queue in IndexedDB', { timeout: 60_000 }, () => {
  it('is sent by the next page, in order, once, with its bytes', async () => {
    const { stock, got } = await serve();
    await inBrowser(stock, script, async (page) => {
      await emitOffline(page, [1, 2, 3]);
      await page.reload();
      expect(await connect(page, 3)).toEqual([[1, null, 1], [2, null, 2], [3, null, 3], 4]);
      await page.reload();
      expect(await connect(page, 0)).toEqual([5]);
    });
    expect(got).toEqual([[1, [1]], [2, [2]], [3, [3]], ['last'], ['last']]);
  });

  it('of a page that is open is left alone by others', async () => {
    const { stock, got } = await serve();
    await inBrowser(stock, script, async (page) => {
      await emitOffline(page, [1, 2]);
      const other = await page.context().newPage();
      await other.goto(stock.url);
      expect(await connect(other, 0)).toEqual([1]);
      expect(got).toEqual([['last']]);
      await page.close();
      await other.reload();
      expect(await connect(other, 2)).toEqual([[1, null, 2], [2, null, 3], 4]);
    });
  });

  it('rejects in words when the browser refuses', async () => {
    const { stock } = await serve();
    await inBrowser(stock, script, async (page) => {
      const told = await page.evaluate(async () => {
        const store = naru.indexedDbStore('test');
        const event = { key: 'a==0', args: [() => undefined], flags: {}, at: 1 };
        return store.put(event).catch((error: { code?: string }) => error.code);
      });
      expect(told).toBe('IO_FAILED');
    });
  });
});
