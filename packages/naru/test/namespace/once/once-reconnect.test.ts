import { describe, expect, it, vi } from 'vitest';
import { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { coreIn, join, membersIn, stage } from '../../../../../test/kit/servers/test-server.js';
import { TestServer } from '../../../../testing/src/entry/index.js';
import { type Ack, KEY, lateStore, once, ROW } from './late-store.js';

/** Breaks the connection of a client. */
async function cut(server: TestServer, client: RawClient): Promise<void> {
  client.link?.cut();
  await server.clock.settle();
}

describe('an attempt on the next connection', () => {
  it('runs the listener if the first connection broke during the middleware', async () => {
    const server = stage();
    const steps: (() => void)[] = [];
    let runs = 0;
    server.io.on('connection', (socket) => {
      socket.use((_event, next) => void steps.push(next));
      socket.on('order', (ack: Ack) => {
        runs += 1;
        ack('done');
      });
    });
    const one = await join(server);
    one.send(once(1, `${ROW}1`, 'order'));
    await server.clock.settle();
    await cut(server, one);
    const other = await join(server);
    other.send(once(2, `${ROW}1`, 'order'));
    await server.clock.settle();
    expect([steps.length, runs]).toEqual([1, 0]);
    for (let step = steps.shift(); step; step = steps.shift()) step();
    await server.clock.settle();
    expect([runs, other.texts]).toEqual([1, ['432["done"]']]);
  });

  it('meets the middleware again if that stopped the first one, which counts once', async () => {
    const server = stage();
    const steps: ((error?: Error) => void)[] = [];
    const failures: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.use((_event, next) => void steps.push(next));
      socket.on('order', (ack: Ack) => ack('done'));
      // This error reaches the caller of the middleware's function.
      socket.on('error', (error) => void failures.push(error));
    });
    const one = await join(server);
    one.send(once(1, KEY, 'order'));
    await server.clock.settle();
    const other = await join(server);
    other.send(once(2, KEY, 'order'));
    await server.clock.settle();
    steps.shift()?.(new Error('not yet'));
    await server.clock.settle();
    expect([steps.length, failures.length]).toEqual([1, 1]);
    steps.shift()?.();
    await server.clock.settle();
    expect([one.texts, other.texts, steps.length]).toEqual([[], ['432["done"]'], 0]);
  });

  it('runs the listener if the first connection broke before the claim was made', async () => {
    const { backplane, entries, store } = lateStore();
    const claims: (() => void)[] = [];
    const swap: typeof store.swap = async (...args) => {
      if (claims.length === 0) await new Promise<void>((resolve) => void claims.push(resolve));
      return store.swap(...args);
    };
    const server = stage({ backplane: { ...backplane, store: { ...store, swap } } });
    let runs = 0;
    server.io.on('connection', (socket) =>
      socket.on('order', (ack: Ack) => {
        runs += 1;
        ack('done');
      }),
    );
    const one = await join(server);
    one.send(once(1, `${ROW}1`, 'order'));
    await server.clock.settle();
    await cut(server, one);
    const other = await join(server);
    other.send(once(2, `${ROW}1`, 'order'));
    await server.clock.settle();
    claims[0]?.();
    await server.clock.advance(500);
    expect([runs, other.texts, [...entries.values()]]).toEqual([1, ['432["done"]'], ['1 ["done"]']]);
  });
});

describe('a request of a client that broke off', () => {
  it('is carried out for the next connection: an event is published once, whatever the rule took', async () => {
    const server = stage();
    const rules: ((verdict: boolean) => void)[] = [];
    server.io.allow({ publish: () => new Promise((resolve) => void rules.push(resolve)) });
    server.io.on('connection', (socket) => socket.join('lobby'));
    const one = await join(server);
    one.send(once(1, `${ROW}1`, 'naru:publish', 'lobby', 'said', 'hi'));
    await server.clock.settle();
    await cut(server, one);
    rules.shift()?.(true);
    await server.clock.settle();
    const other = await join(server);
    other.send(once(2, `${ROW}1`, 'naru:publish', 'lobby', 'said', 'hi'));
    await server.clock.settle();
    rules.shift()?.(true);
    await server.clock.settle();
    other.send(once(3, `${ROW}1`, 'naru:publish', 'lobby', 'said', 'hi'));
    await server.clock.settle();
    expect([other.texts, rules.length]).toEqual([['42["said","hi"]', '432[{}]', '433[{}]'], 0]);
  });

  it('is carried out for an attempt that waits on the next connection', async () => {
    const server = stage();
    const rules: ((verdict: boolean) => void)[] = [];
    server.io.allow({ publish: () => new Promise((resolve) => void rules.push(resolve)) });
    server.io.on('connection', (socket) => socket.join('lobby'));
    const one = await join(server);
    one.send(once(1, `${ROW}1`, 'naru:publish', 'lobby', 'said', 'hi'));
    await server.clock.settle();
    await cut(server, one);
    const other = await join(server);
    other.send(once(2, `${ROW}1`, 'naru:publish', 'lobby', 'said', 'hi'));
    await server.clock.settle();
    for (let turn = 0; turn < 2; turn += 1) {
      rules.shift()?.(true);
      await server.clock.settle();
    }
    expect([other.texts, rules.length]).toEqual([['42["said","hi"]', '432[{}]'], 0]);
  });
});

