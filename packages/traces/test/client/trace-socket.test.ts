import { memoryBackplane, ZERO_OFFSET } from 'naru/backplane';
import { systemClock } from 'naru/base';
import { type Socket as Client, io as connectOwn } from 'naru/client';
import { offlineQueue } from 'naru/client/queue';
import { io as connectStock } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HELLO } from '../../src/carried.js';
import { traceSocket } from '../../src/client/trace-socket.js';
import { collect, inRoot, startServer, startTraces, treeOf, until } from '../collected-spans.js';

type Connect = (url: string, options: object) => Client;

const clients: [string, Connect][] = [
  ['naru/client', connectOwn as Connect],
  ['socket.io-client', connectStock as object as Connect],
];

/** A server with a client that is traced. Both collect their spans in one place. */
async function stage(connect: Connect, { isTakenByServer = true, options = {}, client: clientOptions = {} } = {}) {
  const collected = collect();
  const { io, url } = await startServer(options);
  const traces = startTraces(io, collected, { clients: isTakenByServer });
  const got: unknown[][] = [];
  io.on('connection', (socket) => {
    socket.on('say', (...args: unknown[]) => {
      const answer = args.at(-1);
      got.push(typeof answer === 'function' ? args.slice(0, -1) : args);
      socket.emit('said', 'back');
      if (typeof answer === 'function') answer('fine');
    });
  });
  const client = connect(url, { forceNew: true, transports: ['websocket'], ...clientOptions });
  const hellos: unknown[] = [];
  client.on(HELLO as never, (() => hellos.push(1)) as never);
  const end = traceSocket(client, { tracer: collected.tracer });
  onTestFinished(() => void client.disconnect());
  await new Promise<void>((resolve) => client.on('connect', resolve));
  if (isTakenByServer) await until(() => hellos.length > 0);
  return { collected, io, url, client, got, end, traces };
}

/** Sends an event, and resolves with the arguments of its callback. */
function answersTo(client: Client): Promise<unknown[]> {
  return new Promise((resolve) => {
    client.emit('say', 'hello', (...args: unknown[]) => resolve(args));
  });
}

describe.each(clients)('a traced socket of %s', (_name, connect) => {
  it('sends its trace with an event, and gets that of the answer and of other events', async () => {
    const { collected, client, got } = await stage(connect);
    const said = new Promise((resolve) => client.on('said', (...args: unknown[]) => resolve(args)));
    expect(await inRoot(collected, () => client.emitWithAck('say', 'hello'))).toBe('fine');
    expect([got, await said]).toEqual([[['hello']], ['back']]);
    await until(() => collected.spans().length === 7);
    expect(treeOf(collected.spans())).toEqual([
      'root',
      ' send say',
      '  process say',
      '   acknowledge say',
      '    acknowledge say',
      '   send said',
      '    process said',
    ]);
    expect(JSON.stringify(collected.spans())).not.toMatch(/hello|fine|back/);
  });

  it('takes its trace out of events that a log keeps', async () => {
    const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
    const { collected, client } = await stage(connect, { options: { backplane } });
    const said = new Promise<unknown[]>((resolve) => client.on('said', (...args: unknown[]) => resolve(args)));
    client.emit('say', 'hello');
    // The client of Socket.IO does not remove the offset.
    expect((await said).slice(0, 1)).toEqual(['back']);
    expect(JSON.stringify(await said)).not.toContain('traceparent');
    await until(() => collected.spans().some(({ name }) => name === 'process said'));
    const { records } = await backplane.log.read('/', ZERO_OFFSET, 10);
    expect(records.map(({ event }) => event.slice(0, 7))).toEqual(['["said"']);
  });

  it('adds nothing to its events if the server does not take it', async () => {
    const { client, got, collected } = await stage(connect, { isTakenByServer: false });
    expect(await client.emitWithAck('say', 'hello')).toBe('fine');
    expect(got).toEqual([['hello']]);
    expect(treeOf(collected.spans())).toEqual(['process say', ' acknowledge say', ' send said']);
  });

  it('calls listeners once, or no more, as they were added and removed', async () => {
    const { client, io, collected } = await stage(connect);
    const heard: string[] = [];
    const [one, two, three] = ['one', 'two', 'three'].map((name) => () => void heard.push(name));
    client.once('news', one as () => void);
    client.on('news', two as () => void);
    client.on('news', three as () => void);
    client.off('news', three as () => void);
    client.once('news', three as () => void);
    client.off('news', three as () => void);
    const [socket] = [...io.sockets.sockets.values()];
    socket?.emit('news');
    socket?.emit('news');
    await until(() => heard.length === 3);
    client.off('news', two as () => void);
    client.removeAllListeners('news');
    socket?.emit('news');
    await client.emitWithAck('say');
    expect(heard).toEqual(['one', 'two', 'two']);
    expect(collected.spans().filter(({ name }) => name === 'process news')).toHaveLength(3);
  });

  it.each([true, false])('with retries sends its events, whether the server takes traces (%s)', async (isTaken) => {
    const retrying = { retries: 10, ackTimeout: 5_000 };
    const { client, got, collected } = await stage(connect, { isTakenByServer: isTaken, client: retrying });
    const said = new Promise<unknown[]>((resolve) => client.on('said', (...args: unknown[]) => resolve(args)));
    expect(await answersTo(client)).toEqual([null, 'fine']);
    expect([got, await said]).toEqual([[['hello']], ['back']]);
    expect(collected.spans().map(({ name }) => name)).not.toContain('send say');
  });

  it('with retries tells the server that it takes traces, although earlier events are sent then', async () => {
    let answers: Promise<unknown[]> | undefined;
    const connectBusy: Connect = (...given) => {
      const client = connect(...given);
      answers = answersTo(client);
      return client;
    };
    const { got } = await stage(connectBusy, { client: { retries: 10, ackTimeout: 5_000 } });
    expect([await answers, got]).toEqual([[null, 'fine'], [['hello']]]);
  });

  it('gets no trace with the answer to an event of before the agreement', async () => {
    let answers: Promise<unknown[]> | undefined;
    const connectEager: Connect = (...given) => {
      const client = connect(...given);
      // The microtask runs after the tracing has said hello.
      client.once('connect', () =>
        queueMicrotask(() => {
          answers = answersTo(client);
        }),
      );
      return client;
    };
    await stage(connectEager);
    expect(await answers).toEqual(['fine']);
  });

  it('is as before once the tracing has ended', async () => {
    const { client, end, got, collected } = await stage(connect);
    end();
    expect(await answersTo(client)).toEqual(['fine']);
    expect(got).toEqual([['hello']]);
    expect(collected.spans().filter(({ name }) => name === 'send say')).toEqual([]);
  });
});

