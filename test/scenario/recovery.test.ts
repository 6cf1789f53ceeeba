import { describe, expect, it } from 'vitest';
import { io, type Socket } from '../../packages/naru/src/client/index.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';

const EVENTS = 200;
const seeds = process.env.NARU_SEED === undefined ? [1, 2, 3, 4] : [Number(process.env.NARU_SEED)];

describe.each([
  [['polling']],
  [['sse']],
  [['websocket']],
  [['polling', 'sse']],
  [['polling', 'websocket']],
  [['sse', 'websocket']],
])('recovery over %s', (transports) => {
  // Connections are cut after a few kilobytes, and all of them fall silent from time to time.
  it.each(seeds)('loses nothing, repeats nothing and keeps the order, or reports a gap (seed %i)', async (seed) => {
    const server = new TestServer({
      seed,
      clock: new FakeClock({ quietTurns: 2 }),
      delayMs: [0, 60],
      cutAfterBytes: [300, 9_000],
      server: { connectionStateRecovery: {}, pingInterval: 300, pingTimeout: 200 },
    });
    const delays = { reconnectionDelay: 50, reconnectionDelayMax: 100 };
    const client: Socket = io(server.url, { ...server.clientOptions, transports, ...delays });
    const got: number[] = [];
    let connects = 0;
    let recoveries = 0;
    client.on('n', (value: number) => got.push(value));
    client.on('connect', () => {
      if (client.recovered) recoveries += 1;
      else connects += 1;
    });
    await server.clock.advance(2_000);
    for (let value = 0; value < EVENTS; value += 1) {
      server.io.emit('n', value);
      if (value % 40 === 39) for (const link of server.network.links) link.hold();
      await server.clock.advance(30);
    }
    server.network.change({ cutAfterBytes: undefined });
    await server.clock.advance(30_000);
    expect(got).toEqual([...new Set(got)].sort((one, other) => one - other));
    expect(got.at(-1)).toBe(EVENTS - 1);
    // A client without a reported gap has all events, from the first that it received.
    if (connects === 1) expect(got.length).toBe(EVENTS - (got[0] ?? 0));
    expect(recoveries).toBeGreaterThan(0);
    client.disconnect();
    await server.close();
    expect(server.leftovers()).toEqual({ sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 });
  });
});
