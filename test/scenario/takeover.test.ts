import { describe, expect, it } from 'vitest';
import { type Log, ZERO_OFFSET } from '../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../packages/naru/src/backplane/memory.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';
import { sharedMemory } from '../kit/servers/shared-memory.js';
import { stage } from '../kit/servers/test-server.js';

it('goes on following the log when the only client resumes on a new connection before the old one is known to be dead', async () => {
  const clock = new FakeClock();
  const memory = memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 });
  const followers = new Set<object>();
  const follow: Log['follow'] = (_namespace, follower) => {
    followers.add(follower);
    return { ready: ZERO_OFFSET, end: () => followers.delete(follower) };
  };
  const log = new Proxy(memory.log, {
    get: (target, name) => {
      const value: unknown = name === 'follow' ? follow : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const store = Object.assign(memory.store, { isDurable: true });
  const server = new TestServer({
    clock,
    server: { backplane: { ...memory, log, store }, connectionStateRecovery: {} },
  });
  const first = await RawClient.open(server);
  first.send('40');
  await clock.settle();
  expect(followers.size).toBe(1);
  const pid = /"pid":"([^"]+)"/.exec(first.texts.join())?.[1];
  const second = await RawClient.open(server);
  second.send(`40${JSON.stringify({ pid })}`);
  await clock.settle();
  expect(second.texts.join()).toContain(`"pid":"${pid}"`);
  expect([followers.size, server.io.sockets.sockets.size]).toEqual([1, 1]);
  await server.close();
});

describe('a client that resumes while its earlier connection is half-open, with middleware that joins rooms', () => {
  async function resume(middleware: (client: string, next: (error?: Error) => void) => void, timesOut = false) {
    const server = stage({ connectionStateRecovery: { skipMiddlewares: false } });
    server.io.use((socket, next) => {
      socket.join('u');
      middleware(socket.recovered ? 'second' : 'first', next);
    });
    const first = await RawClient.open(server, { answersPings: !timesOut });
    first.send('40');
    await server.clock.settle();
    const pid = /"pid":"([^"]+)"/.exec(first.texts.join())?.[1];
    server.io.emit('before');
    const second = await RawClient.open(server, { answersPings: true });
    await server.clock.settle();
    const offset = /"([^"]+)"]$/.exec(first.texts.at(-1) ?? '')?.[1];
    second.send(`40${JSON.stringify({ pid, offset })}`);
    await server.clock.settle();
    return { server, first, second };
  }
  const countOf = (client: RawClient, event: string): number =>
    client.texts.filter((text) => text.includes(`["${event}"`)).length;

  it('gets the events of these rooms', async () => {
    const { server, second } = await resume((_client, next) => next());
    server.io.to('u').emit('after');
    await server.clock.settle();
    expect(countOf(second, 'after')).toBe(1);
    expect([...(server.io.sockets.adapter.rooms.get('u') ?? [])]).toHaveLength(1);
  });

  it('gets them too when the earlier connection ends while the middleware runs', async () => {
    let pass = (): void => undefined;
    const { server, first, second } = await resume((client, next) => {
      if (client === 'first') next();
      else pass = next;
    });
    first.terminate();
    await server.clock.settle();
    server.io.to('u').emit('meanwhile');
    pass();
    await server.clock.settle();
    server.io.to('u').emit('after');
    await server.clock.settle();
    expect([countOf(second, 'meanwhile'), countOf(second, 'after')]).toEqual([1, 1]);
  });

  it('leaves the earlier connection in its rooms and present, until it is in or after it was refused', async () => {
    let refuse = (): void => undefined;
    const { server, first, second } = await resume((client, next) => {
      if (client === 'first') next();
      else refuse = () => next(new Error('no'));
    });
    const [socket] = [...server.io.sockets.sockets.values()];
    if (socket) server.io.presence('u').join(socket);
    server.io.to('u').emit('meanwhile');
    refuse();
    await server.clock.settle();
    expect(second.texts.at(-1)).toBe('44{"message":"no"}');
    server.io.to('u').emit('after');
    await server.clock.settle();
    expect([countOf(first, 'meanwhile'), countOf(first, 'after')]).toEqual([1, 1]);
    expect(await server.io.presence('u').count()).toBe(1);
  });
});

