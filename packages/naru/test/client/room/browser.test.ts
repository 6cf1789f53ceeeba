/** History and presence in a real browser. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Server } from '../../../src/entry/index.js';
import { bundle, inBrowser, isBrowserRunnable } from '../bundle.js';
import type { StockServer } from '../stock/server.js';
import type * as Naru from './page.js';

declare const naru: typeof Naru;

describe.skipIf(!isBrowserRunnable)('in Chromium', { timeout: 60_000 }, () => {
  it('reads the history, receives later events, and sees the members', async () => {
    const http = createServer();
    const io = new Server(http, { connectionStateRecovery: {} });
    onTestFinished(async () => {
      http.closeAllConnections();
      await io.close();
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    io.allow({ subscribe: true, history: true, presence: true, ownPresence: true });
    io.on('connection', (socket) => {
      io.presence('lobby', { announce: true }).join(socket, { id: 'ann' });
      socket.on('more', () => io.to('lobby').emit('said', 'after'));
    });
    io.to('lobby').emit('said', 'before', Buffer.of(1, 2));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const stock = { http, url } as unknown as StockServer;
    await inBrowser(stock, await bundle('../../test/client/room/page.ts'), async (page) => {
      const seen = await page.evaluate(async () => {
        const socket = naru.io();
        const here = naru.presence<string | null>(socket, 'lobby');
        const heard = new Promise((resolve) => socket.on('said', resolve));
        const { events } = await naru.subscribe(socket, 'lobby');
        socket.emit('more');
        const after = await heard;
        const updated = new Promise((resolve) => here.on('update', resolve));
        await here.update('away');
        await updated;
        const refused = await naru.history(socket, 'lobby', { limit: -1 }).catch((error) => error.reason);
        const said = events.map(({ args }) => [args[0], [...new Uint8Array(args[1] as ArrayBuffer)]]);
        return { said, after, refused, members: [...here.members.values()].map(({ id, state }) => [id, state]) };
      });
      expect(seen).toEqual({
        said: [['before', [1, 2]]],
        after: 'after',
        refused: 'BAD_QUERY',
        members: [['ann', 'away']],
      });
    });
  });
});