it("sends no trace with the tries of an event of Socket.IO's client", async () => {
  const { io, client } = await stage(connectStock as object as Connect, { client: { retries: 3, ackTimeout: 50 } });
  const tries: unknown[][] = [];
  for (const socket of io.sockets.sockets.values())
    socket.on('try', (...args: unknown[]) => {
      const answer = args.pop() as (text: string) => void;
      if (tries.push(args) === 3) answer('done');
    });
  expect(await client.emitWithAck('try', 1)).toBe('done');
  expect(tries).toEqual([[1], [1], [1]]);
});

it('does not wait for the server to take its trace if it has a queue, and sends no trace', async () => {
  const queued = { queue: offlineQueue(), ackTimeout: 5_000 };
  const { client, got } = await stage(connectOwn as Connect, { isTakenByServer: false, client: queued });
  expect(await answersTo(client)).toEqual([null, 'fine']);
  expect(got).toEqual([['hello']]);
  expect((client as { _queue?: { length: number } })._queue?.length).toBe(0);
});

it('takes out what clients and servers still send when the tracing has ended on the other side', async () => {
  const { client, got, end, traces, collected } = await stage(connectOwn as Connect);
  const said: unknown[][] = [];
  client.on('said', (...args: unknown[]) => void said.push(args));
  traces.close();
  expect(await client.emitWithAck('say', 'hello')).toBe('fine');
  expect(got).toEqual([['hello']]);
  end();
  expect(await client.emitWithAck('say', 'hello')).toBe('fine');
  expect(said).toEqual([['back'], ['back']]);
  expect(collected.spans().map(({ name }) => name)).toEqual(['send say', 'acknowledge say']);
});

it('adds nothing to the events of a client that is not traced', async () => {
  const { io, url, client: traced } = await stage(connectOwn as Connect);
  const plain = connectStock(url, { forceNew: true, transports: ['websocket'] });
  onTestFinished(() => void plain.disconnect());
  const got = new Promise((resolve) => plain.on('news', (...args: unknown[]) => resolve(args)));
  const other = new Promise((resolve) => traced.on('news', (...args: unknown[]) => resolve(args)));
  await new Promise<void>((resolve) => plain.on('connect', resolve));
  for (const socket of io.sockets.sockets.values()) socket.emit('news', 1);
  expect([await got, await other]).toEqual([[1], [1]]);
  expect(await plain.emitWithAck('say', 'hello')).toBe('fine');
});