/** Lets a client into a server, which puts it into a room. With `isLate`, a swap takes a moment, as on a folder. */
async function visited(isLate = false) {
  const clock = new FakeClock();
  const backplane = sharedMemory(clock, isLate);
  const start = (seed: number): TestServer =>
    new TestServer({ seed, clock, server: { backplane, connectionStateRecovery: {} } });
  const former = start(1);
  const client = await RawClient.open(former);
  client.send('40');
  await clock.settle();
  const { pid } = JSON.parse(client.texts.at(-1)?.slice(2) ?? '');
  const [socket] = former.io.sockets.sockets.values();
  socket?.join('secret');
  await clock.settle();
  const connect = async (server: TestServer, offset?: string): Promise<RawClient> => {
    const client = await RawClient.open(server);
    client.send(`40${JSON.stringify({ pid, offset })}`);
    return client;
  };
  const roomsIn = (server: TestServer): unknown[] =>
    [...server.io.sockets.sockets.values()].map(({ rooms }) => [...rooms]);
  return { clock, backplane, start, former, client, socket, pid, connect, roomsIn };
}

it('gives a client its rooms as its former server has left them, although that server changed them during the middleware', async () => {
  const { clock, start, former, socket, pid, connect, roomsIn } = await visited();
  const next = start(2);
  next.io.use((_socket, go) => void clock.setTimeout(go, 100, undefined));
  const second = await connect(next);
  await clock.advance(50);
  socket?.leave('secret');
  socket?.join('x');
  await clock.advance(100);
  // It asks again, because the middleware has seen other rooms.
  expect([second.texts.some((text) => text.startsWith('40')), second.ended]).toEqual([false, expect.anything()]);
  const again = await connect(next);
  await clock.advance(150);
  expect(again.texts.at(-1)).toContain(`"pid":"${pid}"`);
  expect(roomsIn(next)).toEqual([[socket?.id, 'x']]);
  await former.close();
  await next.close();
});

it('gives a client the rooms that its former server changes before it has heard where the client is', async () => {
  const { clock, start, former, socket, connect, roomsIn } = await visited(true);
  const next = start(2);
  await connect(next);
  await clock.advance(10);
  socket?.leave('secret');
  socket?.join('x');
  await clock.advance(100);
  expect([roomsIn(former), roomsIn(next)]).toEqual([[], [[socket?.id, 'x']]]);
  await former.close();
  await next.close();
});

it('has a client ask again whose former server changes its rooms before it is taken, because many clients come back', async () => {
  const { clock, start, former, connect, roomsIn } = await visited(true);
  const other = await RawClient.open(former);
  other.send('40');
  await clock.settle();
  const { pid, sid } = JSON.parse(other.texts.at(-1)?.slice(2) ?? '');
  const next = start(2);
  await connect(next);
  await clock.advance(10);
  const later = await RawClient.open(next);
  later.send(`40${JSON.stringify({ pid })}`);
  await clock.settle();
  expect(roomsIn(next)).toEqual([[expect.any(String), 'secret'], [sid]]);
  former.io.sockets.sockets.get(sid)?.join('x');
  await clock.advance(100);
  expect([roomsIn(next).length, later.ended]).toEqual([1, expect.anything()]);
  const again = await RawClient.open(next);
  again.send(`40${JSON.stringify({ pid })}`);
  await clock.advance(100);
  expect([roomsIn(former), roomsIn(next)[1]]).toEqual([[], [sid, 'x']]);
  await former.close();
  await next.close();
});

