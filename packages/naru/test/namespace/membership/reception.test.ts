import { describe, expect, it } from 'vitest';
import { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import type { TestServer } from '../../../../testing/src/entry/index.js';
import { io } from '../../../src/client/index.js';
import { coreOf, type Namespace } from '../../../src/namespace/namespace.js';
import { memberOf, type Socket } from '../../../src/namespace/socket/socket.js';
import { eventDropped } from '../../../src/taps/taps.js';
import { hear } from '../../taps/hear.js';

const X = 'x'.repeat(1_000);

/** Returns the events of a client as `name` and first argument, and binary messages as `<size>`. */
function heard(client: RawClient): string[] {
  return client.received
    .filter((unit) => typeof unit !== 'string' || /^4[1235]/.test(unit))
    .map((unit) => {
      if (typeof unit !== 'string') return `<${unit.length}>`;
      const start = unit.indexOf('[');
      if (start < 0) return unit;
      const [name, first] = JSON.parse(unit.slice(start)) as [string, unknown];
      return unit.startsWith('43') ? `ack ${name}` : `${name} ${JSON.stringify(first)}`;
    });
}

const namespaceOf = (server: TestServer): Namespace => server.io.sockets as unknown as Namespace;

async function openOne(server: TestServer): Promise<{ client: RawClient; socket: Socket; nsp: Namespace }> {
  const client = await join(server);
  const nsp = namespaceOf(server);
  const socket = [...nsp.sockets.values()].at(-1) as Socket;
  return { client, socket, nsp };
}

/** Silences a client, and sends until its connection accepts no more. */
async function stall(server: TestServer, client: RawClient, socket: Socket): Promise<void> {
  client.link?.hold();
  for (let n = 0; socket.conn.transport.writable && n < 1_000; n += 1) {
    socket.emit('fill', n, X);
    await server.clock.settle();
  }
  expect(socket.conn.transport.writable).toBe(false);
}

async function wake(server: TestServer, client: RawClient): Promise<string[]> {
  client.link?.release();
  await server.clock.advance(1_000);
  return heard(client).filter((text) => !text.startsWith('fill'));
}

describe('a socket without a policy', () => {
  it('has nothing between an emit and its outbox, and is not watched', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    await stall(server, client, socket);
    server.io.emit('a', 1);
    await server.clock.settle();
    expect(coreOf(nsp).slowReaders.policies.isActive).toBe(false);
    expect(memberOf(socket).lag).toBeUndefined();
    expect(server.io.engine.slow()).toMatchObject({ count: 0, readers: [] });
    expect(await wake(server, client)).toEqual(['a 1']);
  });
});

