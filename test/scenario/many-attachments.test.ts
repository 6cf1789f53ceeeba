/** Events with more attachments than the parser of a stock client takes, in a log. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io as connect } from 'socket.io-client';
import { expect, it, onTestFinished, vi } from 'vitest';
import { io as connectNaru } from '../../packages/naru/src/client/index.js';
import { Server } from '../../packages/naru/src/server/api/server.js';

const WIDE = Array.from({ length: 11 }, (_each, index) => Buffer.of(index));

async function start(): Promise<{ server: Server; url: string }> {
  const http = createServer();
  const server = new Server(http, { connectionStateRecovery: {} });
  onTestFinished(() => server.close());
  await once(http.listen(0, '127.0.0.1'), 'listening');
  return { server, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

it.each(['as it comes', 'when it comes back'])('a stock client gets a gap instead, %s, and stays', async (when) => {
  const { server, url } = await start();
  const client = connect(url, { reconnectionDelay: 400, reconnectionDelayMax: 500 });
  onTestFinished(() => void client.close());
  const got: unknown[] = [];
  const ends: string[] = [];
  client.onAny((name, ...args) => got.push([name, args[0]]));
  client.on('disconnect', (reason) => ends.push(reason));
  await once(client as never, 'connect');
  server.emit('event', 'before');
  await vi.waitFor(() => expect(got).toHaveLength(1));
  if (when !== 'as it comes') {
    client.io.engine.close();
    await vi.waitFor(() => expect(server.sockets.sockets.size).toBe(0));
  }
  server.emit('wide', ...WIDE);
  server.emit('event', 'after');
  await vi.waitFor(() => expect(got.at(-1)).toEqual(['event', 'after']), 5_000);
  expect(got).toEqual([
    ['event', 'before'],
    ['naru:gap', expect.objectContaining({ after: expect.any(String) })],
    ['event', 'after'],
  ]);
  expect(ends).toEqual(when === 'as it comes' ? [] : ['forced close']);
  expect(client.connected).toBe(true);
});

it('a client of Naru gets the event, as it comes and when it comes back', async () => {
  const { server, url } = await start();
  const client = connectNaru(url, { reconnectionDelay: 400, reconnectionDelayMax: 500 });
  onTestFinished(() => void client.close());
  const got: number[] = [];
  client.on('wide', (...args: unknown[]) => got.push(args.length));
  await once(client as never, 'connect');
  server.emit('wide', ...WIDE);
  await vi.waitFor(() => expect(got).toEqual([11]));
  client.io.engine.close();
  await vi.waitFor(() => expect(server.sockets.sockets.size).toBe(0));
  server.emit('wide', ...WIDE);
  await vi.waitFor(() => expect(got).toEqual([11, 11]), 5_000);
});
