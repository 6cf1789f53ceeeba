import { describe, expect, it } from 'vitest';
import type { Backplane, LogRecord } from '../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../packages/naru/src/backplane/memory.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';

const CALL_MS = 20;

/** A server whose log answers through promises after a while, and events that another process writes to it. */
function build() {
  const clock = new FakeClock();
  const memory = memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 });
  const later = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name);
        if (typeof member !== 'function') return member;
        if (name === 'follow') return member.bind(of);
        return (...args: unknown[]) =>
          new Promise((resolve) => {
            const answer = (value: unknown): void => resolve(value);
            const arrive = (): void => void clock.setTimeout(answer, CALL_MS, member.apply(of, args));
            clock.setTimeout(arrive, CALL_MS, undefined);
          });
      },
    });
  const backplane: Backplane = {
    name: 'late',
    log: later(memory.log),
    store: later(memory.store),
    close: () => memory.close(),
  };
  const server = new TestServer({
    clock,
    server: { backplane, connectionStateRecovery: {}, cleanupEmptyChildNamespaces: true },
  });
  const say = (name: string): void => {
    const record: LogRecord = { rooms: [], except: [], event: `["${name}"]`, attachments: [], at: clock.now() };
    void memory.log.append('/', [record]);
  };
  return { clock, server, say };
}

describe('a log that answers late', () => {
  it('gives a new socket no event from before its request, even if nobody was connected at the time', async () => {
    const { clock, server, say } = build();
    const first = await RawClient.open(server);
    first.send('40');
    await clock.advance(1_000);
    first.send('41');
    await clock.advance(1_000);
    say('old');
    await clock.advance(60_000);
    const second = await RawClient.open(server);
    second.send('40');
    await clock.advance(1_000);
    server.io.emit('new');
    await clock.advance(1_000);
    expect(second.texts.join()).toContain('40{');
    expect(second.texts.join()).toContain('["new"');
    expect(second.texts.join()).not.toContain('["old"');
    await server.close();
  });

  it('gives a new socket no event that was sent while its middleware ran', async () => {
    const { clock, server, say } = build();
    server.io.use((_socket, next) => clock.setTimeout(() => next(), 30_000, undefined));
    const client = await RawClient.open(server);
    client.send('40');
    await clock.advance(10_000);
    say('old');
    await clock.advance(25_000);
    server.io.emit('new');
    await clock.advance(1_000);
    expect(client.texts.join()).toContain('["new"');
    expect(client.texts.join()).not.toContain('["old"');
    await server.close();
  });

  it('keeps nothing of a client that leaves while the end of the log is read', async () => {
    const { clock, server } = build();
    server.io.of(/^\/room-/);
    const client = await RawClient.open(server);
    client.send('40/room-1,');
    await clock.advance(CALL_MS);
    expect(server.io._nsps.has('/room-1')).toBe(true);
    client.link?.cut();
    await clock.advance(60_000);
    expect([server.io.engine.clientsCount, server.io._nsps.has('/room-1')]).toEqual([0, false]);
    await server.close();
    expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0, deferred: 0 });
  });

  /** A client in the namespace, and its socket. */
  async function enter({ clock, server }: ReturnType<typeof build>) {
    const client = await RawClient.open(server);
    client.send('40');
    await clock.advance(1_000);
    const socket = [...server.io.sockets.sockets.values()].at(-1);
    if (!socket) throw new TypeError('nobody entered');
    return { client, socket };
  }

  it('keeps the order of an event, a question, a local event and an answer', async () => {
    const world = build();
    const { client, socket } = await enter(world);
    const { clock, server } = world;
    socket.on('ask', (answer: (text: string) => void) => {
      server.io.emit('a');
      server.io.local.timeout(1_000).emit('question', () => undefined);
      server.io.local.emit('local');
      answer('done');
    });
    client.send('420["ask"]');
    await clock.advance(500);
    const order = client.texts.join(' ').match(/"a"|"question"|"local"|43\d/g);
    expect(order).toEqual(['"a"', '"question"', '"local"', '430']);
    await server.close();
  });

  it('gives an event to the members at the time of the emit', async () => {
    const world = build();
    const { clock, server, say } = world;
    const [leaver, comer] = [await enter(world), await enter(world)];
    leaver.socket.join('game');
    await clock.advance(1_000);
    for (const isAfterOthers of [false, true]) {
      if (isAfterOthers) say('foreign');
      server.io.to('game').emit('over', isAfterOthers);
      leaver.socket.leave('game');
      comer.socket.join('game');
      expect([leaver.socket.rooms.has('game'), comer.socket.rooms.has('game')]).toEqual([false, true]);
      await clock.advance(1_000);
      comer.socket.leave('game');
      leaver.socket.join('game');
      await clock.advance(1_000);
    }
    for (const isAfterOthers of [false, true]) {
      expect(leaver.client.texts.join()).toContain(`["over",${isAfterOthers},`);
      expect(comer.client.texts.join()).not.toContain(`["over",${isAfterOthers},`);
    }
    await server.close();
  });

  it.each([false, true])(
    'gives a client its last event before it is put out (the connection too: %s)',
    async (isClose) => {
      const world = build();
      const { client, socket } = await enter(world);
      socket.emit('last');
      socket.disconnect(isClose);
      expect(socket.connected).toBe(false);
      await world.clock.advance(500);
      expect(client.texts.join(' ')).toMatch(/\["last","\w{11}"\].* 41/);
      await world.server.close();
    },
  );

  it('sends what was emitted before the server is closed, and has it in the log', async () => {
    const world = build();
    const { client } = await enter(world);
    world.server.io.emit('last');
    const closed = world.server.io.close();
    await world.clock.advance(1_000);
    await closed;
    expect(client.texts.join()).toContain('["last",');
  });
});
