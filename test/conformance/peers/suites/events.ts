/** The content of events in both directions: values, text, size, order, and the catch-all listeners. */
import { describe, expect, it } from 'vitest';
import {
  answerRoundTrips,
  collect,
  MODE_NAMES,
  MODES,
  type Mode,
  next,
  type Pair,
  roundTrip,
  stage,
} from '../harness.js';

/** Claims about events. */
export function events(pair: Pair): void {
  describe.each(MODE_NAMES)('events by %s', (mode) => {
    values(pair, mode);
    sizes(pair, mode);
  });
  describe('listeners', () => {
    order(pair);
    catchAll(pair);
    clientCatchAll(pair);
    sends(pair);
  });
}

const TEXTS = [
  '',
  'plain',
  '한글과 漢字',
  '👩‍👩‍👧 🇰🇷',
  '\u0000\u0001\u001e\u2028\u2029',
  '"quoted" \\ back',
  'é'.normalize('NFD'),
];

function values(pair: Pair, mode: Mode): void {
  it('carries every kind of JSON value both ways', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const args = [1, -0.5, 1e21, '2', true, null, [], {}, [[1, [2]]], { a: { b: [{ c: null }] }, 'key with "': 1 }];
    const inbound = next(socket, 'values');
    client.emit('values', ...args);
    expect(await inbound).toEqual(args);
    const outbound = next(client, 'values');
    socket.emit('values', ...args);
    expect(await outbound).toEqual(args);
  });

  it('carries no argument, undefined as null, and a date as its text', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const date = new Date(0);
    const empty = next(socket, 'empty');
    const odd = next(socket, 'odd');
    client.emit('empty');
    client.emit('odd', undefined, date, { gone: undefined, kept: 1 });
    expect(await empty).toEqual([]);
    expect(await odd).toEqual([null, date.toISOString(), { kept: 1 }]);
  });

  it('carries any text, as a value, as a key and as the name of an event', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    for (const text of TEXTS) {
      const name = `event ${text}`;
      const inbound = next(socket, name);
      client.emit(name, text, { [text]: text });
      expect(await inbound).toEqual([text, { [text]: text }]);
      const outbound = next(client, name);
      socket.emit(name, text, { [text]: text });
      expect(await outbound).toEqual([text, { [text]: text }]);
    }
  });
}

function sizes(pair: Pair, mode: Mode): void {
  it('carries 900 kB of text in and 5 MB out', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const inbound = next(socket, 'large');
    const text = '0123456789'.repeat(90_000);
    client.emit('large', text);
    expect((await inbound)[0] === text).toBe(true);
    const outbound = next(client, 'large');
    const wide = '나루'.repeat(830_000);
    socket.emit('large', wide);
    expect((await outbound)[0] === wide).toBe(true);
  });

  it('keeps the order of 1000 events each way, of mixed sizes', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const count = 1000;
    const inbound = collect(socket, 'n', count);
    const outbound = collect(client, 'n', count);
    for (let n = 0; n < count; n++) {
      client.emit('n', n, 'x'.repeat((n * 37) % 500));
      socket.emit('n', n, 'x'.repeat((n * 91) % 900));
    }
    const expected = Array.from({ length: count }, (_, index) => index);
    expect((await inbound).map(([n]) => n)).toEqual(expected);
    expect((await outbound).map(([n]) => n)).toEqual(expected);
    expect((await inbound).every(([n, x]) => (x as string).length === ((n as number) * 37) % 500)).toBe(true);
  });
}

function order(pair: Pair): void {
  it('delivers events from the connection listener before anything else', async () => {
    const server = await stage(pair);
    server.io.on('connection', (socket) => {
      socket.emit('first', 'hello from server', 1, '2', { 3: Buffer.from([4]) });
      socket.emit('second');
    });
    for (const mode of MODE_NAMES) {
      const client = server.client('', { transports: [...MODES[mode]] });
      const second = next(client, 'second');
      const [greeting, one, two, bag] = (await next(client, 'first')) as [string, number, string, { 3: Buffer }];
      expect([greeting, one, two]).toEqual(['hello from server', 1, '2']);
      expect(Buffer.from(bag[3])).toEqual(Buffer.from([4]));
      expect(await second).toEqual([]);
    }
  });

  it('calls a listener only once with once, and never again after off', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    answerRoundTrips(socket);
    let calls = 0;
    const count = (): void => {
      calls++;
    };
    socket.once('tick', count);
    client.emit('tick').emit('tick');
    await roundTrip(client);
    expect(calls).toBe(1);
    socket.on('tick', count);
    socket.off('tick', count);
    client.emit('tick');
    await roundTrip(client);
    expect(calls).toBe(1);
  });
}

function catchAll(pair: Pair): void {
  it('shows every event in and out to the catch-all listeners of the server', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    const seen: unknown[][] = [];
    const last = (...args: unknown[]): void =>
      void seen.push(['in', ...args.filter((arg) => typeof arg !== 'function')]);
    socket.onAny(last);
    socket.prependAny((name: string) => void seen.push(['early', name]));
    socket.onAnyOutgoing((...args: unknown[]) => void seen.push(['out', ...args]));
    answerRoundTrips(socket);
    const echoed = next(client, 'b');
    socket.on('a', () => socket.emit('b', 2, [3]));
    client.emit('a', 1);
    await echoed;
    socket.offAny(last);
    await roundTrip(client);
    expect(seen).toEqual([
      ['early', 'a'],
      ['in', 'a', 1],
      ['out', 'b', 2, [3]],
      ['early', 'round trip'],
    ]);
    expect(socket.listenersAny().length).toBe(1);
  });

  it('shows broadcasts to the outgoing catch-all listeners of the server', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    const seen: unknown[][] = [];
    socket.onAnyOutgoing((...args: unknown[]) => void seen.push(args));
    const arrived = next(client, 'news');
    server.io.emit('news', 1);
    await arrived;
    expect(seen).toEqual([['news', 1]]);
  });
}

function clientCatchAll(pair: Pair): void {
  it.skipIf(pair.version < 3)('shows every incoming event to the catch-all listeners of the client', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    const seen: unknown[][] = [];
    client.onAny((...args: unknown[]) => void seen.push(args));
    const arrived = next(client, 'two');
    socket.emit('one', 1);
    socket.emit('two');
    await arrived;
    expect(seen).toEqual([['one', 1], ['two']]);
  });

  it.skipIf(pair.version < 4)(
    'shows every outgoing event to the outgoing catch-all listeners of the client',
    async () => {
      const server = await stage(pair);
      const { client, socket } = await server.join();
      const seen: unknown[][] = [];
      client.onAnyOutgoing((...args: unknown[]) => void seen.push(args));
      const arrived = next(socket, 'up');
      client.emit('up', 1, { a: 1 });
      await arrived;
      expect(seen).toEqual([['up', 1, { a: 1 }]]);
    },
  );
}

function sends(pair: Pair): void {
  it('sends a message event with send, both ways', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    const inbound = next(socket, 'message');
    client.send('up', 1);
    expect(await inbound).toEqual(['up', 1]);
    const outbound = next(client, 'message');
    socket.send('down', 2);
    expect(await outbound).toEqual(['down', 2]);
    const all = next(client, 'message');
    server.io.send('all');
    expect(await all).toEqual(['all']);
  });

  it('refuses to emit a reserved name', async () => {
    const server = await stage(pair);
    const { socket } = await server.join();
    for (const name of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']) {
      expect(() => socket.emit(name, 1)).toThrow(/reserved/);
    }
  });
}
