import { describe, expect, it } from 'vitest';
import { io, type Socket } from '../../packages/naru/src/client/index.js';
import { FakeClock, SeededRandom, TestServer } from '../../packages/testing/src/entry/index.js';

const seeds = process.env.NARU_SEED === undefined ? [1, 2, 3, 4] : [Number(process.env.NARU_SEED)];
const EVENTS = 120;

const ascending = (list: readonly number[]): number[] => [...new Set(list)].sort((one, other) => one - other);

describe.each([
  [['polling']],
  [['sse']],
  [['websocket']],
  [['polling', 'sse']],
  [['polling', 'websocket']],
  [['sse', 'websocket']],
])('without recovery, over %s', (transports) => {
  // Connections break after a few kilobytes, break at random, or fall silent. Events may get lost, and nothing else may
  // go wrong.
  it.each(seeds)('delivers events at most once, whole and in order, both ways (seed %i)', async (seed) => {
    const random = new SeededRandom(seed);
    const server = new TestServer({
      seed,
      clock: new FakeClock({ quietTurns: 2 }),
      splitsMax: 6,
      delayMs: [0, 50],
      windowBytes: 3_000,
      cutAfterBytes: [2_000, 40_000],
      server: { pingInterval: 500, pingTimeout: 400 },
    });
    const times = { reconnectionDelay: 50, reconnectionDelayMax: 100, timeout: 2_000 };
    const client: Socket = io(server.url, { ...server.clientOptions, transports, ...times });
    const [up, down, answered, sizes]: number[][] = [[], [], [], []];
    server.io.on('connection', (socket) => {
      socket.on('up', (value: number, ack: (value: number) => void) => {
        up?.push(value);
        ack(value);
      });
      socket.on('bytes', (bytes: Buffer) =>
        sizes?.push(bytes.every((byte) => byte === bytes.length % 256) ? bytes.length : -1),
      );
    });
    client.on('down', (value: number) => down?.push(value));
    for (let value = 1; value <= EVENTS; value += 1) {
      client.timeout(5_000).emit('up', value, (error: Error | null) => !error && answered?.push(value));
      client.emit('bytes', Buffer.alloc(value * 10, (value * 10) % 256));
      server.io.emit('down', value);
      if (random.chance(0.02)) server.network.cutAll();
      if (random.chance(0.02)) for (const link of server.network.links) link.hold();
      await server.clock.advance(random.integer(0, 80));
    }
    await server.clock.advance(30_000);
    for (const list of [up, down, answered, sizes]) {
      expect(list).toEqual(ascending(list ?? []));
      // A seed given by hand may take a course in which hardly anything arrives.
      expect(list?.length).toBeGreaterThan(seeds.length > 1 ? EVENTS / 10 : 0);
      expect(list?.[0]).toBeGreaterThan(0);
    }
    client.disconnect();
    await server.close();
    expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0, links: 0, deferred: 0 });
  });
});
