import parser from 'socket.io-msgpack-parser';
import { describe, expect, it } from 'vitest';
import { type HistoryPage, history, pages, subscribe } from '../../../src/client/room/index.js';
import { CLIENTS, open, serve } from './room-server.js';

const numbersOf = ({ events }: HistoryPage): unknown[] => events.map(({ args }) => args[0]);

describe.each(CLIENTS)('history for %s', (_name, make) => {
  it('arrives in pages with offsets, times and bytes', async () => {
    const { io, url } = await serve({ connectionStateRecovery: {} });
    io.allow({ history: () => true });
    io.to('lobby').emit('n', 1, Buffer.of(1, 2));
    io.to('lobby').emit('n', 2);
    const page = await history(open(make, url), 'lobby', { limit: 10 });
    expect(page).toMatchObject({ hasMore: false, hasGap: false });
    expect(page.events.map(({ event, args }) => [event, ...args])).toEqual([
      ['n', 1, Buffer.of(1, 2)],
      ['n', 2],
    ]);
    for (const { offset, at } of page.events) expect([offset, at > 1e12]).toEqual([expect.any(String), true]);
  });

  it('goes back page by page to the first event, and on to the last', async () => {
    const { io, url } = await serve({ connectionStateRecovery: {} });
    io.allow({ history: () => true });
    for (let n = 1; n <= 7; n += 1) io.to('lobby').emit('n', n);
    const socket = open(make, url);
    const back: unknown[][] = [];
    let first: string | undefined;
    for await (const page of pages(socket, 'lobby', { limit: 3 })) {
      back.push(numbersOf(page));
      first = page.events[0]?.offset ?? first;
    }
    expect(back.filter(({ length }) => length > 0)).toEqual([[5, 6, 7], [2, 3, 4], [1]]);
    const on: unknown[] = [];
    for await (const page of pages(socket, 'lobby', { after: first, limit: 2 })) on.push(...numbersOf(page));
    expect(on).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('has at most as many attachments in a page as the parser accepts', async () => {
    const { io, url } = await serve({ connectionStateRecovery: {} });
    io.allow({ subscribe: true, history: () => true });
    const bytes = Buffer.of(1);
    for (let n = 1; n <= 9; n += 1) io.to('lobby').emit('n', n, bytes, [bytes, bytes]);
    const socket = open(make, url);
    const disconnects: unknown[] = [];
    (socket.on as (name: string, listener: (reason: unknown) => void) => void)('disconnect', (reason) =>
      disconnects.push(reason),
    );
    const seen: unknown[] = [];
    for await (const page of pages(socket, 'lobby')) {
      seen.unshift(...numbersOf(page));
      expect(page.hasGap).toBe(false);
      for (const { args } of page.events) expect(args.slice(1)).toEqual([bytes, [bytes, bytes]]);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const first = await subscribe(socket, 'lobby');
    expect(numbersOf(first).at(-1)).toBe(9);
    const on: unknown[] = [];
    for await (const page of pages(socket, 'lobby', { after: first.events[0]?.offset })) on.push(...numbersOf(page));
    expect(on).toEqual(numbersOf(first).slice(1));
    expect(disconnects).toEqual([]);
  });

  it('reports a gap for an event with more attachments than the parser accepts', async () => {
    const { io, url } = await serve({ connectionStateRecovery: {} });
    io.allow({ history: () => true });
    const attachments = new Array(11).fill(Buffer.of(1));
    io.to('lobby').emit('n', 1);
    io.to('lobby').emit('n', 2, ...attachments);
    io.to('lobby').emit('n', 3);
    const page = await history(open(make, url), 'lobby');
    const isOurs = make === CLIENTS[0][1];
    expect([numbersOf(page), page.hasGap]).toEqual(isOurs ? [[1, 2, 3], false] : [[1, 3], true]);
    // The server, and wires without attachments, read it whole.
    expect(numbersOf((await io.history('lobby')) as HistoryPage)).toEqual([1, 2, 3]);
  });

  it('has any number of attachments with a custom parser', async () => {
    const { io, url } = await serve({ connectionStateRecovery: {}, parser });
    io.allow({ history: () => true });
    io.to('lobby').emit('n', 1, ...new Array(11).fill(Buffer.of(1)));
    const page = await history(open(make, url, { parser }), 'lobby');
    expect([numbersOf(page), page.hasGap]).toEqual([[1], false]);
  });

  it('is refused with a reason', async () => {
    const { io, url } = await serve();
    const socket = open(make, url);
    await expect(history(socket, 'lobby')).rejects.toMatchObject({ code: 'REFUSED', reason: 'NOT_KEPT' });
    io.allow({ subscribe: true });
    await expect(subscribe(socket, 'lobby')).rejects.toMatchObject({ code: 'REFUSED', reason: 'NOT_KEPT' });
    const kept = await serve({ connectionStateRecovery: {} });
    const other = open(make, kept.url);
    await expect(history(other, 'lobby')).rejects.toMatchObject({ code: 'REFUSED', reason: 'FORBIDDEN' });
    kept.io.allow({ history: () => true });
    await expect(history(other, 'lobby', { limit: 0 })).rejects.toMatchObject({ reason: 'BAD_QUERY' });
    await expect(history(other, 'lobby', { before: 'x' })).rejects.toMatchObject({ reason: 'BAD_QUERY' });
  });

  it('of an entered room is followed by the next events without a gap', async () => {
    const { io, url } = await serve({ connectionStateRecovery: {} });
    io.allow({ subscribe: true, history: true });
    let n = 0;
    const timer = setInterval(() => {
      n += 1;
      io.to('lobby').emit('n', n);
    }, 1);
    const socket = open(make, url);
    const got: unknown[] = [];
    (socket.on as (event: string, listener: (n: number) => void) => void)('n', (each) => got.push(each));
    await expect.poll(() => n).toBeGreaterThan(10);
    const page = await subscribe(socket, 'lobby', { limit: 1_000 });
    await expect.poll(() => got.length).toBeGreaterThan(20);
    clearInterval(timer);
    await expect.poll(() => got.at(-1)).toBe(n);
    expect([...numbersOf(page), ...got]).toEqual(Array.from({ length: n }, (_, at) => at + 1));
  });
});

it('a request waits ten seconds for its answer by default', async () => {
  const times: number[] = [];
  const timeout = (ms: number) => {
    times.push(ms);
    return { emitWithAck: async () => ({ events: [] }) };
  };
  await history({ connected: true, on: () => undefined, off: () => undefined, timeout }, 'lobby');
  expect(times).toEqual([10_000]);
});
