import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { type ExchangeHandler, TalkExchange } from '../../../src/backplane/talk/exchange.js';
import { TrafficCounts } from '../../../src/namespace/log/counts.js';
import { readSlowReport, ServerCalls } from '../../../src/namespace/remote/server-calls.js';
import { SlowTable } from '../../../src/namespace/slow-readers/slow-table.js';
import type { Member } from '../../../src/namespace/socket/socket.js';

function build(handler?: ExchangeHandler, hasSharedStore = true) {
  const clock = new FakeClock();
  const talk = new TalkExchange(clock, new SeededRandom(1), handler);
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
      hasSharedStore,
      version: '1.0.0',
      run: 'a run',
      find: () => undefined,
      all: () => [],
      onError: (error) => {
        throw error;
      },
      slowTable,
      explain: () => ({ node: '', facts: [], sent: [], live: [] }),
      requests: () => ({
        answer: async (from, id, request) => {
          told.push(`${from} ${id} ${[...request]}`);
          return request.length > 0 ? request.slice(1) : undefined;
        },
        drop: (from, id) => told.push(`${from} ${id} gone`),
      }),
      onPresence: (hint) => told.push(JSON.stringify(hint)),
    });
    return { calls, told };
  };
  return { clock, talk, node };
}

describe('ServerCalls', () => {
  it('ask the other nodes who they are where no table says so', async () => {
    const { clock, node } = build(undefined, false);
    const one = node({});
    await clock.advance(5);
    const two = node({});
    const listing = two.calls.nodes.list();
    await clock.settle();
    expect(await listing).toEqual([
      { code: one.calls.remote.node, version: '1.0.0', startedAt: clock.now() - 5 },
      { code: two.calls.remote.node, version: '1.0.0', startedAt: clock.now() },
    ]);
  });

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

  it('wait 600 ms for what the other nodes know of an event, which leaves time to read what a silent one wrote', async () => {
    const { clock, talk, node } = build();
    const [one, two] = [node({}), node({})];
    const silent = talk.join({ onMessage: () => undefined, onQuestion: () => new Promise(() => undefined) });
    const asking = one.calls.askExplain({ client: 'a' });
    await clock.advance(600);
    const { answers, missing } = await asking;
    expect([[...answers.keys()], missing]).toEqual([[two.calls.remote.node], [silent.node]]);
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

  it('carry requests to a node that is there, and their answers back', async () => {
    const { clock, node } = build();
    const [one, two] = [node({}), node({})];
    const [asker, owner] = [one.calls.remote.node, two.calls.remote.node];
    expect([one.calls.knows(owner), one.calls.knows('whoisthe')]).toEqual([true, false]);
    const asked = [
      one.calls.askRequest(owner, 1, Uint8Array.of(1, 2, 255), 1_000),
      one.calls.askRequest(owner, 2, new Uint8Array(0), 1_000),
      one.calls.askRequest('whoisthe', 3, Uint8Array.of(1), 1_000),
    ];
    one.calls.dropRequest(owner, 4);
    await clock.settle();
    expect((await Promise.all(asked)).map((answer) => answer && [...answer])).toEqual([[2, 255], undefined, undefined]);
    expect(two.told).toEqual([`${asker} 1 1,2,255`, `${asker} 2 `, `${asker} 4 gone`]);
  });

  it('know whether a node can be asked once they know the others', async () => {
    const nothing = (): void => undefined;
    let isKnown: (() => void) | undefined;
    const whenKnown = () => new Promise<readonly string[]>((resolve) => (isKnown = () => resolve([])));
    const { talk, node } = build({ onJoin: nothing, onLeave: nothing, whenKnown });
    const one = node({});
    const answers = ['abcdefgh', 'whoisthe'].map((other) => {
      const answer = one.calls.knows(other);
      isKnown?.();
      return answer;
    });
    talk.addNode('abcdefgh', () => true);
    expect(await Promise.all(answers)).toEqual([true, false]);
    expect(one.calls.knows('abcdefgh')).toBe(true);
  });

  it('give up a request that is not answered in time', async () => {
    const { clock, talk, node } = build();
    const one = node({});
    const silent = talk.join({ onMessage: () => undefined, onQuestion: () => new Promise(() => undefined) });
    const asked = one.calls.askRequest(silent.node, 1, Uint8Array.of(1), 1_000);
    await clock.advance(1_000);
    expect(await asked).toBeUndefined();
  });
});
