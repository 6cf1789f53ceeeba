import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { SlowTable } from '../../../src/namespace/slow-readers/slow-table.js';
import type { Member } from '../../../src/namespace/socket/socket.js';

const socket = (id: string, waitingBytes: number): Member =>
  ({
    id,
    namespace: { name: '/' },
    client: { conn: { transport: { name: 'websocket' } } },
    waitingBytes,
  }) as unknown as Member;

describe('the table of slow readers', () => {
  it('lists the slowest first, and at most the requested number', async () => {
    const clock = new FakeClock();
    const table = new SlowTable(clock);
    for (const [id, bytes] of Object.entries({ a: 10, b: 30, c: 20 })) table.begin(socket(id, bytes), 'hold');
    expect(table.report().readers.map(({ id }) => id)).toEqual(['b', 'c', 'a']);
    expect(table.report(1)).toMatchObject({ count: 3, readers: [{ id: 'b', bytes: 30, since: clock.now() }] });
    expect(table.report(0).readers).toEqual([]);
    expect(table.report(Number.NaN).readers).toEqual([]);
    expect(table.report(-1).readers).toEqual([]);
    for (let n = 0; n < 200; n += 1) table.begin(socket(`s${n}`, 1), 'hold');
    expect(table.report().readers.length).toBe(100);
  });

  it('notes for explanations that a socket became slow, once for each policy', () => {
    const notes: unknown[] = [];
    const one = socket('one', 5);
    Object.assign(one.namespace, { journal: { note: (_namespace: unknown, fact: unknown) => notes.push(fact) } });
    const table = new SlowTable(new FakeClock());
    for (const policy of ['hold', 'hold', 'catch-up'] as const) table.begin(one, policy);
    table.end(one);
    const fact = { type: 'slow', socket: 'one', bytes: 5 };
    expect(notes).toEqual([
      { ...fact, policy: 'hold' },
      { ...fact, policy: 'catch-up' },
    ]);
  });

  it('counts an event that a socket skipped, for the socket only while it is slow', () => {
    const table = new SlowTable(new FakeClock());
    const one = socket('one', 5);
    table.noteSkipped(one, 100);
    expect(table.report()).toMatchObject({ count: 0, totals: { sockets: 0, droppedEvents: 1, droppedBytes: 100 } });
    table.begin(one, 'newest-group');
    table.noteSkipped(one, 20);
    expect(table.report()).toMatchObject({
      readers: [{ droppedEvents: 1, droppedBytes: 20 }],
      totals: { droppedEvents: 2 },
    });
  });

  it('counts for each while it is slow, and in total since the start', async () => {
    const clock = new FakeClock();
    const table = new SlowTable(clock);
    const one = socket('one', 5);
    table.noteGone(one, 100, false, 'drop-oldest');
    await clock.advance(50);
    table.noteGone(one, 20, false, 'drop-oldest');
    table.noteGone(one, 7, true, 'newest-per-key');
    expect(table.report().readers[0]).toEqual({
      id: 'one',
      namespace: '/',
      transport: 'websocket',
      policy: 'drop-oldest',
      bytes: 5,
      since: clock.now() - 50,
      droppedEvents: 2,
      droppedBytes: 120,
      conflatedEvents: 1,
    });
    table.begin(one, 'catch-up');
    expect(table.policyOf(one)).toBe('catch-up');
    expect(table.report().readers[0]).toMatchObject({ droppedEvents: 2, since: clock.now() - 50 });
    table.end(one);
    table.begin(one, 'hold');
    table.begin(one, 'hold');
    table.noteDisconnected();
    expect(table.report().readers[0]).toMatchObject({ droppedEvents: 0 });
    expect(table.report().totals).toEqual({
      sockets: 2,
      late: 1,
      held: 1,
      disconnected: 1,
      droppedEvents: 2,
      droppedBytes: 120,
      conflatedEvents: 1,
    });
  });

  it('finds a slow reader', () => {
    const table = new SlowTable(new FakeClock());
    const one = socket('one', 5);
    expect(table.some(() => true)).toBe(false);
    table.begin(one, 'hold');
    expect(table.some((found, policy) => found === one && policy === 'hold')).toBe(true);
    expect(table.some(() => false)).toBe(false);
  });
});