it.each([
  ['naru:subscribe', { history: 10 }, '[{"history":{"events":[]'],
  ['naru:history', {}, '[{"events":[]'],
])('answers %s on the next connection if the first broke while the log was read', async (event, options, text) => {
  const server = stage({ connectionStateRecovery: {} });
  server.io.allow({ subscribe: true, history: () => true });
  const { past } = coreIn(server);
  const read = past.readQueued.bind(past);
  const reads: (() => void)[] = [];
  vi.spyOn(past, 'readQueued').mockImplementation(async (...args) => {
    if (reads.length === 0) await new Promise<void>((resolve) => void reads.push(resolve));
    return read(...args);
  });
  const one = await join(server);
  one.send(once(1, KEY, event, 'lobby', options));
  await server.clock.settle();
  await cut(server, one);
  const other = await join(server);
  other.send(once(2, KEY, event, 'lobby', options));
  await server.clock.settle();
  expect([reads.length, other.texts]).toEqual([1, []]);
  reads[0]?.();
  await server.clock.settle();
  expect(other.texts.map((each) => each.slice(0, text.length + 3))).toEqual([`432${text}`]);
});

describe('a request about the socket itself', () => {
  /** Subscribes with the same key, and returns the answer. */
  const subscribe = async (server: TestServer, client: RawClient, options?: object): Promise<string | undefined> => {
    client.received.length = 0;
    client.send(once(1, `${ROW}1`, 'naru:subscribe', 'lobby', options));
    // A claim that replaces an answer asks the store twice.
    for (let turn = 0; turn < 4; turn += 1) await server.clock.advance(250);
    return client.texts.find((text) => text.startsWith('431'));
  };
  const placesIn = (server: TestServer): boolean[] => membersIn(server).map(({ rooms }) => rooms.has('lobby'));

  it('puts each socket into the room, and one socket once', async () => {
    const server = stage();
    const asked: string[] = [];
    server.io.allow({ subscribe: ({ id }) => asked.push(id) > 0 });
    const one = await join(server);
    expect(await subscribe(server, one)).toBe('431[{}]');
    await cut(server, one);
    const other = await join(server);
    const answers = [await subscribe(server, other), await subscribe(server, other)];
    expect([answers, placesIn(server), new Set(asked).size, asked.length]).toEqual([
      ['431[{}]', '431[{}]'],
      [true],
      2,
      2,
    ]);
  });

  it('puts a socket into the room that waited for the answer to another one', async () => {
    const server = stage();
    const rules: ((verdict: boolean) => void)[] = [];
    server.io.allow({ subscribe: () => new Promise((resolve) => void rules.push(resolve)) });
    const [one, other] = [await join(server), await join(server)];
    for (const client of [one, other]) expect(await subscribe(server, client)).toBeUndefined();
    expect(rules).toHaveLength(1);
    for (let turn = 0; turn < 2; turn += 1) {
      rules.shift()?.(true);
      await server.clock.settle();
    }
    expect([one.texts, other.texts, placesIn(server)]).toEqual([['431[{}]'], ['431[{}]'], [true, true]]);
  });

  it('is carried out by another process that finds the answer to another socket in the store', async () => {
    const { backplane, entries } = lateStore();
    // The seeds differ, because the ids of the sockets come from them.
    const servers = [new TestServer({ seed: 2, server: { backplane } }), stage({ backplane })];
    const answers: unknown[] = [];
    for (const server of servers) {
      server.io.allow({ subscribe: true });
      const client = await join(server);
      answers.push(await subscribe(server, client), await subscribe(server, client), placesIn(server));
      answers.push([...entries.values()].every((text) => text === `1 [{},"${membersIn(server)[0]?.id}"]`));
    }
    const each = ['431[{}]', '431[{}]', [true], true];
    expect(answers).toEqual([...each, ...each]);
    await servers[0]?.close();
  });

  it('gives a recovered socket the remembered page', async () => {
    const server = stage({ connectionStateRecovery: {} });
    server.io.allow({ subscribe: true, history: true });
    const one = await join(server);
    server.io.to('lobby').emit('said', 1);
    const page = await subscribe(server, one, { history: 10 });
    expect(page).toContain('"args":[1]');
    const pid = membersIn(server)[0]?.pid;
    await cut(server, one);
    server.io.to('lobby').emit('said', 2);
    const again = await RawClient.open(server, { answersPings: true });
    again.send(`40{"pid":"${pid}"}`);
    await server.clock.settle();
    expect(again.texts.at(-1)).toContain('"said",2');
    expect(membersIn(server)[0]?.isRecovered).toBe(true);
    expect(await subscribe(server, again, { history: 10 })).toBe(page);
    await cut(server, again);
    // A new socket reads a page of its own.
    expect(await subscribe(server, await join(server), { history: 10 })).toContain('"args":[2]');
  });
});
