import { counters, socketJoined } from 'naru/taps';
import { expect, it, onTestFinished } from 'vitest';
import { Reader } from '../src/reading.js';
import { fakeServer, setSessions } from './fakes.js';

function readerOf(...servers: ConstructorParameters<typeof Reader>[0]) {
  const reader = new Reader(servers);
  onTestFinished(() => reader.close());
  return reader;
}

it('adds the numbers of all servers', () => {
  setSessions(4);
  const reading = readerOf(fakeServer(), fakeServer()).read();
  expect(reading).toMatchObject({
    counters: { ...counters },
    sessions: 4,
    namespaces: 4,
    sockets: 4,
    rooms: 6,
    ready: 0,
    delayMs: 250,
    flights: 4,
    eventsInFlight: 8,
    traffic: { recordsHeard: 4, messagesSent: 18, messagesLost: 30 },
    slow: { count: 4, bytes: 84, bytesMost: 30, totals: { disconnected: 8, droppedEvents: 10 } },
  });
  expect([...reading.unready, ...reading.states]).toEqual([
    ['delay', 2],
    ['up', 2],
  ]);
});

it('has zeros without servers and without a backplane', () => {
  expect(readerOf({ ...fakeServer(), backplane: undefined }).read().traffic.appends).toBe(0);
  expect(readerOf().read()).toMatchObject({ sessions: 0, delayMs: 0, slow: { bytesMost: 0, totals: { late: 0 } } });
});

it('reads once in a turn, and anew in the next one', async () => {
  const server = fakeServer();
  const reader = readerOf(server);
  const first = reader.read();
  server.engine.clientsCount = 5;
  expect(reader.read()).toBe(first);
  await Promise.resolve();
  expect(reader.read().sessions).toBe(5);
});

it('looks at namespaces that had sockets, and forgets those that are empty', async () => {
  const server = fakeServer();
  let looks = 0;
  const watched = {
    get sockets() {
      looks += 1;
      return { size: 0 };
    },
    adapter: { rooms: { size: 0 } },
  };
  server._nsps.set('/quiet', watched).set('/busy', { sockets: { size: 1 }, adapter: { rooms: { size: 1 } } });
  const reader = readerOf(server);
  expect(looks).toBe(0);
  for (const namespace of ['/busy', '/quiet', '/gone'])
    socketJoined.publish({ connection: 1, socket: 'a', namespace, isRecovered: false });
  expect(reader.read()).toMatchObject({ sockets: 1, rooms: 1 });
  await Promise.resolve();
  const before = looks;
  expect(reader.read().sockets).toBe(1);
  expect(looks).toBe(before);
});

it('forgets namespaces that are empty while nobody reads, and asks each name once in many', () => {
  const server = fakeServer();
  const all = server._nsps;
  const asked: string[] = [];
  server._nsps.get = (name) => {
    asked.push(name);
    return Map.prototype.get.call(all, name);
  };
  const reader = readerOf(server);
  const join = (namespace: string) =>
    socketJoined.publish({ connection: 1, socket: 'a', namespace, isRecovered: false });
  for (let n = 0; n < 15_000; n += 1) all.set(`/busy${n}`, { sockets: { size: 1 }, adapter: { rooms: { size: 0 } } });
  for (let n = 0; n < 15_000; n += 1) join(`/busy${n}`);
  for (let n = 0; n < 100_000; n += 1) join(`/gone${n}`);
  expect(asked.length).toBeLessThan(250_000);
  asked.length = 0;
  expect(reader.read().sockets).toBe(15_000);
  expect(asked.length).toBeLessThan(31_000);
});

it('counts the sockets of namespaces with a query, which taps show without it', async () => {
  setSessions(0);
  const server = fakeServer();
  const occupied = (size: number) => ({ sockets: { size }, adapter: { rooms: { size: size * 2 } } });
  server._nsps.set('/doc?token=1', occupied(1)).set('/doc?token=2', occupied(3)).set('/doc?token=3', occupied(0));
  server._nsps.set('/doc', occupied(10)).set('/docs?token=1', occupied(100));
  const reader = readerOf(server);
  for (const namespace of ['/doc?token=1', '/doc?token=2'])
    socketJoined.publish({ connection: 1, socket: 'a', namespace, isRecovered: false });
  expect(reader.read()).toMatchObject({ sockets: 4, rooms: 8 });
  await Promise.resolve();
  for (const token of [1, 2]) server._nsps.set(`/doc?token=${token}`, occupied(0));
  expect(reader.read()).toMatchObject({ sockets: 0, rooms: 0 });
});

it('counts the sockets that namespaces with a query have at the start', () => {
  setSessions(1);
  const server = fakeServer();
  server._nsps.set('/doc?token=1', { sockets: { size: 1 }, adapter: { rooms: { size: 1 } } });
  expect(readerOf(server).read()).toMatchObject({ sockets: 3, rooms: 4 });
});

it('asks a server for its engine and its health at the first reading, and not before', () => {
  setSessions(0);
  const { engine, health, ...rest } = fakeServer();
  const asked: string[] = [];
  const server = {
    ...rest,
    get engine() {
      asked.push('engine');
      return engine;
    },
    health: () => {
      asked.push('health');
      return health();
    },
  };
  const reader = readerOf(server);
  expect(asked).toEqual([]);
  reader.read();
  expect(new Set(asked)).toEqual(new Set(['engine', 'health']));
});
