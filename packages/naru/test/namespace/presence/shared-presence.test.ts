import { describe, expect, it } from 'vitest';
import type { TopicSink } from '../../../src/namespace/presence/shared-presence.js';
import { build, countCalls, entriesOf, LEASE, POLL } from './machine.js';

/** Starts two processes. One has entered a room, and the other has seen that and watches another room. */
async function startTwo() {
  const { clock, start } = build();
  const [one, two] = [start(), start()];
  two.watch('a');
  one.enter('b', 'ben');
  await clock.advance(2 * POLL);
  one.hints.length = 0;
  return { clock, one, two };
}

describe('processes that share a store', () => {
  it('see each other’s changes at the next look, and read only the changes', async () => {
    const { clock, start } = build();
    const [one, two] = [start(), start()];
    for (const topic of ['a', 'b']) two.watch(topic);
    one.enter('a', 'ann');
    one.enter('b', 'ben');
    await clock.advance(POLL);
    expect([two.seen.get('a'), two.seen.get('b')]).toEqual(['ann', 'ben']);
    const { reads } = two;
    one.enter('a', 'cem');
    await clock.advance(POLL);
    expect([two.seen.get('a'), two.reads - reads]).toEqual(['ann cem', 1]);
    one.shared.erase('a', 'socket-ann');
    await clock.advance(POLL);
    expect(two.seen.get('a')).toBe('cem');
    await clock.advance(20 * POLL);
    expect([two.reads - reads, two.errors, one.errors]).toEqual([2, [], []]);
  });

  it('read the topics of a hint at once, and look at no other', async () => {
    const { clock, store, start } = build();
    const [one, two] = [start(), start()];
    for (const topic of ['a', 'b', 'c']) two.watch(topic);
    one.enter('a', 'ann');
    await clock.advance(2 * POLL);
    const lists = countCalls(store, 'list');
    const tell = (): void => {
      for (const hint of one.hints.splice(0)) two.shared.onHint(hint);
    };
    one.hints.length = 0;
    one.enter('b', 'ben');
    one.enter('d', 'dan');
    await clock.settle();
    expect([two.seen.get('b'), one.hints]).toEqual(['', [{ node: 'node1', changes: 2, topics: ['b', 'd'] }]]);
    tell();
    expect(two.seen.get('b')).toBe('ben');
    // The look that follows knows these changes by the hint.
    await clock.advance(10 * POLL);
    expect(lists).toEqual(new Map([['presence b', 1]]));
    // A repeated or old hint costs a look at its topics.
    two.shared.onHint({ node: 'node1', changes: 1, topics: ['a'] });
    expect([two.seen.get('a'), lists.get('presence a')]).toEqual(['ann', 1]);
  });

  it('find the changes of a lost hint at the next look', async () => {
    const { clock, one, two } = await startTwo();
    one.enter('a', 'ann');
    await clock.settle();
    one.enter('b', 'cem');
    await clock.settle();
    const [, second] = one.hints;
    if (second) two.shared.onHint(second);
    expect(two.seen.get('a')).toBe('');
    await clock.advance(POLL);
    expect(two.seen.get('a')).toBe('ann');
  });

  it('look at all topics after a hint that lacks topics', async () => {
    const { clock, one, two } = await startTwo();
    for (let n = 0; n < 1_000; n += 1) one.enter(`room${n}`, 'x');
    one.enter('a', 'ann');
    await clock.settle();
    for (const hint of one.hints) two.shared.onHint(hint);
    await clock.advance(POLL);
    expect([one.hints.length, two.seen.get('a')]).toEqual([1, 'ann']);
  });

  it('look at no topic while nothing changes, however long', async () => {
    const { clock, store, start } = build();
    const [one, two] = [start(), start()];
    for (const topic of ['a', 'b', 'c']) two.watch(topic);
    one.enter('a', 'ann');
    two.enter('b', 'ben');
    await clock.advance(2 * POLL);
    const lists = countCalls(store, 'list');
    await clock.advance(50 * LEASE);
    expect([lists.size, two.seen.get('a')]).toEqual([0, 'ann']);
  });

  it('notice a process that died before they first looked at it', async () => {
    const { clock, start } = build();
    const one = start();
    one.enter('a', 'ann');
    one.isStopped = true;
    await clock.advance(LEASE - POLL / 2);
    const two = start();
    two.watch('a');
    expect(two.seen.get('a')).toBe('ann');
    await clock.advance(2 * POLL);
    expect(two.seen.get('a')).toBe('');
  });

  it('find the missed changes when much has changed at once', async () => {
    const { clock, start } = build();
    const [one, two] = [start(), start()];
    two.watch('a');
    one.enter('a', 'ann');
    await clock.advance(POLL);
    for (let n = 0; n < 200; n += 1) one.enter(`room${n}`, 'x');
    one.enter('a', 'ben');
    for (let n = 0; n < 200; n += 1) one.enter(`hall${n}`, 'x');
    await clock.advance(POLL);
    expect(two.seen.get('a')).toBe('ann ben');
  });

  it('drop a killed process at the end of its lease, with everything that it left in the store', async () => {
    const { clock, store, start } = build();
    const [one, two] = [start(), start()];
    two.watch('a');
    one.enter('a', 'ann');
    two.enter('a', 'ben');
    await clock.advance(3 * LEASE);
    expect(two.seen.get('a')).toBe('ann ben');
    one.isStopped = true;
    await clock.advance(LEASE / 2);
    expect(two.seen.get('a')).toBe('ann ben');
    await clock.advance(LEASE / 2 + POLL);
    expect(two.seen.get('a')).toBe('ben');
    expect(entriesOf(store, 'a')).toEqual(['socket-ben']);
    const three = start();
    three.watch('a');
    expect(three.seen.get('a')).toBe('ben');
  });

  it('take back a process that was paused for longer than its lease', async () => {
    const { clock, start } = build();
    const [one, two] = [start(), start()];
    two.watch('a');
    one.enter('a', 'ann');
    await clock.advance(POLL);
    one.isStopped = true;
    await clock.advance(2 * LEASE);
    expect(two.seen.get('a')).toBe('');
    one.wake();
    await clock.advance(2 * POLL);
    expect(two.seen.get('a')).toBe('ann');
  });

  it('keep present members for as long as they are present', async () => {
    const { clock, store, start } = build();
    const [one, two] = [start(), start()];
    one.enter('a', 'ann');
    await clock.advance(50 * LEASE);
    two.watch('a');
    expect([two.seen.get('a'), store.tables.names]).toEqual(['ann', ['presence', 'presence a']]);
    one.shared.erase('a', 'socket-ann');
    await clock.advance(2 * LEASE);
    expect(store.tables.names).toEqual([]);
  });

  it('do not remove members that moved to another process', async () => {
    const { clock, store, start } = build();
    const [one, two] = [start(), start()];
    one.enter('a', 'ann');
    two.enter('a', 'ann', 2);
    one.shared.erase('a', 'socket-ann');
    await clock.settle();
    expect(entriesOf(store, 'a')).toHaveLength(1);
    const found: unknown[] = [];
    for (const id of ['socket-ann', 'nobody']) one.shared.find('a', id, (entry) => found.push(entry?.node));
    expect(found).toEqual([two.shared.node, undefined]);
  });

  it('say goodbye at once, or keep members for a while that may return', async () => {
    const { clock, start } = build();
    const [one, two, three] = [start(), start(), start()];
    three.watch('a');
    one.enter('a', 'ann');
    two.enter('a', 'ben');
    await clock.advance(POLL);
    one.shared.end(0);
    two.shared.end(5_000);
    await clock.advance(POLL);
    expect(three.seen.get('a')).toBe('ben');
    await clock.advance(5_000 + POLL);
    expect(three.seen.get('a')).toBe('');
    three.unwatch('a');
    await clock.advance(LEASE);
    expect(clock.timerCount).toBe(0);
  });

  it('notice a topic that was opened again, whatever the previous one does', async () => {
    const { clock, start } = build();
    const [one, two] = [start(), start()];
    const old: TopicSink = { onEntries: () => undefined };
    one.shared.open('a', old);
    one.watch('a');
    one.shared.close('a', old);
    two.enter('a', 'ann');
    await clock.advance(POLL);
    expect(one.seen.get('a')).toBe('ann');
  });
});
