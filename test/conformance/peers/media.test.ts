/**
 * Stock clients under the policy `newest-group`: they answer each ping that the server sends behind media, on every
 * transport.
 */
import { describe, expect, it } from 'vitest';
import type { Server as OurServer } from '../../../packages/naru/src/server/api/index.js';
import type { Session } from '../../../packages/naru/src/session/session.js';
import { type ClientVersion, MODE_NAMES, MODES, type Mode, pairOf, type Stage, stage, until } from './harness.js';

const FRAME = Buffer.alloc(20_000, 7);

const peers: ('naru' | ClientVersion)[] = ['naru', 4, 3, 2];

async function open(client: 'naru' | ClientVersion, mode: Mode) {
  // The heartbeat goes on all the time, so its pings mix with the others.
  const server: Stage = await stage(await pairOf({ server: 'naru', client }), {
    pingInterval: 30,
    pingTimeout: 20_000,
  });
  const io = server.io as unknown as OurServer;
  io.slow('live', { policy: 'newest-group', behindMax: 60_000 });
  const joined = await server.join('', { transports: [...MODES[mode]] });
  if (mode === 'upgrade') await until(() => joined.socket.conn.transport.name === 'websocket');
  const got: unknown[] = [];
  for (const name of ['K', 'd', 'a']) joined.client.on(name, (number: number) => got.push(`${name} ${number}`));
  const emit = (number: number): string => {
    const name = number % 10 === 0 ? 'K' : 'd';
    io.to('live')
      .volatile.mark(name === 'K' ? 'key' : 'delta')
      .emit(name, number, FRAME);
    return `${name} ${number}`;
  };
  return { io, ...joined, got, emit, conn: joined.socket.conn as unknown as Session };
}

describe.each(peers)('client %s', (client) => {
  it.each(MODE_NAMES)('gets every event of a stream over %s, also what came before it', async (mode) => {
    const { socket, got, emit } = await open(client, mode);
    const expected = [emit(10), emit(11)];
    void socket.join('live');
    for (let number = 12; number < 60; number += 1) {
      expected.push(emit(number));
      // Some events share a turn, and some do not.
      if (number % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => got.length >= expected.length);
    expect(got).toEqual(expected);
  });
});

describe.each(peers.filter((client) => client !== 2))('client %s', (client) => {
  it.each(MODE_NAMES)('answers each ping once and in order over %s, after everything before it', async (mode) => {
    const { client: peer, conn, socket, got } = await open(client, mode);
    const answered: number[] = [];
    let sent = 0;
    let disconnects = 0;
    peer.on('disconnect', () => {
      disconnects += 1;
    });
    for (let round = 0; round < 10; round += 1) {
      for (let n = 0; n < 3; n += 1) {
        socket.emit('a', sent, FRAME);
        sent += 1;
        const number = sent;
        // The client has everything before the ping. Later events may have come, too.
        const onPong = (): void => void (got.length >= number && answered.push(number));
        expect(conn.probe(onPong)).toBe(true);
      }
      await until(() => answered.length === sent);
    }
    expect(answered).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
    let beats = 0;
    conn.on('heartbeat', () => {
      beats += 1;
    });
    await until(() => beats >= 5);
    expect([peer.connected, disconnects]).toEqual([true, 0]);
  });
});
