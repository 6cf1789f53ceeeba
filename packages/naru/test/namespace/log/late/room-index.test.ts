import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../../../src/backplane/backplane.js';
import { ALL, EVERY_READER, EVERYBODY, RoomIndex } from '../../../../src/namespace/log/late/room-index.js';

const at = encodeOffset;

/** Returns a record to rooms with a number. */
function record(n: number, ...rooms: string[]) {
  return { rooms, event: '["n"]', offset: at(n) };
}

/** Returns an index with records to the room "busy" from one number to another, of which some are to others instead. */
function indexed(first: number, last: number, others: Readonly<Record<number, string[]>>, roomsMax = 100): RoomIndex {
  const index = new RoomIndex(roomsMax, 0);
  index.begin(at(first - 1));
  for (let n = first; n <= last; n += 1) index.extend(at(n), record(n, ...(others[n] ?? ['busy'])));
  return index;
}

describe('RoomIndex', () => {
  it('finds the records of rooms, and tells how far it knows them all', () => {
    const index = indexed(11, 110, { 20: ['a'], 30: ['b', 'a'], 40: ['c'], 90: ['a'] });
    expect(index.find(['a'], at(10), at(80), 9)).toMatchObject({ places: [20, 30], passed: at(80) });
    expect(index.find(['b', 'a', 'c'], at(20), at(110), 9)).toMatchObject({ places: [30, 40, 90], passed: at(110) });
    expect(index.find(['a', 'c'], at(12), at(110), 2)).toMatchObject({ places: [20, 30], passed: at(30) });
    expect(index.find(['none'], at(10), at(110), 9)).toMatchObject({ places: [], passed: at(110) });
    expect(index.findBack(['a'], at(111), 9)).toMatchObject({ places: [20, 30, 90], passed: at(11) });
    expect(index.findBack(['a'], at(90), 1)).toMatchObject({ places: [30], passed: at(30) });
  });

  it('passes all records at once for a reader that finds few, and not so many for another one', () => {
    const index = indexed(1, 60_000, { 30000: ['a'], 50000: ['a', 'b'] });
    expect(index.find(['a'], at(0), at(60_000), 9)).toMatchObject({ places: [30_000, 50_000], passed: at(60_000) });
    expect(index.find(['a'], at(0), at(40_000), 9)).toMatchObject({ places: [30_000], passed: at(40_000) });
    expect(index.find(['a'], at(0), at(60_000), 1)).toMatchObject({ places: [30_000], passed: at(30_000) });
  });

  it('says nothing about records before and after those that it knows', () => {
    const index = indexed(11, 60, {});
    expect([index.find(['a'], at(9), at(60), 9), index.find(['a'], at(60), at(70), 9)]).toEqual([undefined, undefined]);
    expect([index.findBack(['a'], at(11), 9), index.findBack(['a'], at(62), 9)]).toEqual([undefined, undefined]);
  });

  it('finds the first record after an offset, if it is known', () => {
    const index = indexed(11, 50, { 20: ['a'] });
    const first = (from: number) => index.find([ALL], at(from), at(50), 1)?.places[0];
    expect([9, 10, 19, 49, 50].map(first)).toEqual([undefined, 11, 20, 50, undefined]);
  });

  it('says whether a reader wants few of the records', () => {
    const index = indexed(1, 100, { 50: ['a'] });
    expect(index.find(['busy'], at(0), at(100), 9)?.isSparse).toBe(false);
    expect(index.findBack(['busy', 'a'], at(101), 9)?.isSparse).toBe(false);
    expect(index.find(['a'], at(0), at(100), 9)?.isSparse).toBe(true);
  });

  it('keeps records for everybody, and those for very many rooms or that tell of a loss, in lists of their own', () => {
    const many = Array.from({ length: 40 }, (_, n) => `room-${n}`);
    const index = indexed(1, 100, { 10: [], 20: many });
    index.extend(at(101), { rooms: [], event: '["naru:gap",{}]' });
    expect(index.find([EVERYBODY], at(0), at(101), 9)?.places).toEqual([10]);
    expect(index.find([EVERY_READER], at(0), at(101), 9)?.places).toEqual([20, 101]);
    expect(index.find(['room-7'], at(0), at(101), 9)?.places).toEqual([]);
  });

  it('joins the pages that touch each other, in any order, and notes each record once', () => {
    const index = new RoomIndex(100);
    index.begin(at(1_000));
    const page = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, (_, n) => record(first + n, (first + n) % 50 === 0 ? 'a' : 'busy'));
    index.note(page(101, 200), at(100));
    index.note(page(301, 400));
    expect(index.find(['a'], at(100), at(400), 9)).toMatchObject({ places: [150, 200], passed: at(200) });
    index.note(page(151, 350), at(150));
    expect(index.find(['a'], at(100), at(400), 9)?.places).toEqual([150, 200, 250, 300, 350, 400]);
    index.note(page(401, 1_000), at(400));
    index.extend(at(1_001), record(1_001, 'a'));
    expect(index.find(['a'], at(900), at(1_001), 9)?.places).toEqual([950, 1_000, 1_001]);
    expect(index.count).toBe(901);
  });

  it('goes on with what is delivered, although later records were read', () => {
    const index = indexed(1, 100, {});
    index.note(Array.from({ length: 50 }, (_, n) => record(151 + n, 'busy')));
    for (const newest of [100, 120, 200]) {
      index.begin(at(newest));
      if (index.end === at(newest)) index.extend(at(newest + 1), record(newest + 1, 'a'));
    }
    expect(index.find(['a'], at(150), at(201), 9)).toMatchObject({ places: [201], passed: at(201) });
    expect(index.find(['a'], at(50), at(201), 9)).toMatchObject({ places: [], passed: at(100) });
  });

  it('drops the older half when it has too many rooms, and goes on', () => {
    const others = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [n * 10 + 1, [`room-${n}`]]));
    const index = indexed(1, 1_000, others, 20);
    expect(index.find(['room-99'], at(980), at(1_000), 9)?.places).toEqual([991]);
    expect(index.find(['room-50'], at(400), at(1_000), 9)).toBeUndefined();
    index.extend(at(1_001), record(1_001, 'room-1'));
    expect(index.find(['room-1'], at(980), at(1_001), 9)?.places).toEqual([1_001]);
  });

  it('drops the older half when it has too many records', () => {
    const index = new RoomIndex(10);
    index.begin(at(0));
    const one = record(0, 'busy');
    for (let n = 1; n <= 1_048_577; n += 1) index.extend(at(n), one);
    expect(index.count).toBe(524_288);
    expect(index.find(['a'], at(600_000), at(700_000), 9)?.places).toEqual([]);
    expect(index.find(['a'], at(500_000), at(700_000), 9)).toBeUndefined();
  });

  it('notes nothing before somebody is expected to read', () => {
    const index = new RoomIndex(10);
    index.note([record(50, 'a')], at(0));
    expect([index.end, index.count]).toEqual([undefined, 0]);
  });

  it('notes some records with 0 rooms, too, because late readers share them', () => {
    const index = new RoomIndex(0);
    index.begin(at(0));
    for (let n = 1; n <= 65_536; n += 1) index.extend(at(n), record(n, `room-${n}`));
    expect(index.count).toBe(65_536);
    index.extend(at(65_537), record(65_537, 'a'));
    expect(index.count).toBe(32_768);
  });
});
