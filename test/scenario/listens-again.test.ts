import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { local } from '../../packages/local/src/entry/index.js';
import { type Socket as ClientSocket, io as dial } from '../../packages/naru/src/client/index.js';
import { Server } from '../../packages/naru/src/entry/index.js';
import { LateStage } from './late/late-nodes.js';

/** Has a server listen on a free port, and returns the address. */
async function listen(io: Server): Promise<string> {
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  io.attach(http);
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** Connects a client, which goes with the test. */
async function visit(url: string): Promise<ClientSocket> {
  const client = dial(url, { transports: ['websocket'], forceNew: true });
  onTestFinished(() => void client.disconnect());
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  return client;
}

/** Starts two servers on one folder. */
function start(): [Server, Server] {
  const folder = mkdtempSync(join(tmpdir(), 'naru-again-'));
  const open = (): Server => {
    const backplane = local(folder);
    const io = new Server({ backplane, connectionStateRecovery: {}, presence: { pollInterval: 100 } });
    onTestFinished(async () => {
      await io.close();
      await backplane.close();
    });
    return io;
  };
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return [open(), open()];
}

it('hears the other servers, and tells them of its clients, when it listens again', async () => {
  const [server, other] = start();
  for (const io of [server, other])
    io.on('connection', (socket) => {
      socket.join('lobby');
      io.presence('lobby').join(socket);
    });
  const former = await visit(await listen(server));
  await visit(await listen(other));
  const present = async () => (await other.presence('lobby').list()).length;
  await expect.poll(present).toBe(2);
  former.disconnect();
  await expect.poll(present).toBe(1);
  await server.close();
  const client = await visit(await listen(server));
  const heard: string[] = [];
  client.on('news', (text: string) => heard.push(text));
  await expect.poll(present).toBe(2);
  other.emit('news', 'all');
  other.to('lobby').emit('news', 'room');
  await expect.poll(() => heard).toEqual(['all', 'room']);
  // Presence ends with the room.
  [...server.sockets.sockets.values()][0]?.leave('lobby');
  await expect.poll(present).toBe(1);
  other.to('lobby').emit('news', 'nothing');
  other.emit('news', 'end');
  await expect.poll(() => heard.slice(2)).toEqual(['end']);
});

it('runs the listener of a keyed event once, although another server has run it, when it listens again', async () => {
  const [server, other] = start();
  let calls = 0;
  for (const io of [server, other])
    io.on('connection', (socket) =>
      socket.on('order', (ack: (count: number) => void) => {
        calls += 1;
        ack(calls);
      }),
    );
  await visit(await listen(server));
  await server.close();
  const answers: unknown[] = [];
  for (const io of [other, server]) {
    const client = await visit(await listen(io));
    answers.push(await client.timeout(5_000).emitWithAck('naru:once', 'a key that nobody else has', 'order'));
  }
  expect([calls, answers]).toEqual([1, [1, 1]]);
});

it('cannot listen again while it waits for its log', async () => {
  const stage = new LateStage();
  const node = await stage.node();
  await node.enter();
  node.io.emit('news');
  const closed = node.io.close();
  expect(() => node.io.attach(createServer())).toThrow('Await close() first.');
  await stage.clock.advance(10_000);
  await closed;
});
