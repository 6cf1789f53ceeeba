import { describe, expect, it } from 'vitest';
import { isSameNames, isSameRoom, nameOf, targetOf } from '../../../src/namespace/log/targets.js';

const RECORD = { event: '["name"]', attachments: [], at: 0, offset: '00000000001' };

/** Pairs of rooms and exceptions, and whether they are the same single room without exceptions, or both everybody. */
const PAIRS: readonly (readonly [
  rooms: string[],
  except: string[],
  otherRooms: string[],
  otherExcept: string[],
  boolean,
])[] = [
  [[], [], [], [], true],
  [['a'], [], ['a'], [], true],
  [['a'], [], ['b'], [], false],
  [['a'], [], [], [], false],
  [[], [], ['a'], [], false],
  [['a', 'b'], [], ['a', 'b'], [], false],
  [['a'], ['b'], ['a'], [], false],
  [['a'], [], ['a'], ['b'], false],
];

describe('targets', () => {
  it.each(PAIRS)('of %j without %j and %j without %j', (rooms, except, otherRooms, otherExcept, isSame) => {
    const [one, other] = [
      { ...RECORD, rooms, except },
      { ...RECORD, rooms: otherRooms, except: otherExcept },
    ];
    expect(isSameNames(one, other)).toBe(isSame);
    expect(isSameRoom(targetOf(one), targetOf(other))).toBe(isSame);
  });

  it('have the name of an event only for one with a conflation key', () => {
    expect(nameOf({ ...RECORD, rooms: [], except: [], key: 'k' })).toBe('name');
    expect(nameOf({ ...RECORD, rooms: [], except: [], event: 'not JSON' })).toBeUndefined();
  });
});
