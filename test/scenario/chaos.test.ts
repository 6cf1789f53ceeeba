import { expect, it } from 'vitest';
import { FakeClock, SeededRandom, TestServer } from '../../packages/testing/src/entry/index.js';
import { Chaos } from './chaos.js';

const steps = Number(process.env.NARU_CHAOS_STEPS ?? 10_000);
const seed = Number(process.env.NARU_SEED ?? 1);

/** An application that does a little of everything. Returns counts of the events in it. */
function serve(server: TestServer): Map<string, number> {
  const { io } = server;
  const seen = new Map<string, number>();
  const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  io.engine.on('connection', (session) => {
    note(`${session.transport.name} in protocol ${session.protocol}`);
    session.on('upgrade', () => note('upgrade'));
  });
  io.engine.on('connection_error', ({ code }) => note(`refused with ${code}`));
  io.of('/chat').use((socket, next) => {
    if (socket.handshake.auth.token === undefined) next();
    else server.clock.setTimeout(() => next(Object.assign(new TypeError('no'), { data: 1 })), 20, undefined);
  });
  for (const namespace of [io.of('/'), io.of('/chat'), io.of(/^\/room-\d+$/)]) {
    namespace.on('connection', (socket) => {
      note(socket.recovered ? 'recovered' : 'socket');
      socket.onAny(() => note('event'));
      socket.on('disconnect', (reason) => note(reason));
      socket.on('join', (room) => socket.join(String(room)));
      socket.on('leave', (room) => socket.leave(String(room)));
      socket.on('echo', (...args) => socket.emit('echo', ...args));
      socket.on('ask', (...args) => args.at(-1)?.(1));
      socket.on('ask-me', () => socket.timeout(300).emit('question', () => undefined));
      socket.on('big', () => socket.emit('big', 'x'.repeat(20_000)));
      socket.on('all', () =>
        namespace
          .to('a')
          .timeout(200)
          .emit('everybody', Buffer.alloc(10), () => undefined),
      );
      socket.on('quit', () => socket.disconnect(true));
    });
  }
  return seen;
}

/** Events that must happen, so that the test has tested them. */
const HAPPENINGS = [
  'websocket in protocol 3',
  'websocket in protocol 4',
  'polling in protocol 3',
  'polling in protocol 4',
  'upgrade',
  'refused with 0',
  'refused with 1',
  'refused with 2',
  'socket',
  'event',
  'ping timeout',
  'parse error',
  'transport close',
  'transport error',
  'client namespace disconnect',
  'recovered',
];

it(`leaves nothing behind after ${steps} random connects, disconnects and malformed inputs`, {
  timeout: 300_000,
}, async () => {
  const random = new SeededRandom(seed);
  const server = new TestServer({
    seed,
    clock: new FakeClock({ quietTurns: 2 }),
    splitsMax: 4,
    delayMs: [0, 15],
    windowBytes: 8_192,
    server: {
      allowEIO3: true,
      pingInterval: 5_000,
      pingTimeout: 2_500,
      connectTimeout: 2_000,
      upgradeTimeout: 1_000,
      bodyTimeout: 1_000,
      closeTimeout: 1_000,
      maxHttpBufferSize: 20_000,
      cleanupEmptyChildNamespaces: true,
      connectionStateRecovery: { maxDisconnectionDuration: 2_000 },
      httpCompression: false,
    },
  });
  const seen = serve(server);
  const chaos = new Chaos(server, random);
  const namespaces = server.io._nsps.size;
  let sessionsMost = 0;
  try {
    for (let step = 0; step < steps; step += 1) {
      await chaos.step();
      sessionsMost = Math.max(sessionsMost, server.leftovers().sessions);
    }
    chaos.leave();
    // Longer than any timeout of the server, which has noticed all silent clients by then, and removed namespaces.
    await server.clock.advance(150_000);
    expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0, deferred: 0 });
    expect(server.io._nsps.size).toBe(namespaces);
    server.network.cutAll();
    await server.clock.advance(30_000);
    expect(server.leftovers()).toEqual({ sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 });
    if (process.env.NARU_SEED !== undefined) console.log({ sessionsMost, ...Object.fromEntries(seen) });
    expect(sessionsMost, 'there was something to leave behind').toBeGreaterThan(Math.min(20, steps / 100));
    if (steps >= 5_000) expect([...seen.keys()]).toEqual(expect.arrayContaining(HAPPENINGS));
    await server.close();
  } catch (error) {
    throw Object.assign(error as Error, {
      message: `NARU_SEED=${seed} NARU_CHAOS_STEPS=${steps}: ${(error as Error).message}`,
    });
  }
});
