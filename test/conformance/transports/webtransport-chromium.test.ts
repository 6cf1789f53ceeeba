/** A page with a server that offers WebTransport, in a browser that cannot use it: Chromium without QUIC. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Naru from '../../../packages/naru/src/client/browser.js';
import { Server } from '../../../packages/naru/src/server/api/server.js';
import { bundle, inBrowser, isBrowserRunnable } from '../../../packages/naru/test/client/bundle.js';
import type { StockServer } from '../../../packages/naru/test/client/stock/server.js';

declare const naru: typeof Naru;

describe.skipIf(!isBrowserRunnable)('a page in Chromium without QUIC', { timeout: 60_000 }, () => {
  const http = createServer();
  const server = new Server(http, { transports: ['polling', 'websocket', 'webtransport'] });
  let script = '';
  let url = '';
  const loaded: string[] = [];

  beforeAll(async () => {
    const part = await bundle('webtransport/webtransport-stream.ts', 'es');
    script = await bundle('browser.ts');
    http.prependListener('request', (request, response) => {
      if (request.url !== '/naru.webtransport.min.js') return;
      loaded.push(request.url);
      response.setHeader('content-type', 'text/javascript').end(part);
      // No other listener is to answer it.
      request.url = '/socket.io/none';
    });
    server.on('connection', (socket) =>
      socket.on('echo', (value: unknown, answer: (value: unknown) => void) => answer(value)),
    );
    await new Promise<void>((resolve) => http.listen(0, resolve));
    const address = http.address();
    url = `http://localhost:${typeof address === 'object' ? address?.port : ''}`;
  });

  afterAll(() => server.close());

  const inPage: typeof inBrowser = (_stock, code, use) => inBrowser({ http, url } as StockServer, code, use);

  it('tries WebTransport, and falls back to a WebSocket', async () => {
    await inPage({} as StockServer, script, async (page) => {
      const result = await page.evaluate(async () => {
        const hasOne = 'WebTransport' in globalThis;
        const socket = naru.io({ rememberUpgrade: false });
        const failures: unknown[] = [];
        socket.io.engine.on('upgradeError', (error) => failures.push((error as { transport?: unknown }).transport));
        const upgraded = new Promise((resolve) => socket.io.engine.on('upgrade', resolve));
        const before = await socket.emitWithAck('echo', 'before');
        await upgraded;
        const after = await socket.emitWithAck('echo', 'after');
        const { name } = socket.io.engine.transport;
        socket.disconnect();
        return { hasOne, failures, before, after, name };
      });
      expect(result).toEqual({
        hasOne: true,
        failures: ['webtransport'],
        before: 'before',
        after: 'after',
        name: 'websocket',
      });
      expect(loaded).toEqual(['/naru.webtransport.min.js']);
    });
  });

  it('reports that it cannot connect when only WebTransport is allowed', async () => {
    await inPage({} as StockServer, script, async (page) => {
      const message = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const socket = naru.io({ transports: ['webtransport'], reconnection: false });
            socket.on('connect_error', (error) => resolve(error.message));
          }),
      );
      expect(message).toBe('webtransport error');
    });
  });
});
