/**
 * Volatile events between clients that keep up: an event of one client is not dropped because another client sent one
 * in the same turn.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io as connect } from 'socket.io-client';
import { expect, it, onTestFinished } from 'vitest';
import { Server, type Socket } from '../../packages/naru/src/server/api/index.js';

const PLAYERS = 10;
const MOVES = 30;

it('reaches every client that keeps up with the volatile events of many players in one turn', async () => {
  const http = createServer();
  const server = new Server(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.close());
  server.on('connection', (socket: Socket) => {
    socket.on('move', (n: number, moved: () => void) => {
      socket.broadcast.volatile.emit('moved', n);
      moved();
    });
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const open = () => {
    const socket = connect(url, { transports: ['websocket'], forceNew: true });
    onTestFinished(() => void socket.disconnect());
    return new Promise<typeof socket>((resolve) => socket.once('connect', () => resolve(socket)));
  };
  const players = await Promise.all(Array.from({ length: PLAYERS }, () => open()));
  const watcher = await open();
  let seen = 0;
  watcher.on('moved', () => {
    seen += 1;
  });
  // All players move at once, so that the server receives the moves together, and again when it has answered all.
  for (let n = 0; n < MOVES; n += 1) await Promise.all(players.map((player) => player.emitWithAck('move', n)));
  await watcher.timeout(20_000).emitWithAck('move', -1);
  // One event per turn would be MOVES in total, or few more.
  expect(seen).toBeGreaterThan(2 * MOVES);
});
