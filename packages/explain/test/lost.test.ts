import { encodeOffset } from 'naru/backplane';
import { describe, expect, it } from 'vitest';
import { findLost } from '../src/lost.js';
import { joined, logged, type Note, node, timeOf } from './notes.js';

/** The client was told that the records after one, and before another if it is known, are missing. */
function gap(after: number, before: number | undefined, place: number | undefined, namespace = '/'): Note {
  const ends = { after: encodeOffset(after), before: before === undefined ? undefined : encodeOffset(before) };
  return { type: 'gap', ...ends, place, namespace };
}

/** Returns which of the records from 1 to 9 lie in a gap. */
function lostOf(...notes: readonly Note[]): number[] {
  const findings = [node('home', notes)];
  return [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((record) =>
    findLost({ offset: encodeOffset(record) }, findings, undefined),
  );
}

describe('findLost', () => {
  it('finds the gap that was told first, with its ends, its node and its time', () => {
    const findings = [node('later', [gap(1, 9, 9)]), node('first', [joined(2), gap(3, 6, 7)])];
    expect(findLost({ offset: encodeOffset(4) }, findings, undefined)).toMatchObject({
      ...{ verdict: 'gap', isLost: true, node: 'first' },
      fact: { after: encodeOffset(3), before: encodeOffset(6) },
      event: { namespace: '/', offset: encodeOffset(4), at: timeOf(7) + 500, rooms: [] },
    });
    expect(findLost({ offset: encodeOffset(7) }, findings, undefined)?.node).toBe('later');
  });

  it('knows the events between the ends of a gap, and without an end those of which its node had heard', () => {
    expect(lostOf(gap(3, 6, 8))).toEqual([4, 5]);
    expect(lostOf(gap(3, undefined, 6))).toEqual([4, 5, 6]);
    expect(lostOf(gap(3, undefined, 0))).toEqual([]);
    expect(lostOf(gap(3, undefined, undefined))).toEqual([]);
  });

  it('leaves an event of a namespace in which the client was', () => {
    const other = logged(4, { namespace: '/other' });
    const find = (...notes: readonly Note[]) =>
      findLost({ offset: encodeOffset(4) }, [node('home', [gap(3, 6, 7), ...notes])], other);
    expect(find()?.event.namespace).toBe('/');
    expect(find({ ...joined(2), namespace: '/other' })).toBeUndefined();
  });

  it('finds none for a name or a time', () => {
    const findings = [node('home', [gap(1, 9, 9)])];
    expect(findLost({ name: 'said' }, findings, undefined)).toBeUndefined();
    expect(findLost({ at: timeOf(4) }, findings, undefined)).toBeUndefined();
  });
});
