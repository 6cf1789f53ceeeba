import { describe, expect, it } from 'vitest';
import { HistoryQueue } from '../../../src/namespace/history/history-queue.js';

const at = (remoteAddress: string, connected = true) => ({ connected, conn: { remoteAddress } });

/** Turns whose readings the test ends. `begun` has the names of those that have begun. */
function open(readingMax: number, waitingMax: number) {
  const turns = new HistoryQueue(readingMax, waitingMax);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const take = (name: string, reader = at('10.0.0.1')): Promise<string | undefined> =>
    turns.take(
      reader,
      () =>
        new Promise<string>((resolve, reject) => {
          begun.push(name);
          ends.set(name, (error) => (error ? reject(error) : resolve(name)));
        }),
    );
  const end = async (name: string, error?: Error): Promise<void> => {
    ends.get(name)?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { turns, begun, take, end };
}

describe('readings', () => {
  it("run a few at once, in the order of a network's requests, also after one that failed", async () => {
    const { begun, take, end } = open(2, 10);
    const results = ['a', 'b', 'c', 'd'].map((name) => take(name).catch(String));
    expect(begun).toEqual(['a', 'b']);
    await end('b', new Error('no disk'));
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    await end('d');
    await end('c');
    expect(await Promise.all(results)).toEqual(['a', 'Error: no disk', 'c', 'd']);
  });

  it('of networks alternate, however many one of them has', async () => {
    const { begun, take, end } = open(1, 1_000);
    for (let n = 0; n < 100; n += 1) void take(`flood ${n}`, at(`2001:db8:0:1::${n.toString(16)}`));
    void take('decent 1', at('10.0.0.2'));
    void take('decent 2', at('10.0.0.2'));
    void take('other', at('2001:db8:0:2::1'));
    for (let n = 0; n < 6; n += 1) await end(begun.at(-1) ?? '');
    expect(begun).toEqual(['flood 0', 'flood 1', 'decent 1', 'other', 'flood 2', 'decent 2', 'flood 3']);
  });

  it('of clients that left do not run', async () => {
    const { begun, take, end } = open(1, 10);
    const gone = { ...at('10.0.0.1') };
    void take('first');
    const waiting = take('gone', gone);
    const last = take('last');
    gone.connected = false;
    await end('first');
    expect([await waiting, begun]).toEqual([undefined, ['first', 'last']]);
    await end('last');
    expect(await last).toBe('last');
  });
});

describe('a full queue of readings', () => {
  it('replaces one of the largest network for a smaller one, and for none of the same size', async () => {
    const { turns, begun, take } = open(1, 4);
    void take('runs');
    const flood = ['one', 'two', 'three', 'four'].map((name) => take(name));
    expect([turns.isFullFor(at('10.0.0.1')), turns.isFullFor(at('10.0.0.2'))]).toEqual([true, false]);
    expect(await take('five')).toBeUndefined();
    const decent = take('decent', at('10.0.0.2'));
    expect(await flood[3]).toBeUndefined();
    const second = take('second', at('10.0.0.2'));
    // Three belong to one and one to the other, then two to each.
    expect(await flood[2]).toBeUndefined();
    expect(await take('third', at('10.0.0.2'))).toBeUndefined();
    expect([begun, turns.isFullFor(at('10.0.0.1'))]).toEqual([['runs'], true]);
    void decent;
    void second;
  });

  it('does not count clients that left', async () => {
    const { turns, take } = open(1, 2);
    void take('runs');
    const here = [at('10.0.0.1'), at('10.0.0.1')];
    const waiting = here.map((reader, n) => take(`${n}`, reader));
    expect(turns.isFullFor(at('10.0.0.1'))).toBe(true);
    for (const reader of here) reader.connected = false;
    expect(turns.isFullFor(at('10.0.0.1'))).toBe(false);
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  });
});
