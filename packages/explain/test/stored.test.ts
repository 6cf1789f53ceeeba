import { encodeOffset, MemoryStore } from 'naru/backplane';
import { chunksOf, type Entry, WRITERS } from 'naru/server/explain';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/entry/index.js';
import { readStored } from '../src/stored.js';
import { CLIENT, entered, exited, joined, type Note, node, sent } from './notes.js';

const NOBODY = new Set<string>();
const WAIT_MS = 900;
const QUESTION = { client: CLIENT, name: 'said' };

function build() {
  const clock = new FakeClock();
  const store = new MemoryStore(clock);
  /** Writes texts of a node, each with some of its facts. */
  const write = (code: string, ...chunks: readonly (readonly unknown[])[]): void => {
    void store.set(WRITERS + code, '');
    for (const [at, facts] of chunks.entries())
      void store.set(chunksOf(code) + encodeOffset(at + 1), JSON.stringify({ facts }));
  };
  return { clock, store, write };
}

/** Returns facts of a node as entries with rising numbers. */
function entriesOf(...notes: readonly Note[]): Entry[] {
  const { facts, sent } = node('', notes);
  return [...facts, ...sent].sort((one, other) => one.number - other.number);
}

describe('readStored', () => {
  it('finds the facts of a client and the events of a name, of the nodes that did not answer', async () => {
    const { write, ...host } = build();
    const entries = entriesOf(joined(1), entered(2), sent({ event: 'said' }), sent({ event: 'other' }), exited(5));
    write('gone', entries.slice(0, 3), entries.slice(3));
    write('here', entries);
    const [found, ...others] = await readStored(host, new Set(['here']), QUESTION, WAIT_MS);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ node: 'gone', since: 0, live: [] });
    expect(found?.facts.map(({ number }) => number)).toEqual([1, 2, 5]);
    expect(found?.sent.map(({ number }) => number)).toEqual([3]);
    expect(found?.written).toEqual({ at: entries.at(-1)?.at, places: new Map([['/', encodeOffset(5)]]) });
  });

  it('has forgotten all up to the first fact after one that is missing', async () => {
    const { write, ...host } = build();
    const entries = entriesOf(joined(1), entered(2), exited(3), entered(4));
    write('late', entries.slice(1));
    write('hole', [...entries.slice(0, 1), ...entries.slice(2)]);
    write('odd', [entries[0], { ...entries[1], at: 'now' }, entries[2], 5, null, 'fact']);
    const found = await readStored(host, NOBODY, QUESTION, WAIT_MS);
    const since = Object.fromEntries(found.map((one) => [one.node, one.since]));
    expect(since).toEqual({ hole: entries[2]?.at, late: entries[1]?.at, odd: entries[2]?.at });
  });

  it('passes over texts that it cannot read, and nodes without facts', async () => {
    const { write, ...host } = build();
    write('empty');
    write('none', []);
    write('broken');
    await host.store.set(`${chunksOf('broken')}1`, '{"facts":');
    expect(await readStored(host, NOBODY, QUESTION, WAIT_MS)).toEqual([]);
  });

  it('waits no longer than it may, and knows nothing without a store', async () => {
    const { write, ...host } = build();
    write('gone', entriesOf(joined(1)));
    write('silent', entriesOf(joined(1)));
    const list = (prefix: string, limit: number) =>
      prefix === chunksOf('silent') ? new Promise<never>(() => undefined) : host.store.list(prefix, limit);
    const store = { list } as object as MemoryStore;
    const reading = readStored({ ...host, store }, NOBODY, QUESTION, WAIT_MS);
    await host.clock.advance(WAIT_MS);
    expect((await reading).map(({ node }) => node)).toEqual(['gone']);
    expect(await readStored({ ...host, store: undefined }, NOBODY, QUESTION, WAIT_MS)).toEqual([]);
  });

  it('reads the texts of several nodes at once, and of the others although one cannot be read', async () => {
    const { write, ...host } = build();
    const codes = Array.from({ length: 20 }, (_each, at) => `node-${String(at).padStart(2, '0')}`);
    for (const code of codes) write(code, entriesOf(joined(1)));
    let [reads, most] = [0, 0];
    const list = async (prefix: string, limit: number) => {
      reads += 1;
      most = Math.max(most, reads);
      await Promise.resolve();
      reads -= 1;
      if (prefix === chunksOf('node-03')) throw new Error('it cannot be read');
      return host.store.list(prefix, limit);
    };
    const store = { list } as object as MemoryStore;
    const found = await readStored({ ...host, store }, new Set(['node-05']), QUESTION, WAIT_MS);
    const others = codes.filter((code) => code !== 'node-03' && code !== 'node-05');
    expect(found.map(({ node }) => node)).toEqual(others);
    expect(most).toBe(8);
  });
});
