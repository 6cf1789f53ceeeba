import { describe, expect, it } from 'vitest';
import { check } from './checker.mjs';
import { Outages } from './outages.mjs';

const TIME = 1_000_000;
const ROOMS = ['a', 'b'];
const SECOND = 1_000;

/**
 * A log with a message each second, in one room after the other. A client asks for the newest four after the tenth, and
 * again after the twentieth.
 */
function course(wire: string) {
  const log = Array.from({ length: 30 }, (_, place) => ({
    ...{ tag: 100 + place, n: -1, room: ROOMS[place % 2] ?? '', at: TIME + place * SECOND },
    ...(place < 29 && { attempt: 'none' }),
  }));
  const connect = (at: number, place: number) => ({ at, goesOn: false, time: TIME + place * SECOND - 1, until: at });
  const tags = (from: number, to: number) => log.slice(from, to).map(({ tag }) => tag);
  // STOMP has a page of four for each room.
  const [first, again] = wire === 'stomp' ? [2, 12] : [6, 16];
  const seen = [...tags(first, 18), ...tags(again, 30)];
  const seenAt = seen.map((tag, index) =>
    Math.max(TIME + (index < 18 - first ? 10 : 20) * SECOND - 1, TIME + (tag - 100) * SECOND),
  );
  const record = {
    ...{ index: 0, wire, rooms: ROOMS, history: 4, seen, seenAt, enters: [], sure: [], maybe: [] },
    connects: [connect(0, 10), connect(18 - first, 20)],
    gaps: [] as { at: number; time: number; gap: unknown }[],
  };
  return { log, records: [record], said: [], maybe: [] };
}

describe.each(['stomp', 'events'])('the checker, for %s with history', (wire) => {
  /** Returns the findings after a change of what the client has seen. */
  const faultsOf = (change: (seen: unknown[]) => void): string => {
    const it = course(wire);
    for (const { seen, seenAt } of it.records) for (const list of [seen, seenAt]) change(list);
    return check(it).join();
  };

  it('finds nothing in a correct course', () => {
    expect(faultsOf(() => undefined)).toBe('');
  });

  it('finds a page that begins too late', () => {
    expect(faultsOf((seen) => seen.splice(0, 4))).toContain('did not get it in its page');
  });

  it('finds a message that is missing in a page, or after it, or at the end', () => {
    for (const index of [2, 9, -1])
      expect(faultsOf((seen) => seen.splice(index, 1))).toContain('did not get it (place');
  });

  it('finds what came twice in a connection, or in the wrong order', () => {
    expect(faultsOf((seen) => seen.splice(4, 0, seen[2] ?? 0))).toContain('got it twice');
    expect(faultsOf((seen) => seen.splice(4, 1, ...seen.splice(6, 1, seen[4] ?? 0)))).toContain('got it after');
  });

  it('finds a gap that was told while the home could be reached', () => {
    const it = course(wire);
    for (const { gaps } of it.records) gaps.push({ at: 0, time: TIME + 10 * SECOND, gap: {} });
    expect(check(it).join()).toContain('was told of a gap');
    const lives = new Map([[1, { node: 'A', from: TIME, to: TIME + 60 * SECOND }]]);
    expect(check({ ...it, outages: new Outages(lives, new Map([[1, [TIME]]])) }).join()).not.toContain(
      'was told of a gap',
    );
  });
});
