import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { TalkExchange } from '../../../src/backplane/talk/exchange.js';
import { TrafficCounts } from '../../../src/namespace/log/counts.js';
import { readSlowReport, ServerCalls } from '../../../src/namespace/remote/server-calls.js';
import { SlowTable } from '../../../src/namespace/slow-readers/slow-table.js';
import type { Member } from '../../../src/namespace/socket/socket.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';

function build() {
  const clock = new FakeClock();
  const talk = new TalkExchange(clock, new SeededRandom(1));
  const node = (slow: Record<string, number>) => {
    const slowTable = new SlowTable(clock);
    for (const [id, waitingBytes] of Object.entries(slow)) {
      const client = { conn: { transport: { name: 'websocket' } } };
      const member = { id, waitingBytes, namespace: { name: '/' }, client } as unknown as Member;
      slowTable.begin(member, 'drop-oldest');
      slowTable.noteGone(member, 10, false, 'drop-oldest');
    }
    const told: string[] = [];
    const calls = new ServerCalls(talk, {
      counts: new TrafficCounts(),
      clock,
      store: new MemoryStore(clock),
      version: '1.0.0',
      run: 'a run',
      find: () => undefined,
      all: () => [],
      onError: (error) => {
        throw error;
      },
      slowTable,
      onPresence: (hint) => told.push(JSON.stringify(hint)),
    });
    return { calls, told };
  };
  return { clock, talk, node };
}

describe('ServerCalls', () => {
  it('list the slow clients of all nodes, and add up their totals', async () => {
    const { clock, node } = build();
    const [one, two] = [node({ a: 5, b: 50 }), node({ c: 20 })];
    const fetching = one.calls.fetchSlow(2);
    await clock.settle();
    const { count, readers, totals } = await fetching;
    expect(readers.map((reader) => [reader.id, reader.bytes, reader.node])).toEqual([
      ['b', 50, one.calls.remote.node],
      ['c', 20, two.calls.remote.node],
    ]);
    expect([count, totals]).toMatchObject([3, { sockets: 3, droppedEvents: 3, droppedBytes: 30 }]);
  });

  it('name the nodes that do not answer, with the report of the others', async () => {
    const { clock, talk, node } = build();
    const one = node({ a: 5 });
    const silent = talk.join({ onMessage: () => undefined, onQuestion: () => new Promise(() => undefined) });
    const failing = expect(one.calls.fetchSlow(9)).rejects.toMatchObject({
      code: 'TIMEOUT',
      missing: [silent.node],
      report: { count: 1 },
    });
    await clock.advance(5_000);
    await failing;
  });

  it('read a report of slow clients, and nothing else', () => {
    const report = { count: 1, readers: [{ id: 'a', bytes: 1 }], totals: { late: 1 } };
    expect(readSlowReport(report)).toBe(report);
    for (const answer of [null, {}, { ...report, readers: [{}] }, { ...report, totals: { late: '1' } }])
      expect(readSlowReport(answer)).toBeUndefined();
  });

  it('tell the other nodes of presence', async () => {
    const { clock, node } = build();
    const [one, two] = [node({}), node({})];
    const hint = { node: 'one', changes: 3, topics: ['/ a'] };
    one.calls.hintPresence(hint);
    await clock.settle();
    expect([one.told, two.told]).toEqual([[], [JSON.stringify(hint)]]);
  });
});
