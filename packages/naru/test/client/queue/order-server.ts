/** A server that takes orders, and the actions of a page with a queue in IndexedDB. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { Server } from '../../../src/server/api/index.js';
import type { StockServer } from '../stock/server.js';
import type * as Naru from './page.js';

declare const naru: typeof Naru;

/** Answers `order` with the number of orders so far; `got` holds the orders. */
export async function serve() {
  const http = createServer();
  const server = new Server(http);
  const got: unknown[][] = [];
  let held: (() => void)[] | undefined;
  server.on('connection', (socket) => {
    socket.on('order', (...args: unknown[]) => {
      const answer = args.pop() as (...values: unknown[]) => void;
      got.push(args.map((arg) => (Buffer.isBuffer(arg) ? [...arg] : arg)));
      const count = got.length;
      if (held) held.push(() => answer(count));
      else answer(count);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await server.close();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  /** Stops answering orders until the returned function is called. */
  const hold = (): (() => void) => {
    held = [];
    return () => {
      const waiting = held ?? [];
      held = undefined;
      for (const answer of waiting) answer();
    };
  };
  return { stock: { http, url } as unknown as StockServer, got, hold };
}

/** Emits on a page without a connection, and waits until the events are stored. */
export function emitOffline(page: Page, numbers: number[]): Promise<void> {
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

/** Connects with the same queue. Returns the answers to the events of earlier pages. */
export function connect(page: Page, count: number): Promise<unknown[]> {
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
    // The events of this page follow.
    answers.push(await socket.emitWithAck('order', 'last'));
    return answers;
  }, count);
}