it('keeps what a server knows of a client whose session it has yet to take, when the client comes once more', async () => {
  const { clock, start, former, socket, connect, roomsIn } = await visited(true);
  const next = start(2);
  const other = await RawClient.open(former);
  other.send('40');
  await clock.settle();
  const { pid } = JSON.parse(other.texts.at(-1)?.slice(2) ?? '');
  // Its take has the next one wait.
  const first = await RawClient.open(next);
  first.send(`40${JSON.stringify({ pid })}`);
  await clock.advance(10);
  await connect(next);
  await clock.settle();
  const there = next.io.sockets.sockets.get(socket?.id ?? '');
  if (there) there.data = 'seen';
  await connect(next);
  await clock.advance(100);
  expect([roomsIn(former), next.io.sockets.sockets.get(socket?.id ?? '')?.data]).toEqual([[], 'seen']);
  await former.close();
  await next.close();
});

it('gives a client its rooms as others have changed them during the middleware, although its server dies soon after', async () => {
  const { clock, backplane, start, former, client, connect, roomsIn } = await visited();
  const dying = start(2);
  dying.io.use((_socket, go) => void clock.setTimeout(go, 100, undefined));
  client.link?.cut();
  const second = await connect(dying);
  await clock.advance(50);
  former.io.socketsLeave('secret');
  await clock.advance(60);
  former.io.emit('seen');
  await clock.settle();
  const [, offset] = /"(\w{11})"\]$/.exec(second.texts.at(-1) ?? '') ?? [];
  expect([offset, roomsIn(dying)]).toEqual([expect.any(String), [[expect.any(String)]]]);
  // The store never gets a later text of that server.
  const { store } = backplane;
  const { swap } = store;
  store.swap = () => new Promise(() => undefined);
  await clock.advance(100);
  store.swap = swap;
  await connect(former, offset);
  await clock.advance(100);
  expect(roomsIn(former)).toEqual([[expect.any(String)]]);
  await former.close();
});

it('leaves a client in a room that its new server chose in the middleware, although its former server leaves it late', async () => {
  const { clock, start, former, socket, connect, roomsIn } = await visited(true);
  const next = start(2);
  next.io.use((socket, go) => {
    socket.join('secret');
    go();
  });
  await connect(next);
  await clock.advance(10);
  socket?.leave('secret');
  await clock.advance(100);
  expect(roomsIn(next)).toEqual([[socket?.id, 'secret']]);
  await former.close();
  await next.close();
});

it('lets the newest of two connections in that wait in the middleware at the same time', async () => {
  const { clock, start, former, socket, connect, roomsIn } = await visited();
  const next = start(2);
  const waiting: (() => void)[] = [];
  next.io.use((_socket, go) => void waiting.push(go));
  const older = await connect(next);
  await clock.settle();
  const newer = await connect(next);
  await clock.settle();
  waiting[0]?.();
  await clock.settle();
  expect([older.ended, newer.ended]).toEqual([expect.anything(), undefined]);
  waiting[1]?.();
  await clock.settle();
  expect([newer.texts.at(-1)?.startsWith('40'), roomsIn(next)]).toEqual([true, [[socket?.id, 'secret']]]);
  await former.close();
  await next.close();
});

it('runs the listener of an event with a key again, whose room came too late because another server had the session', async () => {
  const { clock, start, former, client, connect, roomsIn } = await visited(true);
  const next = start(2);
  const ran: TestServer[] = [];
  for (const server of [former, next]) {
    const enter = (socket: { join(room: string): void }) => (ack: () => void) => {
      ran.push(server);
      socket.join('r');
      ack();
    };
    server.io.on('connection', (socket) => socket.on('enter', enter(socket)));
    for (const socket of server.io.sockets.sockets.values()) socket.on('enter', enter(socket));
  }
  const again = await connect(next);
  await clock.settle();
  const event = '["naru:once","0123456789abcdef0123456789abcdef","enter"]';
  client.send(`421${event}`);
  await clock.settle();
  again.send(`422${event}`);
  await clock.settle();
  expect(ran).toEqual([former, next]);
  expect([again.texts.at(-1), roomsIn(next)]).toEqual(['432[]', [[expect.any(String), 'secret', 'r']]]);
  await former.close();
  await next.close();
});
