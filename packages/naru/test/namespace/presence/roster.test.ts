import { describe, expect, it, vi } from 'vitest';
import { type PresenceEntry, Roster, withStored } from '../../../src/namespace/presence/roster.js';

function entry(socketId: string, id: string, state: unknown, at: number, since = at): PresenceEntry {
  return { socketId, node: 'a', id, state: JSON.stringify(state), at, takenAt: since, since };
}

describe('Roster', () => {
  it('counts one person with three tabs once', () => {
    const roster = new Roster();
    const types = [1, 2, 3].flatMap((n) => roster.set(entry(`s${n}`, 'ann', 'here', n)).map(({ type }) => type));
    expect(types).toEqual(['join']);
    expect([roster.count, roster.connectionCount]).toEqual([1, 3]);
    expect(roster.list(10)).toEqual([{ id: 'ann', state: 'here', connections: 3, since: 1 }]);
    expect([...roster.delete('s1'), ...roster.delete('s3')]).toEqual([]);
    expect(roster.delete('s2')).toEqual([
      { type: 'leave', member: { id: 'ann', state: 'here', connections: 0, since: 2 } },
    ]);
    expect([roster.count, roster.delete('s2')]).toEqual([0, []]);
  });

  it('has the newest state, and falls back when its connection leaves', () => {
    const roster = new Roster();
    roster.set(entry('s1', 'ann', 'reading', 1));
    expect(roster.set(entry('s2', 'ann', 'writing', 2))).toMatchObject([
      { type: 'update', member: { state: 'writing' } },
    ]);
    expect(roster.set(entry('s1', 'ann', 'reading', 1))).toEqual([]);
    expect(roster.newestAt('ann')).toBe(2);
    expect(roster.delete('s2')).toMatchObject([{ type: 'update', member: { state: 'reading', connections: 1 } }]);
    expect(roster.newestAt('ben')).toBe(-1);
  });

  it('reads the states of those alone that it lists', () => {
    const roster = new Roster();
    for (let n = 0; n < 1_000; n += 1) roster.set(entry(`s${n}`, `person ${n}`, n, 2_000 - n));
    const parse = vi.spyOn(JSON, 'parse');
    expect([roster.list(2).map(({ id }) => id), roster.list(0)]).toEqual([['person 999', 'person 998'], []]);
    expect(parse).toHaveBeenCalledTimes(2);
    parse.mockRestore();
  });

  it('is the same for any order of reports', () => {
    const entries = [entry('s1', 'ann', 1, 5), entry('s2', 'ann', 2, 5), entry('s3', 'ben', 3, 4, 1)];
    const lists = [entries, [...entries].reverse()].map((order) => {
      const roster = new Roster();
      for (const each of order) roster.set(each);
      return roster.list(10);
    });
    expect(lists[0]).toEqual(lists[1]);
    expect(lists[0]?.map(({ id }) => id)).toEqual(['ben', 'ann']);
  });

  it('reports a connection that becomes somebody else', () => {
    const roster = new Roster();
    roster.set(entry('s1', 'guest', null, 1));
    const changes = roster.set(entry('s1', 'ann', null, 2));
    expect(changes.map(({ type, member }) => [type, member.id])).toEqual([
      ['leave', 'guest'],
      ['join', 'ann'],
    ]);
    expect([roster.count, roster.get('s1')?.id, roster.newestAt('guest')]).toEqual([1, 'ann', -1]);
  });

  it('lists at most the requested number', () => {
    const roster = new Roster();
    for (let n = 0; n < 5; n += 1) roster.set(entry(`s${n}`, `m${n}`, n, n));
    expect(roster.list(2).map(({ id }) => id)).toEqual(['m0', 'm1']);
    expect([roster.list(0), roster.count]).toEqual([[], 5]);
  });
});

describe('the entry of a client that came back', () => {
  const stored = { ...entry('s', 'ann', 'good', 5, 2), node: 'b', takenAt: 20 };

  it('has what the store had, with a later taking, unless the program has said something since', () => {
    const restored = entry('s', 'ann', 'old', 4, 10);
    expect(withStored(restored, stored, true)).toEqual({ ...stored, node: 'a', takenAt: 21 });
    expect(withStored(entry('s', 's', null, 0, 10), stored, false)).toEqual({ ...stored, node: 'a', takenAt: 21 });
    expect(withStored({ ...restored, takenAt: 30 }, stored, false)).toEqual({ ...restored, takenAt: 30, since: 2 });
    expect(withStored(entry('s', 'ben', null, 0, 10), stored, false)).toMatchObject({ id: 'ben', since: 2 });
  });
});
