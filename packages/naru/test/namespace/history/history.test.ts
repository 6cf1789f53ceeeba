import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { local } from '../../../../local/src/local-backplane.js';
import { FakeClock, TestServer, type TestServerOptions } from '../../../../testing/src/entry/index.js';
import { type Backplane, decodeOffset, encodeOffset, type Log, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { gapRecord, TOLD_ROOM } from '../../../src/backplane/own-records.js';
import { readOptions } from '../../../src/base/options/table.js';
import { History, type HistoryPage, historyQueryTable, historyTable } from '../../../src/namespace/history/history.js';
import type { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { coreOf, type Namespace } from '../../../src/namespace/namespace.js';
import { walkOptions } from '../../base/options/walk.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const HOMES: Record<string, (clock: FakeClock, bytes: number) => Backplane> = {
  memory: (clock, bytes) => memoryBackplane(clock, { ageMs: 60_000, bytes }),
  local: (clock, bytes) => {
    const folder = mkdtempSync(joinPath(tmpdir(), 'naru-history-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const backplane = local(folder, { clock, ageMs: 60_000, bytes });
    ends.push(() => backplane.close());
    return backplane;
  },
};

function open(home: string, options: TestServerOptions['server'] = {}, bytes = 1_000_000): TestServer {
  const clock = new FakeClock();
  const server = new TestServer({ clock, server: { backplane: HOMES[home]?.(clock, bytes), ...options } });
  ends.push(() => server.close());
  return server;
}

/** Waits for a reading that takes turns of the clock. */
async function settled<T>(server: TestServer, promise: Promise<T>): Promise<T> {
  const result = promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  await server.clock.settle();
  const outcome = await result;
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/**
 * Returns the offsets of records by their number, from 1, with the first one for a room. Only in memory do they begin
 * with 1.
 */
async function placesOf(server: TestServer, room: string): Promise<(n: number) => string> {
  const { events } = await settled(server, server.io.history(room));
  const first = decodeOffset(events[0]?.offset) ?? 0;
  return (n) => (n === 0 ? ZERO_OFFSET : encodeOffset(first + n - 1));
}

const numbers = ({ events }: HistoryPage) => events.map(({ args }) => args[0]);

describe.each(Object.keys(HOMES))('the history of a room in %s', (home) => {
  it('has the events of that room, oldest first, with their offsets, times and bytes', async () => {
    const server = open(home);
    const { io, clock } = server;
    io.to('lobby').emit('say', 'one', { deep: [new Uint8Array([1, 2])] });
    await clock.advance(10);
    io.emit('all', 1);
    io.to('other').emit('say', 'elsewhere');
    io.to(['other', 'lobby']).emit('say', 'two');
    const place = await placesOf(server, 'lobby');
    const page = await settled(server, io.history('lobby'));
    expect(page.events.map(({ event, args, at }) => [event, at - (page.events[0]?.at ?? 0), ...args])).toEqual([
      ['say', 0, 'one', { deep: [expect.anything()] }],
      ['say', 10, 'two'],
    ]);
    const [, { deep }] = (page.events[0]?.args ?? [0, { deep: [] }]) as [unknown, { deep: Uint8Array[] }];
    expect([...(deep[0] ?? [])]).toEqual([1, 2]);
    expect(page.events.map(({ offset }) => offset)).toEqual([place(1), place(4)]);
    expect([page.hasMore, page.hasGap, page.next]).toEqual([false, false, undefined]);
  });

  it('reports an erased event on the one page that it belongs to', async () => {
    const server = open(home);
    for (let n = 1; n <= 3; n += 1) server.io.to('lobby').emit('n', n);
    const place = await placesOf(server, 'lobby');
    await settled(server, server.io.erase({ offset: place(2) }));
    const read = async (query: object) => {
      const page = await settled(server, server.io.history('lobby', { ...query, limit: 1 }));
      return [numbers(page), page.hasMore, page.hasGap];
    };
    expect(await read({})).toEqual([[3], true, false]);
    expect(await read({ before: place(3) })).toEqual([[1], false, true]);
    expect(await read({ after: place(0) })).toEqual([[1], true, false]);
    expect(await read({ after: place(1) })).toEqual([[3], false, true]);
  });

  it('has what was emitted in the turn of the call', async () => {
    const server = open(home);
    server.io.to('lobby').emit('n', 1);
    const page = server.io.history('lobby');
    server.io.to('lobby').emit('n', 2);
    expect(numbers(await settled(server, page))).toEqual([1]);
  });

  it('can be read backwards page by page, and ends at its beginning', async () => {
    const server = open(home);
    for (let n = 1; n <= 7; n += 1) {
      server.io.to('lobby').emit('n', n);
      server.io.to('other').emit('n', -n);
    }
    const seen: unknown[][] = [];
    let before: string | undefined;
    for (;;) {
      const page = await settled(server, server.io.history('lobby', { before, limit: 3 }));
      seen.unshift(numbers(page));
      if (!page.hasMore) break;
      before = page.next;
    }
    expect(seen).toEqual([[1], [2, 3, 4], [5, 6, 7]]);
  });

  it('can be read from an offset, and between two', async () => {
    const server = open(home);
    for (let n = 1; n <= 6; n += 1) server.io.to('lobby').emit('n', n);
    const place = await placesOf(server, 'lobby');
    const read = (query: object) => settled(server, server.io.history('lobby', query));
    const first = await read({ after: place(2), limit: 3 });
    expect([numbers(first), first.hasMore, first.next]).toEqual([[3, 4, 5], true, place(5)]);
    const second = await read({ after: first.next, limit: 3 });
    expect([numbers(second), second.hasMore]).toEqual([[6], false]);
    const between = await read({ after: place(2), before: place(6), limit: 2 });
    expect([numbers(between), between.hasMore]).toEqual([[4, 5], true]);
    expect(numbers(await read({ after: place(2), before: between.next }))).toEqual([3]);
    expect(numbers(await read({ after: place(6) }))).toEqual([]);
  });

  it('reports what the log has dropped', async () => {
    const server = open(home);
    server.io.to('lobby').emit('n', 1);
    const place = await placesOf(server, 'lobby');
    await server.clock.advance(50_000);
    for (let n = 2; n <= 4; n += 1) server.io.to('lobby').emit('n', n);
    await server.clock.advance(20_000);
    const read = (query: object) => settled(server, server.io.history('lobby', query));
    server.io.to('lobby').emit('n', 5);
    const back = await read({});
    expect([numbers(back), back.hasMore, back.hasGap]).toEqual([[2, 3, 4, 5], false, true]);
    const on = await read({ after: place(0) });
    expect([numbers(on), on.hasMore, on.hasGap]).toEqual([[2, 3, 4, 5], false, true]);
    expect((await read({ after: place(1) })).hasGap).toBe(false);
    expect((await read({ after: place(1), before: place(4) })).hasGap).toBe(false);
    expect((await read({ after: place(0), before: place(4) })).hasGap).toBe(true);
    expect((await read({ before: place(2) })).events).toEqual([]);
  });

  it('examines a limited number of records, and continues where it stopped', async () => {
    const server = open(home, { indexedRoomsMax: 0, history: { recordsMax: 100 } });
    server.io.to('other').emit('n', 0);
    const place = await placesOf(server, 'other');
    server.io.to('lobby').emit('n', 1);
    for (let n = 1; n < 250; n += 1) server.io.to('other').emit('n', n);
    const seen: unknown[] = [];
    let pages = 0;
    let before: string | undefined;
    for (;;) {
      const page = await settled(server, server.io.history('lobby', { before }));
      pages += 1;
      seen.push(...numbers(page));
      if (!page.hasMore) break;
      before = page.next;
    }
    expect([seen, pages]).toEqual([[1], 3]);
    const on = await settled(server, server.io.history('other', { after: place(0), limit: 1_000 }));
    expect([on.events.length, on.hasMore, on.next]).toEqual([99, true, place(100)]);
  });

  it('asks for as many records of a quiet room as the page needs, and for one more', async () => {
    const backplane = HOMES[home]?.(new FakeClock(), 1_000_000) as Backplane;
    const readAt = vi.spyOn(backplane.log as Required<Log>, 'readAt');
    const server = open(home, { backplane });
    const read = (before?: string) => settled(server, server.io.history('quiet', { limit: 5, before }));
    // The server notes where records are once somebody reads.
    await read(encodeOffset(1));
    for (let n = 0; n < 3_000; n += 1) server.io.to(n % 100 === 0 ? 'quiet' : 'busy').emit('n', n);
    const page = await read();
    const older = await read(page.next);
    expect([numbers(page), numbers(older)]).toEqual([
      [2_500, 2_600, 2_700, 2_800, 2_900],
      [2_000, 2_100, 2_200, 2_300, 2_400],
    ]);
    // The newest 200 records are read anyway. They have two of the room.
    expect(readAt.mock.calls.map(([, offsets]) => offsets.length)).toEqual([4, 6]);
  });

  it('ends a page before it has too many bytes, and allows a single large event', async () => {
    const server = open(home, { history: { bytesMax: 5_000, eventsMax: 4 } });
    server.io.to('lobby').emit('n', 0, 'x'.repeat(20_000));
    for (let n = 1; n <= 3; n += 1) server.io.to('lobby').emit('n', n, 'x'.repeat(2_000));
    for (let n = 4; n <= 9; n += 1) server.io.to('lobby').emit('n', n);
    const sizes: unknown[][] = [];
    let before: string | undefined;
    for (;;) {
      const page = await settled(server, server.io.history('lobby', { before, limit: 1_000_000 }));
      sizes.unshift(numbers(page));
      if (!page.hasMore) break;
      before = page.next;
    }
    expect(sizes).toEqual([[0], [1, 2], [3, 4, 5], [6, 7, 8, 9]]);
  });

  it('reports an offset that is not of this log', async () => {
    const server = open(home);
    server.io.to('lobby').emit('n', 1);
    const page = await settled(server, server.io.history('lobby', { after: encodeOffset(Number.MAX_SAFE_INTEGER) }));
    expect([page.events, page.hasGap]).toEqual([[], true]);
    await expect(server.io.history('lobby', { before: 'yesterday' })).rejects.toThrow('got "yesterday"');
    await expect(server.io.history('lobby', { limit: 0 })).rejects.toThrow(
      'Option "history.limit" must be a positive whole number, got 0.',
    );
  });
});

describe('history', () => {
  it('reports on the right page that events could not be stored', async () => {
    const clock = new FakeClock();
    const backplane = memoryBackplane(clock, { ageMs: 60_000, bytes: 1_000_000 });
    const server = new TestServer({ clock, server: { backplane } });
    ends.push(() => server.close());
    const { io } = server;
    for (const n of [1, 2, 3, 4]) {
      io.to('lobby').emit('n', n);
      await clock.settle();
      if (n === 2) await backplane.log.append('/', [gapRecord(encodeOffset(2), null, clock.now())]);
    }
    const read = (query: object) => settled(server, io.history('lobby', query));
    const last = await read({ limit: 1 });
    expect([numbers(last), last.hasGap]).toEqual([[4], false]);
    const around = await read({ before: last.next, limit: 2 });
    expect([numbers(around), around.hasGap]).toEqual([[2, 3], true]);
    const first = await read({ before: around.next, limit: 5 });
    expect([numbers(first), first.hasGap]).toEqual([[1], false]);
    const on = await read({ after: encodeOffset(1) });
    expect([numbers(on), on.hasGap]).toEqual([[2, 3, 4], true]);
  });

  it('has limits by default', () => {
    expect(readOptions(historyTable, {})).toEqual({ eventsMax: 1_000, bytesMax: 1_048_576, recordsMax: 10_000 });
  });

  it('needs a log', async () => {
    const server = new TestServer();
    ends.push(() => server.close());
    await expect(server.io.of('/chat').history('lobby')).rejects.toMatchObject({
      code: 'WRONG_STATE',
      message: expect.stringContaining('"/chat" does not keep history: set the server option "backplane"'),
    });
  });

  it('lets others have their turn after each 200 records', async () => {
    const server = open('memory');
    for (let n = 0; n < 1_000; n += 1) server.io.to('lobby').emit('n', n);
    await server.clock.settle();
    const turns = vi.spyOn(server.clock, 'defer');
    expect((await settled(server, server.io.history('lobby', { limit: 1_000 }))).events).toHaveLength(1_000);
    expect(turns.mock.calls.length).toBeGreaterThanOrEqual(5);
  });

  it('reads for clients in turn, two at once, and limits the waiting ones', async () => {
    const clock = new FakeClock();
    const calls: (() => void)[] = [];
    const page = { records: [], hasGap: false };
    const log = {
      offset: encodeOffset(1),
      readBack: () => new Promise((resolve) => calls.push(() => resolve(page))),
    } as unknown as NamespaceLog;
    const settings = { eventsMax: 10, bytesMax: 1_000, recordsMax: 100 };
    const history = new History('/', log, { clock, history: settings, settle: () => undefined });
    const query = { rooms: new Set(['lobby']) };
    const reader = { connected: true, conn: { remoteAddress: '10.0.0.1' } };
    const readings = Array.from({ length: 1_002 }, () => history.readQueued(reader, query));
    expect([await history.readQueued(reader, query), calls.length]).toEqual([undefined, 2]);
    // Resuming subscriptions have separate turns.
    const on = Array.from({ length: 3 }, () => history.readOnQueued(reader, query));
    expect(calls.length).toBe(4);
    for (const call of calls.splice(2)) call();
    await on[1];
    await Promise.resolve();
    for (const call of calls.splice(2)) call();
    expect(await on[2]).toMatchObject({ records: [] });
    for (let n = 0; n < 1_002; n += 1) {
      calls[n]?.();
      await readings[n];
    }
    expect(calls.length).toBe(1_002);
    await expect(history.readQueued(reader, { ...query, before: 'yesterday' })).rejects.toThrow('got "yesterday"');
    const last = history.readQueued(reader, query);
    await Promise.resolve();
    calls.at(-1)?.();
    expect(await last).toMatchObject({ records: [], hasMore: false });
  });

  it('ends a page before records that the log dropped meanwhile, and the next page reports them', async () => {
    const clock = new FakeClock();
    const record = (n: number) => ({
      offset: encodeOffset(n),
      at: 0,
      rooms: ['lobby'],
      except: [],
      event: JSON.stringify(['n', n]),
      attachments: [],
    });
    // The log drops 3 to 7 after the first look.
    const log = {
      home: { historyPageMax: 200 },
      pages: { readRooms: () => undefined },
      knows: () => true,
      read: (after: string) => {
        if (after < encodeOffset(2)) return { records: [record(1), record(2)], hasGap: false };
        if (after < encodeOffset(8)) return { records: [record(8), record(9)], hasGap: true };
        return { records: [], hasGap: false };
      },
    } as unknown as NamespaceLog;
    const settings = { eventsMax: 10, bytesMax: 10_000, recordsMax: 100 };
    const history = new History('/', log, { clock, history: settings, settle: () => undefined });
    const first = await history.read('lobby', { after: encodeOffset(0) });
    expect([numbers(first), first.hasGap, first.hasMore, first.next]).toEqual([[1, 2], false, true, encodeOffset(2)]);
    const second = await history.read('lobby', { after: first.next as string });
    expect([numbers(second), second.hasGap, second.hasMore]).toEqual([[8, 9], true, false]);
  });

  it.each([
    [200, [200, 200, 200, 200, 200]],
    [500, [200, 500, 375]],
    [1_000, [200, 1_000]],
  ])('reads at most %i records at once, and as many as it probably needs', async (historyPageMax, expected) => {
    const clock = new FakeClock();
    const asked: number[] = [];
    const record = (n: number) => ({
      offset: encodeOffset(n),
      at: 0,
      rooms: [n % 10 === 0 ? 'lobby' : 'other'],
      except: [],
      event: JSON.stringify(['n', n]),
      attachments: [],
    });
    const readBack = (before: string | undefined, limit: number) => {
      asked.push(limit);
      const end = before === undefined ? 5_001 : (decodeOffset(before) ?? 0);
      return { records: Array.from({ length: limit }, (_, n) => record(end - limit + n)), hasGap: false };
    };
    const pages = { readRooms: () => undefined };
    const log = { home: { historyPageMax }, readBack, pages } as unknown as NamespaceLog;
    const settings = { eventsMax: 1_000, bytesMax: 1_000_000, recordsMax: 10_000 };
    const history = new History('/', log, { clock, history: settings, settle: () => undefined });
    const reading = history.read('lobby', { limit: 99 });
    await clock.settle();
    expect([numbers(await reading)[0], asked]).toEqual([5_000 - 98 * 10, expected]);
  });

  it('never shows the messages between processes', async () => {
    const server = new TestServer({ server: { connectionStateRecovery: {} } });
    ends.push(() => server.close());
    coreOf(server.io.sockets as object as Namespace).log?.tell(['taken', 'secret']);
    server.io.emit('say', 1);
    await server.clock.settle();
    expect((await settled(server, server.io.history(TOLD_ROOM))).events).toEqual([]);
  });

  it('works with connection state recovery alone', async () => {
    const server = new TestServer({ server: { connectionStateRecovery: {} } });
    ends.push(() => server.close());
    server.io.of('/chat').to('lobby').emit('n', 1);
    expect(numbers(await settled(server, server.io.of('/chat').history('lobby')))).toEqual([1]);
  });
});

describe('the options of history()', () =>
  walkOptions(historyQueryTable, (given) => readOptions(historyQueryTable, given)));
