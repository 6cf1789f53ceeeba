import { describe, expect, it } from 'vitest';
import { io } from '../../packages/naru/src/client/index.js';
import { memberOf, type Socket } from '../../packages/naru/src/namespace/socket/socket.js';
import type { TestServer } from '../../packages/testing/src/entry/index.js';
import { nextSocket, openStage, openStream, said } from '../kit/clients/plain-events.js';
import { RawClient } from '../kit/clients/raw-client.js';
import { coreIn, join, stage } from '../kit/servers/test-server.js';

const FRAME = Buffer.alloc(3_000, 7);

/**
 * The events of the application that a client received, as `name number`, and `naru:dropped` as `(count)`. Attachments
 * are left out.
 */
function heard(client: RawClient): string[] {
  return client.texts
    .filter((text) => /^4[25]/.test(text))
    .map((text) => {
      const [name, first] = JSON.parse(text.slice(text.indexOf('['))) as [string, unknown];
      return name === 'naru:dropped' ? `(${(first as { count: number }).count})` : `${name} ${JSON.stringify(first)}`;
    });
}

function socketsOf(server: TestServer): Socket[] {
  return [...server.io.sockets.sockets.values()] as unknown as Socket[];
}

type Emitting = Pick<TestServer['io'], 'to'>;

/** Emits the event `number` of a stream: a key for each ten, and else a delta. */
function emitFrame(server: Emitting, number: number, room = 'live'): void {
  server
    .to(room)
    .volatile.mark(number % 10 === 0 ? 'key' : 'delta')
    .emit(number % 10 === 0 ? 'K' : 'd', number, FRAME);
}

async function frames(server: TestServer, from: number, to: number, stepMs = 40): Promise<void> {
  for (let number = from; number < to; number += 1) {
    emitFrame(server.io, number);
    await server.clock.advance(stepMs);
  }
}

/** Sends a frame and a packet of sound each 40 ms. */
async function framesWithSound(server: TestServer, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number += 1) {
    emitFrame(server.io, number);
    server.io.to('live').volatile.mark('always').emit('a', number);
    await server.clock.advance(40);
  }
}