describe('a socket whose events may be dropped', () => {
  it('loses only events: questions and answers keep their place, and volatile events go', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'drop-oldest', bytesMax: 6_000 });
    await stall(server, client, socket);
    socket.emit('question', 1, () => undefined);
    socket.volatile.emit('v', 0);
    for (let n = 0; n < 10; n += 1) socket.emit('n', n, X);
    socket.emit('question', 2, () => undefined);
    for (let n = 10; n < 20; n += 1) socket.emit('n', n, X);
    await server.clock.settle();
    const got = await wake(server, client);
    // The data sent until the connection was full had filled it, and the last of it may have been dropped.
    expect(got.filter((text) => !text.startsWith('naru:dropped'))).toEqual([
      'question 1',
      'question 2',
      'n 18',
      'n 19',
    ]);
    expect(got.filter((text) => text.startsWith('naru:dropped')).length).toBeGreaterThan(0);
  });

  it('counts volatile events that it does not get, each once', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'drop-oldest', bytesMax: 6_000 });
    await stall(server, client, socket);
    socket.emit('n', X);
    const told = hear(eventDropped);
    nsp.volatile.emit('v', new Uint8Array(5), new Uint8Array(6));
    socket.volatile.emit('v', 0);
    expect(told).toEqual(Array(2).fill(['event.dropped', { connection: socket.conn.number, wire: 'websocket' }]));
  });

  it('receives an event with all of its attachments, or nothing of it', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'drop-oldest', bytesMax: 8_000 });
    await stall(server, client, socket);
    for (let n = 0; n < 12; n += 1) socket.emit('b', n, new Uint8Array(500), new Uint8Array(700));
    server.io.emit('end', 0);
    const got = await wake(server, client);
    expect(got.slice(1)).toEqual(['b 10', '<500>', '<700>', 'b 11', '<500>', '<700>', 'end 0']);
    expect(got[0]).toMatch(/^naru:dropped/);
  });

  it('receives the waiting data before the server disconnects it', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'drop-oldest', bytesMax: 50_000 });
    await stall(server, client, socket);
    socket.emit('a', 1);
    socket.disconnect();
    expect(server.io.engine.slow().count).toBe(0);
    expect(await wake(server, client)).toEqual(['a 1', '41']);
  });

  it('is in rooms of several policies, which do not take from each other', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp
      .slow('cars', { policy: 'newest-per-key', bytesMax: 40_000 })
      .slow('chat', { policy: 'drop-oldest', bytesMax: 5_000 });
    nsp.slow({ policy: 'hold', bytesMax: 1_000_000 });
    socket.join(['cars', 'chat']);
    await stall(server, client, socket);
    for (let n = 0; n < 20; n += 1) {
      nsp
        .to('cars')
        .key(`car-${n % 2}`)
        .emit('car', n, X);
      nsp.to('chat').emit('line', n, X);
      nsp.emit('news', n);
    }
    const got = (await wake(server, client)).filter((text) => !text.startsWith('naru:dropped'));
    expect(got.filter((text) => text.startsWith('news')).length).toBe(20);
    expect(got.filter((text) => text.startsWith('car'))).toEqual(['car 18', 'car 19']);
    expect(got.filter((text) => text.startsWith('line'))).toEqual(['line 18', 'line 19']);
    expect(got.slice(-3)).toEqual(['car 19', 'line 19', 'news 19']);
  });

  it('gets an event for everybody and one for itself, although both have the same name and key', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'newest-per-key', bytesMax: 40_000 });
    await stall(server, client, socket);
    nsp.key('k').emit('position', 'everybody');
    socket.key('k').emit('position', 'one');
    expect(await wake(server, client)).toEqual(['position "everybody"', 'position "one"']);
  });

  it('ends when packets that must arrive exceed the limit of all', async () => {
    const server = stage({ bufferedBytesMax: 200_000 });
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'drop-oldest', bytesMax: 20_000 });
    await stall(server, client, socket);
    const ends: unknown[] = [];
    socket.on('disconnect', (reason: string, error: Error) => ends.push(reason, String(error)));
    for (let n = 0; n < 400; n += 1) socket.emit('question', X, () => undefined);
    await server.clock.settle();
    expect(ends).toEqual(['transport error', expect.stringContaining('200000 bytes')]);
    expect(server.io.engine.slow()).toMatchObject({ count: 0, totals: { disconnected: 1 } });
  });

  it('ends also if it reads from the log, and questions for it exceed the limit of all', async () => {
    const server = stage({ connectionStateRecovery: {}, lateBytesMax: 10_000, bufferedBytesMax: 200_000 });
    const { client, socket, nsp } = await openOne(server);
    client.link?.hold();
    for (let n = 0; n < 200; n += 1) {
      nsp.emit('n', n, X);
      await server.clock.settle();
    }
    expect(memberOf(socket).lag).toBeDefined();
    // Newer versions of Node buffer 64 KiB of it in a stream.
    expect(memberOf(socket).waitingBytes).toBeLessThan(100_000);
    for (let n = 0; n < 100; n += 1) socket.emit('question', X, () => undefined);
    await server.clock.settle();
    expect(socket.connected).toBe(true);
    for (let n = 0; n < 100; n += 1) socket.emit('question', X, () => undefined);
    await server.clock.settle();
    expect(socket.connected).toBe(false);
    expect(server.io.engine.slow()).toMatchObject({ count: 0, totals: { late: 1, disconnected: 1 } });
  });

  it.each(['disconnect', 'hold', 'catch-up', undefined] as const)(
    'continues in order when the policy becomes %s meanwhile',
    async (policy) => {
      const server = stage({ connectionStateRecovery: {} });
      const { client, socket, nsp } = await openOne(server);
      nsp.slow({ policy: 'drop-oldest', bytesMax: 10_000 });
      await stall(server, client, socket);
      for (let n = 0; n < 30; n += 1) {
        server.io.emit('n', n, X);
        await server.clock.settle();
      }
      expect(server.io.engine.slow().readers[0]?.droppedEvents).toBeGreaterThan(10);
      nsp.slow(policy && { policy, bytesMax: 12_000 });
      for (let n = 30; n < 60; n += 1) {
        server.io.emit('n', n, X);
        await server.clock.settle();
      }
      if (policy === 'disconnect') {
        expect(socket.connected).toBe(false);
        return;
      }
      const numbers = (await wake(server, client))
        .filter((text) => text.startsWith('n '))
        .map((text) => Number(text.slice(2)));
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
      // A client that catches up from the log also receives events that would have been dropped.
      if (policy === 'catch-up') expect(numbers.length).toBe(60);
      else expect(numbers.slice(-30)).toEqual(Array.from({ length: 30 }, (_, n) => 30 + n));
      expect(server.io.engine.slow().count).toBe(0);
    },
  );
});

