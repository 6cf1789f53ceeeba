import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { io } from '../../../src/client/index.js';
import { Server } from '../../../src/entry/index.js';
import { next } from '../stock/server.js';

let server: Server | undefined;

afterEach(async () => {
  await server?.close();
});

async function start(options: ConstructorParameters<typeof Server>[1] = {}): Promise<string> {
  const http = createServer();
  server = new Server(http, options);
  await new Promise<void>((resolve) => http.listen(0, resolve));
  return `http://localhost:${(http.address() as AddressInfo).port}`;
}

describe('with our own server', () => {
  test.each([['polling'], ['websocket']])(
    'reports a message over %s that is too large, with the limit',
    async (transport) => {
      const url = await start({ maxHttpBufferSize: 1_000 });
      const socket = io(url, { transports: [transport] });
      await next(socket, 'connect');
      socket.emit('x', 'a'.repeat(1_000));
      const [reason, details] = await next(socket, 'disconnect');
      if (transport === 'websocket') {
        expect([reason, details]).toMatchObject([
          'transport close',
          { context: { code: 1009, reason: expect.stringContaining('1000') } },
        ]);
      } else {
        expect([reason, details]).toMatchObject(['transport error', { description: 413 }]);
      }
      socket.disconnect();
    },
  );

  test('answers "naru:renew" with what "auth" gives now, while it is connected', async () => {
    const url = await start();
    const given: unknown[] = [];
    let number = 0;
    const auth = (give: (data: object) => void): void => {
      number += 1;
      setTimeout(give, 5, { token: `t${number}` });
    };
    const socket = io(url, { transports: ['websocket'], auth });
    server?.on('connection', (each) => {
      each.onAny((...event) => given.push(event.slice(0, 2)));
      each.emit('naru:renew', { expiresAt: 5 });
    });
    expect(await next(socket, 'naru:renew')).toEqual([{ expiresAt: 5 }]);
    await expect.poll(() => given).toEqual([['naru:token', { token: 't2' }]]);
    server?.emit('naru:renew', { expiresAt: 6 });
    await next(socket, 'naru:renew');
    socket.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([number, given.length]).toEqual([3, 1]);
  });

  test('recovers a session twice in a row, and never shows listeners the offset', async () => {
    const url = await start({ connectionStateRecovery: {} });
    const socket = io(url, { transports: ['websocket'], reconnectionDelay: 10 });
    const got: unknown[] = [];
    socket.on('n', (...args) => got.push(args));
    await next(socket, 'connect');
    const { id } = socket;
    server?.emit('n', 'first');
    await next(socket, 'n');
    for (const text of ['second', 'third']) {
      const disconnect = next(server?.sockets.sockets.get(id as string) as never, 'disconnect');
      const again = next(socket, 'n');
      socket.io.engine.transport.close();
      await disconnect;
      server?.emit('n', text);
      await again;
      expect([socket.id, socket.recovered]).toEqual([id, true]);
    }
    server?.volatile.emit('n', 'volatile');
    await next(socket, 'n');
    expect(got).toEqual([['first'], ['second'], ['third'], ['volatile']]);
    socket.disconnect();
  });
});