function open(options: Parameters<typeof stage>[0] = {}): TestServer {
  const server = stage(options);
  server.io.slow('live', { policy: 'newest-group', bytesMax: 200_000 });
  return server;
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${(from + index) % 10 === 0 ? 'K' : 'd'} ${from + index}`);

describe('a room with the policy newest-group', () => {
  it('gives everything to a client that keeps up, although its events are volatile', async () => {
    const server = open();
    const client = await join(server);
    socketsOf(server)[0]?.join('live');
    // Two volatile events of one turn: without the policy, the second would be dropped.
    for (let number = 0; number < 20; number += 2) {
      emitFrame(server.io, number);
      emitFrame(server.io, number + 1);
      await server.clock.advance(40);
    }
    expect(heard(client)).toEqual(numbers(0, 20));
    expect(socketsOf(server)[0]?.lagMs).toBe(0);
  });

  it('asks the client twice a second whether it has everything, and the heartbeat goes on', async () => {
    const server = open({ pingInterval: 3_000, pingTimeout: 2_000 });
    const client = await join(server);
    await frames(server, 0, 50);
    expect(client.texts.filter((text) => text === '2').length).toBe(0);
    socketsOf(server)[0]?.join('live');
    client.received.length = 0;
    await frames(server, 50, 150);
    const pings = client.texts.filter((text) => text === '2').length;
    expect(pings).toBeGreaterThan(6);
    expect(pings).toBeLessThanOrEqual(9);
    await server.clock.advance(20_000);
    expect(client.ended).toBeUndefined();
    client.link?.hold('up');
    await frames(server, 150, 300);
    await server.clock.advance(5_000);
    expect(server.io.engine.clientsCount).toBe(0);
  });

  it('skips to the next key for a client that stood still, with everything that must arrive, and tells it', async () => {
    const server = open();
    const client = await join(server);
    const [socket] = socketsOf(server) as [Socket];
    socket.join('live');
    await frames(server, 0, 15);
    client.link?.hold();
    await framesWithSound(server, 15, 95);
    expect(socket.lagMs).toBeGreaterThan(1_500);
    expect(server.io.engine.slow().readers).toEqual([
      expect.objectContaining({ id: socket.id, policy: 'newest-group', namespace: '/' }),
    ]);
    client.link?.release();
    await server.clock.advance(200);
    await frames(server, 95, 125);
    const got = heard(client);
    expect(got.filter((text) => text.startsWith('a'))).toEqual(Array.from({ length: 80 }, (_, n) => `a ${n + 15}`));
    const media = got.filter((text) => /^[Kd]/.test(text)).map((text) => Number(text.slice(2)));
    const told = got.filter((text) => text.startsWith('(')).reduce((sum, text) => sum + Number(text.slice(1, -1)), 0);
    expect(media.length + told).toBe(125);
    expect(media.slice(-25)).toEqual(Array.from({ length: 25 }, (_, n) => n + 100));
    expect(server.io.engine.slow()).toMatchObject({ count: 0, totals: { droppedEvents: told } });
    expect(socket.lagMs).toBe(0);
  });

  it('gives the newest group to a newcomer at once, before later events and each once', async () => {
    const server = open();
    const early = await join(server);
    const late = await join(server);
    const [one, two] = socketsOf(server) as [Socket, Socket];
    one.join('live');
    await frames(server, 0, 23);
    server.io.to('live').volatile.mark('always').emit('a', 22);
    server.io.to('live').emit('chat', 22);
    emitFrame(server.io, 23);
    two.join('live');
    two.join('live');
    emitFrame(server.io, 24);
    await server.clock.settle();
    expect(heard(late)).toEqual(['K 20', 'd 21', 'd 22', 'a 22', 'd 23', 'd 24']);
    expect(late.received.filter((unit) => typeof unit !== 'string').length).toBe(5);
    expect(heard(early).filter((text) => /^[Kd]/.test(text))).toEqual(numbers(0, 25));
    two.leave('live');
    await frames(server, 25, 26);
    two.join('live');
    await frames(server, 26, 28);
    expect(heard(late).slice(6)).toEqual([...numbers(20, 23), 'a 22', ...numbers(23, 28)]);
  });

  it('gives it to a socket that middleware put into the room, and to each socket of the namespace for everybody', async () => {
    const server = stage();
    server.io.slow({ policy: 'newest-group', bytesMax: 200_000 });
    const first = await join(server);
    server.io.volatile.mark('key').emit('all', 1);
    emitFrame(server.io, 30);
    server.io.use((socket, next) => {
      socket.join('live');
      next();
    });
    await server.clock.settle();
    expect(heard(first)).toEqual(['all 1']);
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await server.clock.advance(10);
    expect(heard(client)).toEqual(['all 1', 'K 30']);
    expect(client.texts.findIndex((text) => text.startsWith('40'))).toBe(1);
  });

  it.each([['websocket'], ['polling'], ['sse']])(
    'gives whole groups over %s, also around a time without a network',
    async (name) => {
      const server = open({ transports: ['websocket', 'polling', 'sse'] });
      const client = io(server.url, { ...server.clientOptions, transports: [name] });
      const got: string[] = [];
      let told = 0;
      for (const event of ['K', 'd', 'a']) client.on(event, (number: number) => got.push(`${event} ${number}`));
      client.on('naru:dropped', ({ count }: { count: number }) => {
        told += count;
      });
      await server.clock.advance(500);
      socketsOf(server)[0]?.join('live');
      await frames(server, 0, 25);
      for (const link of server.network.links) link.hold();
      await frames(server, 25, 110);
      server.io.to('live').volatile.mark('always').emit('a', 110);
      for (const link of server.network.links) link.release();
      await server.clock.advance(500);
      await frames(server, 110, 145);
      await server.clock.advance(500);
      const media = got
        .filter((text) => text.startsWith('K') || text.startsWith('d'))
        .map((text) => Number(text.slice(2)));
      for (const [index, number] of media.entries()) if (number % 10 !== 0) expect(media[index - 1]).toBe(number - 1);
      expect(media.length + told).toBe(145);
      expect(told).toBeGreaterThan(20);
      expect(media.slice(-25)).toEqual(Array.from({ length: 25 }, (_, n) => n + 120));
      expect(got).toContain('a 110');
      client.disconnect();
    },
  );

  it('goes by the word of the program, and by its own measure when the program says nothing', async () => {
    const server = open();
    const client = await join(server);
    const [socket] = socketsOf(server) as [Socket];
    socket.seen(server.clock.now());
    socket.join('live');
    await frames(server, 0, 5);
    socket.seen(server.clock.now() - 60);
    expect(socket.lagMs).toBe(20);
    await frames(server, 5, 60);
    expect(heard(client)).toEqual(numbers(0, 48));
    socket.seen(Number.POSITIVE_INFINITY);
    expect(socket.lagMs).toBe(1_520);
    socket.seen(server.clock.now() + 5);
    await frames(server, 60, 62);
    expect(heard(client)).toEqual([...numbers(0, 48), '(12)', 'K 60', 'd 61']);
    await server.clock.advance(6_000);
    expect(socket.lagMs).toBe(0);
  });

  it('shows the newest group to listeners of outgoing events', async () => {
    const server = open();
    await join(server);
    const [socket] = socketsOf(server) as [Socket];
    const shown: unknown[] = [];
    socket.onAnyOutgoing((name) => shown.push(name));
    emitFrame(server.io, 10);
    expect(shown).toEqual([]);
    socket.join('live');
    emitFrame(server.io, 11);
    expect(shown).toEqual(['K', 'd']);
  });

  it('does not give the sender of a group its own events', async () => {
    const server = open();
    const sender = await join(server);
    const [socket] = socketsOf(server) as [Socket];
    socket.join('live');
    socket.to('live').volatile.mark('key').emit('K', 1);
    socket.leave('live');
    socket.join('live');
    await server.clock.settle();
    expect(heard(sender)).toEqual([]);
  });

  it('forgets groups when the policy goes, and with the server', async () => {
    const server = open();
    const client = await join(server);
    const { memory: groups } = coreIn(server).slowReaders;
    emitFrame(server.io, 10);
    emitFrame(server.io, 10, 'elsewhere');
    expect(groups.count).toBe(1);
    server.io.slow('live', undefined);
    expect(groups.count).toBe(0);
    socketsOf(server)[0]?.join('live');
    await server.clock.settle();
    expect(heard(client)).toEqual([]);
    server.io.slow('live', { policy: 'newest-group' });
    emitFrame(server.io, 20);
    await server.close();
    expect([groups.count, server.leftovers().timers]).toEqual([0, 0]);
  });

  it('keeps the events of one socket apart from those of everybody, and remembers none of them', async () => {
    const server = stage();
    server.io.slow({ policy: 'newest-group', bytesMax: 200_000 });
    const client = await join(server);
    const [socket] = socketsOf(server) as [Socket];
    socket.volatile.mark('key').emit('own', 1);
    server.io.volatile.mark('delta').emit('all', 2);
    server.io.to(socket.id).volatile.mark('delta').emit('own', 3);
    await server.clock.settle();
    expect(heard(client)).toEqual(['own 1', 'own 3']);
    expect(coreIn(server).slowReaders.memory.count).toBe(0);
  });

  it('drops an event without a mark only if it is volatile', async () => {
    const server = open();
    const client = await join(server);
    const [socket] = socketsOf(server) as [Socket];
    socket.join('live');
    server.io.to('live').emit('plain', 1);
    server.io.to('live').volatile.emit('volatile', 2);
    server.io.to('live').mark('key').emit('K', 3);
    await server.clock.settle();
    expect(heard(client)).toEqual(['plain 1', 'K 3']);
    expect(() => socket.mark('frame' as 'key')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});

it('gives the newest group to a client of plain events, although none was there when it was sent', async () => {
  const { io: server, url } = await openStage();
  server.slow('live', { policy: 'newest-group' });
  server.to('live').volatile.mark('key').emit('K', 1);
  server.to('live').volatile.mark('delta').emit('d', 2);
  const entered = nextSocket(server);
  const { events } = await openStream(`${url}/events/live`);
  await entered;
  server.to('live').volatile.mark('delta').emit('d', 3);
  expect((await events.until(3)).map(said)).toEqual([
    ['K', [1]],
    ['d', [2]],
    ['d', [3]],
  ]);
});

describe('with a log', () => {
  it('marks work on volatile events, and the log promises the others to each client', async () => {
    const server = open({ connectionStateRecovery: {} });
    const client = await join(server);
    const [socket] = socketsOf(server) as [Socket];
    socket.join('live');
    server.io.to('live').mark('delta').emit('kept', 1);
    emitFrame(server.io, 11);
    emitFrame(server.io, 20);
    await server.clock.settle();
    expect(heard(client)).toEqual(['kept 1', 'K 20']);
    expect(coreIn(server).slowReaders.memory.of('live').length).toBe(1);
  });

  it('a client that comes back gets the newest group once, behind what it missed, and its place in the log stays', async () => {
    const server = open({ connectionStateRecovery: {} });
    const client = await join(server);
    const [socket] = socketsOf(server) as [Socket];
    socket.join('live');
    server.io.emit('chat', 1);
    await frames(server, 10, 13);
    server.io.emit('chat', 2);
    await server.clock.settle();
    const { pid } = memberOf(socket);
    const offset = offsetsOf(client).at(-1);
    client.terminate();
    await server.clock.advance(100);
    server.io.emit('chat', 3);
    await frames(server, 13, 15);
    const back = await RawClient.open(server, { answersPings: true });
    back.send(`40${JSON.stringify({ pid, offset })}`);
    await server.clock.settle();
    emitFrame(server.io, 15);
    server.io.emit('chat', 4);
    await server.clock.settle();
    const [again] = socketsOf(server) as [Socket];
    expect(again.recovered).toBe(true);
    expect(heard(back)).toEqual(['chat 3', ...numbers(10, 16), 'chat 4']);
    const offsets = offsetsOf(back);
    expect(offsets).toEqual([...offsets].sort());
  });

  it('a client that begins to read the log loses nothing that must arrive, and is told what it missed', async () => {
    const server = open({ connectionStateRecovery: {} });
    const client = await join(server);
    const [socket] = socketsOf(server) as [Socket];
    socket.join('live');
    await frames(server, 0, 15);
    client.link?.hold();
    await framesWithSound(server, 15, 95);
    server.io.to('elsewhere').emit('chat', 1);
    // Clients that wait now read the log.
    await server.io.erase({ room: 'elsewhere' });
    client.link?.release();
    await server.clock.advance(200);
    await frames(server, 95, 125);
    const got = heard(client);
    expect(got.filter((text) => text.startsWith('a'))).toEqual(Array.from({ length: 80 }, (_, n) => `a ${n + 15}`));
    const media = got.filter((text) => /^[Kd]/.test(text)).length;
    const told = got.filter((text) => text.startsWith('(')).reduce((sum, text) => sum + Number(text.slice(1, -1)), 0);
    expect(media + told).toBe(125);
  });
});

function offsetsOf(client: RawClient): string[] {
  return client.texts
    .filter((text) => /^4[25]/.test(text))
    .map((text) => String((JSON.parse(text.slice(text.indexOf('['))) as unknown[]).at(-1)));
}