describe('a socket that is disconnected above its budget', () => {
  it('comes back to much missed data, and is not disconnected for that', async () => {
    const server = stage({ connectionStateRecovery: {}, slowReaders: { policy: 'disconnect', bytesMax: 20_000 } });
    const device = server.device();
    const client = io(server.url, { ...server.optionsOn(device), transports: ['websocket'], reconnectionDelay: 10 });
    const got: number[] = [];
    client.on('n', (n: number) => got.push(n));
    await server.clock.advance(100);
    const ends: string[] = [];
    server.io.on('connection', (socket) => {
      socket.on('disconnect', (reason) => ends.push(reason));
      for (const link of server.network.links) link.hold();
    });
    device.cut();
    for (let n = 0; n < 500; n += 1) server.io.emit('n', n, X);
    await server.clock.settle();
    for (let n = 500; n < 600; n += 1) {
      server.io.emit('n', n, 'x');
      await server.clock.advance(3);
    }
    expect(got.length).toBe(0);
    for (const link of server.network.links) link.release();
    await server.clock.advance(1_000);
    expect(got).toEqual(Array.from({ length: 600 }, (_, n) => n));
    expect(ends).toEqual([]);
    client.disconnect();
    await server.clock.advance(100);
  });
});

describe('a recoverable socket with dropped events', () => {
  async function drop() {
    const server = stage({ connectionStateRecovery: {} });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await server.clock.settle();
    const [, pid = ''] = /"pid":"([^"]+)"/.exec(String(client.texts.at(-1))) ?? [];
    const nsp = namespaceOf(server);
    const socket = [...nsp.sockets.values()][0] as Socket;
    nsp.slow({ policy: 'drop-oldest', bytesMax: 10_000 });
    await stall(server, client, socket);
    for (let n = 0; n < 40; n += 1) server.io.emit('n', n, X);
    await server.clock.settle();
    client.link?.release();
    await server.clock.advance(1_000);
    const events = client.texts
      .filter((text) => text.startsWith('42'))
      .map((text) => JSON.parse(text.slice(2)) as string[]);
    const at = events.findIndex(([name]) => name === 'naru:dropped');
    return { server, client, events, at, pid };
  }

  const numbersOf = (client: RawClient): number[] =>
    client.texts
      .filter((text) => text.startsWith('42["n"'))
      .map((text) => (JSON.parse(text.slice(2)) as [string, number])[1]);

  it('is notified with the newest of their offsets, and continues after it', async () => {
    const { server, client, events, at, pid } = await drop();
    const [, dropped, offset] = events[at] as unknown as [string, { count: number }, string];
    const behind = events.slice(at + 1).map(([, n]) => Number(n));
    expect(dropped.count).toBeGreaterThan(20);
    client.link?.cut();
    await server.clock.advance(100);
    const back = await RawClient.open(server, { answersPings: true });
    back.send(`40${JSON.stringify({ pid, offset })}`);
    await server.clock.advance(100);
    expect(numbersOf(back)).toEqual(behind);
  });

  it('receives them from the log if it returns before the notice', async () => {
    const { server, client, events, at, pid } = await drop();
    const [last] = (events[at - 1] as string[]).slice(-1);
    client.link?.cut();
    await server.clock.advance(100);
    const back = await RawClient.open(server, { answersPings: true });
    back.send(`40${JSON.stringify({ pid, offset: last })}`);
    await server.clock.advance(100);
    const [, dropped] = events[at] as unknown as [string, { count: number }];
    const behind = events.slice(at + 1).map(([, n]) => Number(n));
    expect(numbersOf(back).slice(-behind.length)).toEqual(behind);
    const all = back.texts.filter((text) => text.startsWith('42["')).length;
    expect(all).toBe(dropped.count + behind.length);
    expect(back.texts.some((text) => text.includes('naru:dropped'))).toBe(false);
  });
});

