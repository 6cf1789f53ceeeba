import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, io, type Socket } from '../../packages/naru/src/client/index.js';
import { type Leftovers, TestServer, type TestServerOptions } from '../../packages/testing/src/entry/index.js';

const NOTHING: Leftovers = { sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 };

let server: TestServer;
let clients: Socket[] = [];
let course: string[] = [];

function start(options: TestServerOptions = {}): void {
  server = new TestServer(options);
}

/** Connects a client that records its events with their times. */
function connect(options: Partial<ClientOptions> = {}): Socket {
  const client: Socket = io(server.url, { ...server.clientOptions, randomizationFactor: 0, ...options });
  const note = (what: string): void => void course.push(`${server.clock.elapsed} ${what}`);
  client.on('connect', () => note(client.recovered ? 'recovered' : 'connect'));
  client.on('disconnect', (reason) => note(reason));
  client.on('connect_error', (error) => note(`error ${error.message}`));
  client.io.on('reconnect_attempt', (count) => note(`attempt ${count}`));
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients) client.disconnect();
  clients = [];
  course = [];
  await server.clock.settle();
  await server.close();
  expect(server.leftovers()).toEqual(NOTHING);
});

describe.each([
  [['polling']],
  [['sse']],
  [['websocket']],
  [['polling', 'sse']],
  [['polling', 'websocket']],
  [['sse', 'websocket']],
])('a client over %s', (transports) => {
  it('notices a silent network after pingInterval and pingTimeout, as the server does', async () => {
    start({ server: { pingInterval: 1_000, pingTimeout: 500 } });
    const reasons: string[] = [];
    server.io.on('connection', (socket) => {
      socket.on('disconnect', (reason) => reasons.push(`${server.clock.elapsed} ${reason}`));
    });
    connect({ transports, reconnection: false });
    await server.clock.advance(4_100);
    expect(course).toEqual(['0 connect']);
    for (const link of server.network.links) link.hold();
    await server.clock.advance(5_000);
    expect(reasons).toEqual(['5500 ping timeout']);
    expect(course).toEqual(['0 connect', '5500 ping timeout']);
    server.network.cutAll();
  });

  it('reconnects at the documented delays when the network is down for a while', async () => {
    start();
    connect({ transports });
    await server.clock.advance(1_000);
    server.network.refuse().cutAll();
    await server.clock.advance(10_000);
    server.network.restore();
    await server.clock.advance(10_000);
    const times = course.filter((line) => !line.includes('error')).map((line) => line.replace(/ attempt/, ''));
    expect(times).toEqual(['0 connect', '2000 1', '4000 2', '8000 3', '13000 4', '13000 connect']);
    expect(course).toContain('1000 transport error');
  });

  it('receives every event emitted to it, in order, over a very bad network', async () => {
    start({ seed: 8, splitsMax: 12, delayMs: [0, 120], windowBytes: 500 });
    const got: unknown[] = [];
    const client = connect({ transports });
    client.on('n', (value) => got.push(value));
    server.io.on('connection', (socket) => {
      for (let value = 0; value < 100; value += 1) socket.emit('n', value);
      socket.emit('n', Buffer.from('bytes'));
      socket.on('answer', (value, ack) => ack(value));
    });
    const answers: unknown[] = [];
    for (let value = 0; value < 30; value += 1) {
      client.timeout(60_000).emit('answer', value, (_error: unknown, answer: unknown) => answers.push(answer));
    }
    await server.clock.advance(30_000);
    expect(got).toEqual([...Array.from({ length: 100 }, (_, value) => value), Buffer.from('bytes')]);
    expect(answers).toEqual(Array.from({ length: 30 }, (_, value) => value));
  });

  it('recovers missed events once each, however often its connection breaks', async () => {
    start({ seed: 12, delayMs: [1, 30], server: { connectionStateRecovery: {} } });
    const got: number[] = [];
    const client = connect({ transports, reconnectionDelay: 100, reconnectionDelayMax: 200 });
    client.on('n', (value) => got.push(value));
    await server.clock.advance(1_000);
    for (let value = 0; value < 300; value += 1) {
      server.io.emit('n', value);
      if (value % 23 === 22) server.network.cutAll();
      await server.clock.advance(40);
    }
    await server.clock.advance(5_000);
    expect(got).toEqual(Array.from({ length: 300 }, (_, value) => value));
    expect(course.filter((line) => line.includes('recovered')).length).toBeGreaterThan(5);
    expect(course.filter((line) => line.includes(' connect'))).toHaveLength(1);
  });

  it('delivers its events with retries in order, whatever breaks', async () => {
    start({ seed: 4, delayMs: [1, 40] });
    const got: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.on('n', (value, ack) => {
        got.push(value);
        ack();
      });
    });
    const client = connect({
      transports,
      retries: 50,
      ackTimeout: 500,
      reconnectionDelay: 100,
      reconnectionDelayMax: 100,
    });
    for (let value = 0; value < 60; value += 1) {
      client.emit('n', value);
      if (value % 11 === 10) server.network.cutAll();
      await server.clock.advance(100);
    }
    await server.clock.advance(60_000);
    const once = got.filter((value, index) => value !== got[index - 1]);
    expect(once).toEqual(Array.from({ length: 60 }, (_, value) => value));
  });

  it('stays away when the server disconnects it', async () => {
    start();
    server.io.on('connection', (socket) => server.clock.setTimeout(() => socket.disconnect(true), 100, undefined));
    connect({ transports });
    await server.clock.advance(60_000);
    expect(course).toEqual(['0 connect', '100 io server disconnect']);
  });
});

describe('an upgrade', () => {
  it('moves the session from polling to a WebSocket without losing anything', async () => {
    start({ seed: 2, delayMs: [1, 20] });
    const got: unknown[] = [];
    const client = connect({ transports: ['polling', 'websocket'] });
    client.on('n', (value) => got.push(value));
    const upgrades: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.conn.on('upgrade', (transport) => upgrades.push(transport.name));
      const emit = (value: number): void => {
        socket.emit('n', value);
        if (value < 199) server.clock.setTimeout(emit, 2, value + 1);
      };
      emit(0);
    });
    await server.clock.advance(5_000);
    expect([upgrades, client.io.engine.transport.name]).toEqual([['websocket'], 'websocket']);
    expect(got).toEqual(Array.from({ length: 200 }, (_, value) => value));
  });

  it.each(['up', 'down'] as const)(
    'leaves the session on polling when it gets stuck on the way %s',
    async (direction) => {
      start({ server: { upgradeTimeout: 3_000 } });
      const got: unknown[] = [];
      const former = server.http.listeners('upgrade');
      server.http.prependListener('upgrade', (_request, socket) => {
        for (const link of server.network.links) if (link.server === socket) link.hold(direction);
      });
      expect(former).toHaveLength(1);
      const client = connect({ transports: ['polling', 'websocket'] });
      client.on('n', (value) => got.push(value));
      await server.clock.advance(10_000);
      server.io.emit('n', 1);
      await server.clock.settle();
      expect([course, got, client.io.engine.transport.name]).toEqual([['0 connect'], [1], 'polling']);
      server.network.cutAll();
    },
  );
});
