import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { expect, it, onTestFinished } from 'vitest';
import { local } from '../../packages/local/src/entry/index.js';
import { Server, type Socket } from '../../packages/naru/src/server/api/index.js';
import { fixedPort } from '../kit/ports.mjs';

async function start(folder: string, port: number, roomsPerSocketMax: number) {
  const backplane = local(folder);
  const http = createServer();
  const server = new Server(http, { backplane, connectionStateRecovery: {}, roomsPerSocketMax });
  await new Promise<void>((resolve) => http.listen(port, resolve));
  const stop = async (): Promise<void> => {
    await server.close();
    await backplane.close();
  };
  return { server, stop, port: (http.address() as AddressInfo).port };
}

it('ends only the session that is in more rooms than allowed after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-rooms-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const first = await start(folder, await fixedPort(), 100);
  first.server.on('connection', (socket: Socket) => {
    for (let room = 0; room < 20; room += 1) socket.join(`r${room}`);
    socket.emit('in');
  });
  const client = io(`http://localhost:${first.port}`, { reconnectionDelay: 20, reconnectionDelayMax: 50 });
  onTestFinished(() => void client.close());
  await new Promise<void>((resolve) => client.once('in', resolve));
  await first.stop();
  const second = await start(folder, first.port, 10);
  onTestFinished(second.stop);
  // An exception in a listener of the server would end this test.
  const reason = await new Promise((resolve) => {
    client.on('disconnect', (why) => why === 'io server disconnect' && resolve(why));
    client.on('connect', () => resolve('in again'));
  });
  expect([reason, second.server.sockets.sockets.size]).toEqual(['io server disconnect', 0]);
  const other = io(`http://localhost:${first.port}`, { forceNew: true });
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.once('connect', resolve));
  expect(second.server.sockets.sockets.size).toBe(1);
});
