import { describe, expect, it } from 'vitest';
import { FakeClock, LateHome, TestServer } from '../../../../testing/src/entry/index.js';
import { io as connect } from '../../../src/client/index.js';
import type { Server } from '../../../src/server/api/server.js';

async function build(options: ConstructorParameters<typeof TestServer>[0] = {}) {
  const clock = new FakeClock();
  const home = new LateHome({ clock });
  const server = new TestServer({ clock, ...options, server: { backplane: home.open(), ...options?.server } });
  const client = connect(server.url, { agent: server.network.agent, clock, transports: ['websocket'], forceNew: true });
  await clock.advance(2_000);
  return { clock, home, server, client };
}

describe('io.backplane', () => {
  it('has the state of the home, tells when it changes, and lets clients ask', async () => {
    const { clock, home, server, client } = await build();
    const { backplane } = server.io as Server;
    const states: string[] = [];
    backplane?.on('state', (state) => states.push(state));
    expect([backplane?.name, backplane?.state]).toEqual(['late', 'up']);
    expect(await answered(clock, client.emitWithAck('naru:backplane'))).toEqual({ state: 'up' });
    home.stop();
    await clock.advance(6_000);
    expect(backplane?.state).toBe('away');
    expect(await answered(clock, client.emitWithAck('naru:backplane'))).toEqual({ state: 'away' });
    home.start();
    await clock.advance(6_000);
    expect(states).toEqual(['slow', 'away', 'catching-up', 'up']);
    client.disconnect();
    await server.close();
  });

  it('is not up before the home has answered', async () => {
    const clock = new FakeClock();
    const server = new TestServer({ clock, server: { backplane: new LateHome({ clock }).open() } });
    const { backplane } = server.io as Server;
    expect([backplane?.state, backplane?.unusable]).toEqual(['connecting', undefined]);
    await clock.advance(1_000);
    expect(backplane?.state).toBe('up');
    const away = new LateHome({ clock });
    away.stop();
    const other = new TestServer({ clock, server: { backplane: away.open() } });
    const errors: string[] = [];
    other.io.engine.on('log_error', ({ message }) => errors.push(message));
    await clock.advance(6_000);
    expect([other.io.backplane?.state, errors.length]).toEqual(['away', 1]);
    await Promise.all([server.close(), other.close(), clock.advance(10_000)]);
  });

  it('counts appends, and the reading of history', async () => {
    const { clock, server, client } = await build();
    const { io } = server;
    const before = io.backplane?.counts;
    io.to('red').emit('event', 'text');
    io.emit('event', Uint8Array.of(1, 2, 3));
    await clock.advance(100);
    await answered(clock, io.history('red'));
    const { appends, recordsAppended, bytesAppended, reads, namespaces } = io.backplane?.counts ?? {};
    expect([appends, recordsAppended]).toEqual([1, 2]);
    expect(bytesAppended).toBe('["event","text"]'.length + '["event",{"_placeholder":true,"num":0}]'.length + 3);
    expect(reads).toBe((before?.reads ?? Number.NaN) + 2);
    expect(namespaces?.['/']?.appends).toBe(1);
    client.disconnect();
    await server.close();
  });

  it('knows what is on its way into the logs of all namespaces, as long as the home is silent', async () => {
    const { clock, home, server, client } = await build();
    const { io } = server;
    expect(io.backplane?.flights).toEqual([]);
    home.stop();
    io.emit('one');
    io.emit('two');
    io.of('/shop').emit('three');
    await clock.advance(100);
    expect(io.backplane?.flights).toEqual([2, 1]);
    home.start();
    await clock.advance(6_000);
    expect(io.backplane?.flights).toEqual([]);
    client.disconnect();
    await server.close();
  });

  it('counts messages that were given up while the home is away', async () => {
    const { clock, home, server, client } = await build();
    const { io } = server;
    const other = home.open();
    other.talk?.join({ onMessage: () => undefined, onQuestion: () => undefined });
    await clock.advance(1_000);
    expect(io.backplane?.counts.messagesLost).toMatchObject({ unsaid: 0, later: 0 });
    home.stop();
    await clock.advance(100);
    io.volatile.emit('volatile');
    expect(io.backplane?.counts.messagesLost).toMatchObject({ unsaid: 1 });
    home.start();
    client.disconnect();
    const closed = other.close();
    await clock.advance(5_000);
    await closed;
    await server.close();
  });

  it('keeps the counts of a namespace that was removed in the totals', async () => {
    const clock = new FakeClock();
    const server = new TestServer({
      clock,
      server: { connectionStateRecovery: {}, cleanupEmptyChildNamespaces: true },
    });
    server.io.of(/^\/dynamic/);
    const client = connect(`${server.url}/dynamic`, {
      agent: server.network.agent,
      clock,
      transports: ['websocket'],
      forceNew: true,
    });
    await clock.advance(1_000);
    server.io.of('/dynamic').emit('event');
    await clock.advance(100);
    expect(server.io.backplane?.counts.namespaces['/dynamic']?.appends).toBe(1);
    client.disconnect();
    // The session ends after two minutes, and the namespace goes a minute later.
    await clock.advance(240_000);
    const { appends, namespaces } = server.io.backplane?.counts ?? {};
    expect([appends, Object.keys(namespaces ?? {})]).toEqual([1, ['/']]);
    await server.close();
  });

  it('is up in memory, and is missing on a server without a log', async () => {
    const clock = new FakeClock();
    const [kept, bare] = [
      new TestServer({ clock, server: { connectionStateRecovery: {} } }),
      new TestServer({ clock }),
    ];
    expect([kept.io.backplane?.name, kept.io.backplane?.state, bare.io.backplane]).toEqual(['memory', 'up', undefined]);
    const client = connect(bare.url, { agent: bare.network.agent, clock, transports: ['websocket'], forceNew: true });
    await clock.advance(1_000);
    expect(await answered(clock, client.emitWithAck('naru:backplane'))).toEqual({ state: 'up' });
    client.disconnect();
    await kept.close();
    await bare.close();
  });
});

describe('the end of a server whose home is silent', () => {
  it('takes five seconds, and is told by one error', async () => {
    const clock = new FakeClock();
    const home = new LateHome({ clock });
    const backplane = home.open();
    const server = new TestServer({ clock, server: { backplane, connectionStateRecovery: {} } });
    const { io } = server;
    io.on('connection', (socket) => {
      for (let room = 0; room < 30; room += 1) io.presence(`room ${room}`).join(socket, { id: socket.id });
    });
    const client = connect(server.url, {
      agent: server.network.agent,
      clock,
      transports: ['websocket'],
      forceNew: true,
    });
    await clock.advance(2_000);
    expect(client.connected).toBe(true);
    const errors: string[] = [];
    io.engine.on('log_error', ({ message }) => errors.push(message));
    home.pause(60_000);
    io.emit('kept', 1);
    await clock.advance(100);
    let endedAt: number | undefined;
    const startedAt = clock.now();
    const ended = io
      .close()
      .then(() => backplane.close())
      .then(() => {
        endedAt = clock.now();
      });
    await clock.advance(20_000);
    await ended;
    expect((endedAt ?? Number.NaN) - startedAt).toBeLessThanOrEqual(6_000);
    expect(errors).toEqual([
      expect.stringMatching(/^The log of all namespaces failed: .*closed before its home answered/),
    ]);
    client.disconnect();
    await server.close();
  });
});

/** Lets time pass until an answer comes. */
async function answered<T>(clock: FakeClock, answer: Promise<T>): Promise<T> {
  await clock.advance(2_000);
  return answer;
}
