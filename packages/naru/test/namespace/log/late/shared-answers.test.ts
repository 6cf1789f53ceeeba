import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../../../src/backplane/backplane.js';
import { erasedRecord } from '../../../../src/backplane/own-records.js';
import type { LatePage } from '../../../../src/namespace/log/late/late-pages.js';
import { Numbers, numbersOf, pagesOf, recordOf } from '../numbers.js';

describe('the records that readers share', () => {
  it('are the same for readers of the same rooms, whatever quiet rooms they are in', () => {
    const log = new Numbers();
    const pages = pagesOf((after, limit) => log.read(after, limit));
    log.roomsOf = (n) => (n % 3 === 0 ? [] : [`room-${n % 3}`]);
    log.newest = 30;
    const read = (after: number, limit: number, ...rooms: string[]): LatePage =>
      pages.read(encodeOffset(after), limit, encodeOffset(30), new Set(rooms)) as LatePage;
    expect(read(0, 20, 'own-1', 'room-1').isShared).toBeUndefined();
    const { isShared, records } = read(0, 20, 'own-2', 'room-1');
    expect([isShared, records.length]).toEqual([true, 20]);
    // Number 2 is for another room, so nothing is between the two places.
    for (const page of [read(0, 20, 'room-1'), read(0, 20, 'room-1', 'own-3')]) {
      expect(page.isShared).toBe(true);
      expect(page.records).toBe(records);
    }
    const [one, other] = [read(1, 19, 'room-1'), read(2, 19, 'room-1')];
    expect([one.isShared, other.isShared, other.records.length]).toEqual([undefined, true, 19]);
    const others = [read(0, 20, 'room-2'), read(0, 10, 'room-1'), read(0, 20)];
    expect(others.map((page) => page.isShared)).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ['excepts some of its rooms', { except: ['b'] }],
    ['was erased', erasedRecord({ rooms: ['a'], except: [], at: 0 })],
  ])('do not include a record that %s', (_what, change) => {
    const numbers = [1, 2, 3].map((n) => recordOf(n, 1, ['a']));
    const some = numbers.map((record, at) => (at === 1 ? { ...record, ...change } : record));
    const pages = pagesOf(() => ({ records: some, hasGap: false }));
    for (let count = 0; count < 3; count += 1) {
      const page = pages.read(encodeOffset(0), 10, encodeOffset(3), new Set(['a'])) as LatePage;
      expect([numbersOf(page), page.isShared]).toEqual([[1, 2, 3], undefined]);
    }
  });

  it('are remembered up to a limit of bytes', () => {
    const log = new Numbers();
    const pages = pagesOf((after, limit) => log.read(after, limit));
    log.roomsOf = (n) => [`room-${n % 2}`];
    log.newest = 4_000;
    log.size = 1_000;
    const read = (after: number): LatePage =>
      pages.read(encodeOffset(after), 64, encodeOffset(4_000), new Set(['room-1'])) as LatePage;
    const { records } = read(0);
    expect(read(0).records).toBe(records);
    for (let after = 2; after < 200; after += 2) read(after);
    expect(read(0).records).not.toBe(records);
    expect(read(0).records).toEqual(records);
  });
});
