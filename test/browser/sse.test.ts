/** HTTP streaming in a real browser: in a page without WebSocket, across origins, and when a server closes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type * as Naru from '../../packages/naru/src/client/browser.js';
import { Server } from '../../packages/naru/src/server/api/index.js';
import type { ServerOptions } from '../../packages/naru/src/server/api/server.js';
import { bundle, inBrowser } from '../../packages/naru/test/client/bundle.js';
import type { StockServer } from '../../packages/naru/test/client/stock/server.js';
import { isRunnable, PATIENCE } from './served-chat.js';

declare const naru: typeof Naru;

vi.setConfig({ testTimeout: PATIENCE });

let script: string;

beforeAll(async () => {
  if (isRunnable) script = await bundle('browser.ts');
});

async function serve(options: ServerOptions = {}) {
  const http = createServer();
  const server = new Server(http, options);
  const reasons: string[] = [];
  server.on('connection', (socket) => {
    socket.on('echo', (value, answer) => answer(value));
    socket.on('transport', (answer) => answer(socket.conn.transport.name));
    socket.on('cookie', (answer) => answer(socket.handshake.headers.cookie));
    socket.on('put out', () => socket.conn.close());
    socket.on('disconnect', (reason) => reasons.push(reason));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await server.close();
  });
  const { port } = http.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  // The browser tests of the client use this server of ours.
  const stock = { http, url, port } as unknown as StockServer;
  return { server, url, port, reasons, stock };
}

describe.skipIf(!isRunnable)('a page', () => {
  it('without a WebSocket upgrades to HTTP streaming, and loses nothing on the way', async () => {
    const { stock, reasons, server } = await serve();
    await inBrowser(stock, script, async (page) => {
      const result = await page.evaluate(async () => {
        Reflect.deleteProperty(globalThis, 'WebSocket');
        const socket = naru.io();
        const upgraded = new Promise((resolve) => socket.io.engine.on('upgrade', resolve));
        const numbers = Array.from({ length: 100 }, (_, index) => index);
        const echoed = Promise.all(numbers.map((value) => socket.emitWithAck('echo', value)));
        await upgraded;
        const bytes = await socket.emitWithAck('echo', new Uint8Array([0, 13, 10, 255]));
        const text = await socket.emitWithAck('echo', 'a\r\nb\u001e 안녕');
        return {
          transport: await socket.emitWithAck('transport'),
          isInOrder: (await echoed).every((value, index) => value === index),
          bytes: [...new Uint8Array(bytes)],
          text,
        };
      });
      expect(result).toEqual({ transport: 'sse', isInOrder: true, bytes: [0, 13, 10, 255], text: 'a\r\nb\u001e 안녕' });
      await page.goto('about:blank');
      await expect.poll(() => reasons).toEqual(['transport close']);
      expect(server.engine.clientsCount).toBe(0);
    });
  });

  it('with HTTP streaming alone reconnects once after the server disconnected it', async () => {
    const { stock, server } = await serve();
    await inBrowser(stock, script, async (page) => {
      const names = await page.evaluate(async () => {
        const socket = naru.io({ transports: ['sse'], reconnectionDelay: 10 });
        const names: string[] = [];
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        names.push(await socket.emitWithAck('transport'));
        socket.io.on('reconnect_attempt', () => names.push('attempt'));
        socket.emit('put out');
        await new Promise<void>((resolve) => socket.once('disconnect', () => resolve()));
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        names.push(await socket.emitWithAck('transport'));
        return names;
      });
      expect(names).toEqual(['sse', 'attempt', 'sse']);
      expect(server.engine.clientsCount).toBe(1);
    });
  });

  it("of another origin is admitted by the server's rules, with its cookies", async () => {
    const here = await serve();
    const there = await serve({ cors: { origin: here.url, credentials: true }, cookie: true, transports: ['sse'] });
    const closed = await serve({ transports: ['sse'] });
    await inBrowser(here.stock, script, async (page) => {
      const result = await page.evaluate(
        async ([open, shut]) => {
          const options = { transports: ['sse'], withCredentials: true, forceNew: true, reconnection: false };
          const socket = naru.io(open, options);
          const cookies = [await socket.emitWithAck('cookie')];
          socket.disconnect();
          const second = naru.io(open, options);
          cookies.push(await second.emitWithAck('cookie'));
          const refused = naru.io(shut, options);
          const error = await new Promise<Error>((resolve) => refused.once('connect_error', resolve));
          return { cookies, message: error.message };
        },
        [there.url, closed.url],
      );
      expect(result.cookies[0] ?? null).toBeNull();
      expect(result.cookies[1]).toMatch(/^io=/);
      expect(result.message).toBe('event stream error');
    });
  });
});