describe('waiting until a client has read', () => {
  it('ends at once for one that reads, and reports one that has left', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'hold', bytesMax: 5_000 });
    expect(await socket.drained()).toBe(true);
    await stall(server, client, socket);
    expect(socket.emit('n', 1, X)).toBe(false);
    const waiting = socket.drained();
    client.link?.cut();
    await server.clock.advance(10);
    expect(await waiting).toBe(false);
    expect(await socket.drained()).toBe(false);
    expect(socket.isOverBudget).toBe(false);
  });

  it('ends after a time, or by a signal', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'hold', bytesMax: 5_000 });
    await stall(server, client, socket);
    const [late, controller] = [socket.drained({ timeoutMs: 500 }), new AbortController()];
    const aborted = socket.drained({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await server.clock.advance(500);
    expect(await late).toBe(false);
    await wake(server, client);
    expect(await socket.drained()).toBe(true);
  });

  it('lets the waiting sender emit at once, and wait again', async () => {
    const server = stage();
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'hold', bytesMax: 5_000 });
    await stall(server, client, socket);
    let rounds = 0;
    const produce = async (): Promise<void> => {
      for (let n = 0; n < 50; n += 1) {
        while (socket.emit('n', n, X) && n < 49) n += 1;
        rounds += 1;
        await socket.drained();
      }
    };
    const produced = produce();
    expect((await wake(server, client)).at(-1)).toBe('n 49');
    await produced;
    expect(rounds).toBeGreaterThan(5);
  });

  it('works for a client that reads from the log, with two namespaces on one connection', async () => {
    const server = stage({ connectionStateRecovery: {}, lateBytesMax: 10_000 });
    server.io.of('/b');
    const { client, socket, nsp } = await openOne(server);
    client.send('40/b,');
    await server.clock.settle();
    const [other] = [...server.io.of('/b').sockets.values()] as unknown as [Socket];
    await stall(server, client, socket);
    for (let n = 0; n < 100; n += 1) {
      nsp.emit('n', n, X);
      server.io.of('/b').emit('m', n, X);
      await server.clock.settle();
    }
    expect([socket.isOverBudget, other.isOverBudget]).toEqual([true, true]);
    expect(server.io.engine.slow()).toMatchObject({ count: 2, totals: { late: 2 } });
    const both = Promise.all([socket.drained(), other.drained()]);
    const got = await wake(server, client);
    expect(await both).toEqual([true, true]);
    expect(got.filter((text) => text.startsWith('n ')).length).toBe(100);
    expect(got.filter((text) => text.startsWith('m ')).length).toBe(100);
    expect(server.io.engine.slow().count).toBe(0);
  });

  it('ends also if another namespace of the connection fills it again meanwhile', async () => {
    const server = stage();
    server.io.of('/b').slow({ policy: 'hold', bytesMax: 5_000 });
    const { client, socket, nsp } = await openOne(server);
    nsp.slow({ policy: 'drop-oldest', bytesMax: 100_000 });
    client.send('40/b,');
    await server.clock.settle();
    const [other] = [...server.io.of('/b').sockets.values()] as unknown as [Socket];
    await stall(server, client, socket);
    for (let n = 0; n < 20; n += 1) socket.emit('m', n, X);
    expect(memberOf(socket).lag).toBeDefined();
    const drained = other.drained();
    expect((await wake(server, client)).filter((text) => text.startsWith('m ')).length).toBe(20);
    expect(await drained).toBe(true);
    expect(socket.conn.isAwaitingSpace).toBe(false);
  });
});
