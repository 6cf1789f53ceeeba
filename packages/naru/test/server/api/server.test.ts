import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { io as connect } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stomp } from '../../../../stomp/src/stomp.js';
import { FakeClock, MemoryTransport } from '../../../../testing/src/entry/index.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { systemClock } from '../../../src/base/clock.js';
import { Server } from '../../../src/server/api/index.js';
import { EngineServer } from '../../../src/server/engine/engine-server.js';
import { HandshakeRequest } from '../../../src/session/handshake-request.js';
import { NOBODY } from '../../../src/transport/transport.js';
import { requestOf } from '../../session/request.js';

function portOf(server: Server): number {
  return (server.httpServer as unknown as { address(): AddressInfo }).address().port;
}

async function meet(server: Server, path?: string, protocols?: string[]): Promise<string> {
  const client = connect(`http://127.0.0.1:${portOf(server)}`, {
    transports: ['websocket'],
    reconnection: false,
    ...(path === undefined ? {} : { path }),
    ...(protocols === undefined ? {} : { protocols }),
  });
  onTestFinished(() => {
    client.close();
  });
  return new Promise((resolve, reject) => {
    client.on('connect', () => resolve(String(client.id)));
    client.on('connect_error', reject);
  });
}

describe('Server', () => {
  it('listens on a port, with an HTTP server, and after its creation', async () => {
    const http = createServer();
    http.listen(0);
    for (const server of [
      new Server(0),
      new Server('0'),
      new Server(http),
      new Server({ pingInterval: 1_000 }).listen(0),
      new Server().attach(0),
    ]) {
      onTestFinished(() => server.close());
      expect(server.sockets.sockets.has(await meet(server))).toBe(true);
    }
  });

  it('takes options when it is attached', async () => {
    const server = new Server();
    onTestFinished(() => server.close());
    server.attach(0, { path: '/elsewhere', pingInterval: 1_234 });
    expect(server.path()).toBe('/elsewhere');
    expect(server.engine.opts.pingInterval).toBe(1_234);
    expect(await meet(server, '/elsewhere')).toHaveLength(20);
  });

  it.each([
    ['path', (server: Server) => server.path('/later')],
    ['serveClient', (server: Server) => server.serveClient(false)],
    ['connectTimeout', (server: Server) => server.connectTimeout(1_000)],
    ['listen', (server: Server) => server.listen('tcp://127.0.0.1:0', { tcp: { greetAfter: 500 } })],
  ])('keeps its engine with middleware and clients when %s sets an option later', async (_name, set) => {
    const server = new Server(0);
    const { engine } = server;
    let requests = 0;
    engine.use((_request, _response, next) => {
      requests += 1;
      next();
    });
    set(server);
    await meet(server);
    expect([server.engine === engine, engine.clientsCount, requests]).toEqual([true, 1, 1]);
    await server.close();
    expect(engine.clientsCount).toBe(0);
  });

  it('keeps an engine that nothing is attached to yet, and that the program has already prepared', async () => {
    const server = new Server();
    onTestFinished(() => server.close());
    const opened: unknown[] = [];
    server.engine.on('connection', (session) => opened.push(session));
    server.attach(0, { path: '/elsewhere' });
    await meet(server, '/elsewhere');
    expect(opened).toHaveLength(1);
  });

  it('serves each HTTP server at the path of its time', async () => {
    const [first, second] = [createServer().listen(0), createServer().listen(0)];
    const server = new Server(first);
    onTestFinished(async () => {
      await server.close();
      first.close();
    });
    await meet(server);
    server.attach(second, { path: '/later' });
    expect(await meet(server, '/later')).toHaveLength(20);
    await expect(meet(server)).rejects.toThrow();
    server.httpServer = first;
    expect(await meet(server)).toHaveLength(20);
    server.httpServer = second;
    expect(server.engine.clientsCount).toBe(3);
  });

  it('refuses a new value of an option that its engine has already read, and goes on with the old one', () => {
    const server = new Server({ pingInterval: 1_000 });
    const { engine } = server;
    expect(() => server.listen(0, { pingInterval: 2_000 })).toThrow(/"pingInterval" cannot change/);
    expect([server.opts.pingInterval, engine.opts.pingInterval]).toEqual([1_000, 1_000]);
  });

  it('gives clients that connect after a change of connectTimeout the new time', async () => {
    const clock = new FakeClock();
    const server = new Server({ clock });
    const open = () =>
      server.engine.openSession(new MemoryTransport(clock, NOBODY), new HandshakeRequest(requestOf('/?EIO=4')));
    const before = open();
    server.connectTimeout(1_000);
    const after = open();
    await clock.advance(999);
    expect([before?.readyState, after?.readyState]).toEqual(['open', 'open']);
    await clock.advance(1);
    expect([before?.readyState, after?.readyState]).toEqual(['open', 'closed']);
    await server.close();
  });

  it('accepts clients that offer subprotocols over WebSocket', async () => {
    const server = new Server(0);
    onTestFinished(() => server.close());
    expect(await meet(server, undefined, ['token.abc', 'second'])).toHaveLength(20);
  });

  it('takes the sessions of an engine created elsewhere', async () => {
    const http = createServer();
    const engine = new EngineServer({ path: '/socket.io' });
    engine.attach(http);
    const server = new Server().bind(engine);
    server.httpServer = http as never;
    http.listen(0);
    onTestFinished(() => server.close());
    await meet(server);
    expect(server.engine).toBe(engine);
  });

  it('tells clients that it shuts down, and resolves when everything is closed', async () => {
    const server = new Server(0);
    const reasons: string[] = [];
    server.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
    await meet(server);
    let called = 0;
    await Promise.all([
      server.close(),
      server.close(() => {
        called += 1;
      }),
    ]);
    expect(reasons).toEqual(['server shutting down']);
    expect(called).toBe(1);
    expect(server.engine.clientsCount).toBe(0);
  });

  it('can be closed after the application has closed the HTTP server, and calls its callback', async () => {
    const http = createServer();
    const server = new Server(http);
    await new Promise<void>((resolve) => http.listen(0, () => resolve()));
    await new Promise((resolve) => http.close(resolve));
    const errors: unknown[] = [];
    await expect(server.close((error) => void errors.push(error))).resolves.toBeUndefined();
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SERVER_NOT_RUNNING' })]);
  });

  it('writes events of the same turn to the log before it closes', async () => {
    const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 100_000 });
    const io = new Server({ backplane });
    io.to('a').emit('x', 1);
    const closed = io.close();
    expect(await backplane.log.extent('/')).toMatchObject({ count: 1 });
    await closed;
  });

  it('writes events to the log until it is closed, also when its opener closes the log', async () => {
    for (const http of [undefined, createServer()]) {
      const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 100_000 });
      const io = http ? new Server(http, { backplane }) : new Server({ backplane });
      if (http) await new Promise<void>((resolve) => http.listen(0, () => resolve()));
      const closed = io.close();
      io.to('a').emit('x', 1);
      http?.on('close', () => io.to('a').emit('x', 2));
      await closed;
      expect(await backplane.log.extent('/')).toMatchObject({ count: http ? 2 : 1 });
    }
  });

  it('sends events of the same turn before it closes', async () => {
    const io = new Server(0);
    const heard: string[][] = [[], []];
    io.on('connection', (socket) => {
      socket.emit('welcome');
      if (io.sockets.sockets.size < 2) return;
      io.emit('bye');
      void io.close();
    });
    const ends = heard.map(async (names) => {
      const client = connect(`http://127.0.0.1:${portOf(io)}`, {
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
      });
      onTestFinished(() => {
        client.close();
      });
      client.onAny((name: string) => names.push(name));
      await new Promise((resolve) => client.on('disconnect', resolve));
    });
    await Promise.all(ends);
    expect(heard).toEqual([
      ['welcome', 'bye'],
      ['welcome', 'bye'],
    ]);
  });

  it('can be closed without having listened', async () => {
    await expect(new Server().close()).resolves.toBeUndefined();
  });

  it('returns and sets the options that may change later', () => {
    const server = new Server();
    expect(server.path('/x/').path()).toBe('/x');
    expect(server.serveClient(false).serveClient()).toBe(false);
    expect(server.connectTimeout()).toBe(45_000);
    expect(() => server.adapter()).toThrow(/docs\/migration\.md/);
  });

  it.each([
    [() => new Server(70_000), /port must be .* got "70000"/],
    [() => new Server('a port'), /port must be .* got "a port"/],
    [() => new Server((() => undefined) as never), /request listener/],
    [() => new Server({ adapter: {} } as never), /"adapter" does not exist in Naru: use a "backplane"/],
  ])('explains invalid arguments', (make, message) => {
    expect(make).toThrow(message);
  });

  it('closes in spite of a late upgrade on an open connection, also with endpoints on HTTP', async () => {
    const http = createServer();
    const io = new Server(http, { events: true, wires: [stomp()] });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const client = connectTcp((http.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n');
    // The first half of the request head has arrived.
    await expect.poll(() => new Promise((resolve) => http.getConnections((_error, count) => resolve(count)))).toBe(1);
    const closed = io.close();
    const answer = new Promise<string>((resolve) => client.once('data', (data) => resolve(String(data))));
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    client.write(`Connection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`);
    expect(await answer).toMatch(/^HTTP\/1\.1 503 /);
    await closed;
    expect(http.listenerCount('upgrade')).toBe(0);
  });

  it.each([
    ['a WebSocket', false, []],
    ['a WebSocket that was drained before', true, []],
    ['a STOMP client', false, ['stomp']],
    ['a program on TCP', false, ['tcp']],
  ] as const)(
    'does not wait for the end of closeTimeout for a silently dead %s connection',
    async (_who, isDrained, wires) => {
      const clock = new FakeClock();
      const http = createServer();
      const io = new Server(http, { clock, wires: [stomp()] });
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      const [wire] = wires;
      const endpoint = wire && io.listen(`${wire}://127.0.0.1:0`);
      await io.ready();
      const { port } = ((endpoint ? io.endpoints[0]?.address : http.address()) as AddressInfo) ?? {};
      const dead = connectTcp(port, '127.0.0.1');
      const isGone = new Promise<void>((resolve) => dead.once('close', () => resolve()));
      const entered = new Promise<void>((resolve) => io.on('connection', () => resolve()));
      dead.write(GREETINGS[wire ?? 'websocket']);
      await turnUntil(clock, entered, 0);
      // From here on the client neither reads nor answers.
      dead.pause();
      if (isDrained) await turnUntil(clock, io.drain(), 100);
      const before = clock.elapsed;
      await turnUntil(clock, io.close(), 500);
      // The data for the client has arrived nevertheless.
      let heard = '';
      dead.on('data', (data) => {
        heard += data.toString('latin1');
      });
      dead.resume();
      await turnUntil(clock, isGone, 500);
      expect(clock.elapsed - before).toBeLessThan(10_000);
      expect(heard).toContain(FAREWELLS[wire ?? 'websocket']);
    },
  );
});

const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');
/** The bytes by which a client of each wire enters the main namespace. */
const GREETINGS = {
  websocket: Buffer.concat([Buffer.from(UPGRADE), Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30])]),
  stomp: 'CONNECT\naccept-version:1.2\nhost:/\n\n\0',
  tcp: Buffer.concat([Buffer.from('NARU1\n'), Buffer.from([2]), Buffer.from('40')]),
};
/** The last bytes of each wire. A close frame is 0x88. */
const FAREWELLS = { websocket: '\x88', stomp: 'ERROR', tcp: '' };

/** Lets real time pass, and moves the clock in steps of some milliseconds, until an event happens. */
async function turnUntil(clock: FakeClock, event: Promise<unknown>, stepMs: number): Promise<void> {
  let isOver = false;
  void event.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise((resolve) => systemClock.setTimeout(resolve, 1, undefined));
    await clock.advance(stepMs);
  }
}
