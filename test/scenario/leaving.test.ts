import { describe, expect, it } from 'vitest';
import { io, type Socket } from '../../packages/naru/src/client/index.js';
import { FakeClock, SeededRandom, TestServer } from '../../packages/testing/src/entry/index.js';

const seed = Number(process.env.NARU_SEED ?? 1);

describe.each([
  [['polling']],
  [['sse']],
  [['websocket']],
  [['polling', 'sse']],
  [['polling', 'websocket']],
  [['sse', 'websocket']],
  [undefined],
])('clients over %s', (transports) => {
  it(`leave nothing behind, at whatever moment they are closed (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    const server = new TestServer({
      seed,
      clock: new FakeClock({ quietTurns: 2 }),
      delayMs: [0, 40],
      server: { pingInterval: 400, pingTimeout: 300, connectTimeout: 500, upgradeTimeout: 500 },
    });
    server.io.of('/admin').use((_socket, next) => server.clock.setTimeout(() => next(), 50, undefined));
    const clients = new Set<Socket>();
    let connects = 0;
    for (let count = 0; count < 150; count += 1) {
      const options = {
        ...server.clientOptions,
        transports,
        timeout: 300,
        reconnectionDelay: 50,
        retries: 2,
        ackTimeout: 200,
      };
      const client: Socket = io(server.url + random.pick(['', '', '/admin', '/nowhere']), options);
      client.on('connect', () => {
        connects += 1;
      });
      client.emit('some', 'event');
      clients.add(client);
      server.clock.setTimeout(
        () => {
          clients.delete(client);
          client.disconnect();
        },
        random.integer(1, 600),
        undefined,
      );
      if (random.chance(0.05)) for (const link of server.network.links) link.hold();
      if (random.chance(0.05)) server.network.cutAll();
      if (random.chance(0.05)) server.network.refuse();
      if (random.chance(0.2)) server.network.restore();
      await server.clock.advance(random.integer(0, 40));
    }
    await server.clock.advance(20_000);
    expect([clients.size, connects > 20]).toEqual([0, true]);
    expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0, deferred: 0 });
    server.network.cutAll();
    // A namespace lets go of its core after an idle minute.
    await server.clock.advance(70_000);
    expect(server.leftovers()).toEqual({ sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 });
    await server.close();
  });
});
