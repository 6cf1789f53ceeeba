import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../../testing/src/index.js';
import { encodeOffset, type MaybePromise, type Offset, type Page } from '../../../../src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../../src/backplane/own-records.js';
import type { LatePage } from '../../../../src/namespace/log/late/late-pages.js';
import { sizeOf } from '../../../../src/namespace/log/records.js';
import { deliver, Numbers, numbersOf, pagesOf, range, recordOf } from '../numbers.js';

function build() {
  const log = new Numbers();
  const pages = pagesOf((after, limit) => log.read(after, limit));
  const read = (after: number, limit: number, until = log.newest): number[] =>
    numbersOf(pages.read(encodeOffset(after), limit, encodeOffset(until)) as Page);
  return { log, pages, read };
}

/** Some records are for no socket. */
const toldUnless =
  (isWanted: (n: number) => boolean) =>
  (n: number): string[] =>
    isWanted(n) ? [] : [TOLD_ROOM];

describe('LatePages', () => {
  it('reads once for many readers at nearly the same place', () => {
    const { log, read } = build();
    log.newest = 100;
    expect(read(40, 64)).toEqual(range(41, 100));
    for (let after = 40; after < 100; after += 1) expect(read(after, 64)).toEqual(range(after + 1, 100));
    expect(read(100, 64)).toEqual([]);
    expect(log.readings).toBe(1);
  });

  it('reads on when more is wanted, and only that much', () => {
    const { log, read } = build();
    log.newest = 100;
    expect(read(0, 10)).toEqual(range(1, 10));
    expect(read(5, 10)).toEqual(range(6, 15));
    expect(read(0, 15)).toEqual(range(1, 15));
    expect(log.readings).toBe(2);
    log.newest = 200;
    expect(read(15, 500, 100)).toEqual(range(16, 100));
    expect(read(90, 50)).toEqual(range(91, 140));
    expect(log.readings).toBe(3);
  });

  it('returns the records that it holds after the log has dropped them, and reports the rest as gone', () => {
    const { log, pages, read } = build();
    log.newest = 20;
    read(0, 20);
    log.oldest = 11;
    expect(read(5, 3)).toEqual([6, 7, 8]);
    log.oldest = 31;
    log.newest = 40;
    const [held, rest] = [5, 20].map((n) => pages.read(encodeOffset(n), 100, encodeOffset(40)) as LatePage);
    expect([held?.hasGap, held?.isPart, held?.passed]).toEqual([false, true, encodeOffset(20)]);
    expect([numbersOf(held as Page), numbersOf(rest as Page), rest?.hasGap]).toEqual([
      range(6, 20),
      range(31, 40),
      true,
    ]);
  });

  it('has a session wait for one page of others, and then reads for it alone', async () => {
    const log = new Numbers();
    log.newest = 100_000;
    const end = encodeOffset(log.newest);
    const asked: { readonly after: number; readonly limit: number; readonly answer: () => void }[] = [];
    const ask = (after: Offset, limit: number): Promise<Page> =>
      new Promise((resolve) => {
        asked.push({ after: Number.parseInt(after, 36), limit, answer: () => resolve(log.read(after, limit)) });
      });
    const pages = pagesOf(ask, false, { offset: end });
    const read = async (after: number, limit: number) => numbersOf(await pages.read(encodeOffset(after), limit, end));
    const readers = [10_000, 20_000, 30_000].map((place) => read(place, 64));
    const session = read(50_000, 1);
    expect(asked.map(({ after }) => after)).toEqual([10_000]);
    asked.shift()?.answer();
    await expect.poll(() => asked.map(({ after }) => after)).toEqual([20_000, 50_000]);
    expect(asked[1]?.limit).toBe(1);
    asked.pop()?.answer();
    expect(await session).toEqual([50_001]);
    for (; asked.length > 0; await new Promise((resolve) => setTimeout(resolve, 1))) asked.shift()?.answer();
    expect(await Promise.all(readers)).toEqual([10_000, 20_000, 30_000].map((n) => range(n + 1, n + 64)));
  });

  it('skips unwanted records, and still fills its pages', () => {
    const { log, read } = build();
    log.roomsOf = toldUnless((n) => n % 10 === 0);
    log.newest = 1_000;
    expect(read(0, 20)).toEqual(range(1, 20).map((n) => n * 10));
    expect(read(995, 20)).toEqual([1_000]);
    log.newest = 1_009;
    expect(read(1_000, 20)).toEqual([]);
    const { readings } = log;
    for (let count = 0; count < 10; count += 1) expect(read(1_001, 20)).toEqual([]);
    expect(log.readings).toBe(readings);
  });

  it.each([1, 2, 3, 4, 5, 6])('returns the same as the log, for any readers (seed %i)', async (seed) => {
    const random = new SeededRandom(seed);
    const log = new Numbers();
    const isLate = seed % 2 === 0;
    const isWanted = (n: number): boolean => seed % 3 !== 0 || n % 7 >= 3;
    log.roomsOf = toldUnless(isWanted);
    const raw = (after: Offset, limit: number): MaybePromise<Page> => {
      const page = log.read(after, limit);
      return isLate ? Promise.resolve().then(() => page) : page;
    };
    const shared = pagesOf(raw, !isLate);
    for (let step = 0; step < 1_500; step += 1) {
      if (random.chance(0.3)) log.newest += random.integer(0, 300);
      if (random.chance(0.02)) log.size = random.integer(1, 4_000);
      const asked = Array.from({ length: random.integer(1, 4) }, () => ({
        after: Math.max(0, log.newest - random.integer(0, random.chance(0.1) ? 40_000 : 400)),
        limit: random.integer(1, 300),
      }));
      const until = encodeOffset(log.newest);
      const pages = await Promise.all(asked.map(({ after, limit }) => shared.read(encodeOffset(after), limit, until)));
      for (const [at, { after, limit }] of asked.entries()) {
        const got = numbersOf(pages[at] as Page).filter(isWanted);
        const all = range(after + 1, log.newest).filter(isWanted);
        expect(got).toEqual(all.slice(0, got.length));
        // A page that is not full is the last, or a part with its end.
        const { isPart, passed, records } = pages[at] as LatePage;
        if (isPart) expect(got).toEqual(all.filter((n) => encodeOffset(n) <= (passed ?? '')));
        else if (records.length < limit) expect(got.length).toBe(all.length);
      }
      expect(shared.held.size).toBeLessThanOrEqual(32_768);
    }
  });

  it.each([1, 2, 3, 4])('gives each reader everything for its rooms, in order and once (seed %i)', async (seed) => {
    const random = new SeededRandom(seed);
    const log = new Numbers();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const others = range(1_001, 1_060).map(String);
    log.roomsOf = (n) => {
      if (n % 11 === 0) return [];
      const some = names.filter((_, at) => (n * 7 + at * 3) % 8 < 2);
      // Some records are for a large number of rooms.
      return n % 1_000 < 200 && n % 5 === 0 ? [...others, ...some, ...some] : some;
    };
    const isLate = seed % 2 === 0;
    const read = (after: Offset, limit: number): MaybePromise<Page> => {
      const page = log.read(after, limit);
      return isLate ? Promise.resolve().then(() => page) : page;
    };
    const shared = pagesOf(read, !isLate);
    const readers = Array.from({ length: 12 }, (_, at) => ({
      at: 0,
      got: [] as number[],
      rooms: new Set(at === 0 ? names.concat(range(1, 100).map(String)) : names.filter(() => random.chance(0.4))),
    }));
    let sharedCount = 0;
    const checkShared = ({ isShared, records }: LatePage, rooms: ReadonlySet<string>): void => {
      if (!isShared) return;
      sharedCount += 1;
      expect(records.length).toBeGreaterThan(0);
      for (const record of records)
        expect(record.rooms.length === 0 || record.rooms.some((room) => rooms.has(room))).toBe(true);
    };
    for (let step = 0; step < 300; step += 1) {
      log.newest += random.integer(0, 200);
      const until = encodeOffset(log.newest);
      await Promise.all(
        readers.map(async (reader) => {
          if (random.chance(0.5)) return;
          const limit = random.integer(1, 100);
          const { rooms, got } = reader;
          // Another reader in the same rooms gets the page first.
          await shared.read(encodeOffset(reader.at), limit, until, rooms);
          const page = await shared.read(encodeOffset(reader.at), limit, until, rooms);
          checkShared(page, rooms);
          for (const record of page.records)
            if (record.rooms.length === 0 || record.rooms.some((room) => rooms.has(room)))
              got.push(Number.parseInt(record.offset, 36));
          const passed = page.passed ?? page.records.at(-1)?.offset;
          if (passed !== undefined) reader.at = Number.parseInt(passed, 36);
          if (page.isPart) expect(page.passed).toBeDefined();
          else if (page.records.length < limit) expect(reader.at).toBe(log.newest);
        }),
      );
    }
    for (const { at, got, rooms } of readers) {
      const isMine = (n: number): boolean =>
        log.roomsOf(n).length === 0 || log.roomsOf(n).some((room) => rooms.has(room));
      expect(got).toEqual(range(1, at).filter(isMine));
      expect(got.length).toBeGreaterThan(100);
    }
    expect(sharedCount).toBeGreaterThan(10);
  });

  it('does not read what it was told is for nobody', () => {
    const { log, pages, read } = build();
    log.newest = 10;
    read(0, 100);
    log.roomsOf = toldUnless((n) => n <= 10);
    log.newest = 12;
    for (const n of [11, 12]) expect(deliver(pages, recordOf(n, 1, [TOLD_ROOM]))).toBe(true);
    expect([read(5, 100), read(12, 100), log.readings]).toEqual([range(6, 10), [], 1]);
    // It does not know what is between.
    log.newest = 20;
    log.roomsOf = toldUnless((n) => n !== 20);
    expect(deliver(pages, recordOf(20, 1, []))).toBe(false);
    expect([read(12, 100), log.readings]).toEqual([range(13, 19), 2]);
  });

  it('reads for many rooms at once, and skips the others', () => {
    const { log, pages } = build();
    log.roomsOf = (n) => [`room-${n % 100}`];
    log.newest = 10_000;
    const until = encodeOffset(log.newest);
    for (let room = 0; room < 100; room += 1) {
      const page = pages.read(encodeOffset(0), 256, until, new Set([`room-${room}`, 'own'])) as Page;
      expect(page.records.length).toBe(100);
      expect(page.records.every(({ rooms }) => rooms[0] === `room-${room}`)).toBe(true);
    }
    expect(log.readings).toBeLessThanOrEqual(Math.ceil(10_000 / 256));
  });

  it('reads about a mebibyte for a reader in a quiet room, and no record twice for many of them', () => {
    const { log, pages } = build();
    log.roomsOf = (n) => [`room-${n % 40}`];
    log.newest = 4_000;
    log.size = 16_384;
    let bytes = 0;
    const counted = log.read.bind(log);
    log.read = (after, limit) => {
      const page = counted(after, limit);
      bytes += page.records.length * log.size;
      return page;
    };
    const until = encodeOffset(log.newest);
    const readers = range(0, 39).map((room) => ({ at: encodeOffset(0), got: 0, rooms: new Set([`room-${room}`]) }));
    for (let steps = 0; readers.some(({ at }) => at < until); steps += 1) {
      const [reader] = readers.sort((one, other) => (one.at < other.at ? -1 : 1));
      if (!reader || steps > 40 * 100) throw new Error('it does not end');
      const before = bytes;
      const page = pages.read(reader.at, 16, until, reader.rooms) as LatePage;
      expect(bytes - before).toBeLessThan(2 * 1024 * 1024);
      reader.got += page.records.filter(({ rooms }) => reader.rooms.has(rooms[0] ?? '')).length;
      reader.at = page.passed ?? page.records.at(-1)?.offset ?? until;
    }
    expect(readers.map(({ got }) => got)).toEqual(readers.map(() => 100));
    expect(bytes).toBeLessThan(1.1 * 4_000 * log.size);
  });

  it('counts rooms, and reads few records for very many rooms at once, and none twice', () => {
    const { log, pages } = build();
    const names = range(1, 600).map((n) => `room-${n}`);
    log.roomsOf = (n) => names.slice(n % 100, (n % 100) + 500);
    log.newest = 4_000;
    let most = 0;
    let sum = 0;
    const counted = log.read.bind(log);
    log.read = (after, limit) => {
      const page = counted(after, limit);
      sum += page.records.length;
      return page;
    };
    const until = encodeOffset(log.newest);
    const got: number[] = [];
    for (let at = encodeOffset(0), step = 0; at < until; step += 1) {
      if (step > 4_000) throw new Error('it does not end');
      const before = sum;
      const page = pages.read(at, 256, until, new Set(['room-50', 'room-51'])) as LatePage;
      most = Math.max(most, sum - before);
      got.push(...numbersOf(page).filter((n) => n % 100 < 51));
      at = page.passed ?? until;
      expect(pages.held.size).toBeLessThan(600);
    }
    expect(got).toEqual(range(1, 4_000).filter((n) => n % 100 < 51));
    // The first page is read before its size is known.
    expect([most <= 256 + 128, sum]).toEqual([true, 4_000]);
  });

  it('reads fewer records at once if they are large', () => {
    const { log, pages } = build();
    log.roomsOf = () => ['elsewhere'];
    log.newest = 1_000;
    log.size = 100_000;
    const limits: number[] = [];
    const counted = log.read.bind(log);
    log.read = (after, limit) => {
      limits.push(limit);
      return counted(after, limit);
    };
    let at = encodeOffset(0);
    for (let count = 0; count < 10; count += 1) {
      const { passed, records } = pages.read(at, 64, encodeOffset(1_000), new Set(['me'])) as LatePage;
      at = passed ?? records.at(-1)?.offset ?? at;
    }
    expect([limits[0], Math.max(...limits.slice(2))]).toEqual([64, 10]);
  });

  it('reports missing records as the log does', () => {
    const { log, pages } = build();
    log.newest = 40;
    log.oldest = 31;
    const page = pages.read(encodeOffset(5), 100, encodeOffset(40)) as Page;
    expect([page.hasGap, numbersOf(page)]).toEqual([true, range(31, 40)]);
    expect(numbersOf(pages.read(encodeOffset(35), 100, encodeOffset(40)) as Page)).toEqual(range(36, 40));
  });

  it('does not take a page for the last that is short because of large records', () => {
    const { log, pages } = build();
    log.newest = 100;
    log.size = 400_000;
    // It has seen the size of the records.
    pages.read(encodeOffset(0), 4, encodeOffset(100));
    pages.read(encodeOffset(50), 64, encodeOffset(100), new Set(['nobody']));
    log.oldest = 81;
    const got: number[] = [];
    for (
      let at = encodeOffset(60), page: LatePage = { records: [], hasGap: true, passed: '', isPart: true };
      page.isPart;
    ) {
      page = pages.read(at, 64, encodeOffset(100)) as LatePage;
      got.push(...numbersOf(page));
      at = page.passed ?? page.records.at(-1)?.offset ?? at;
      if (page.records.length === 64) page = { ...page, isPart: true };
    }
    expect(got).toEqual(range(81, 100));
  });

  it('holds at most its limit of bytes', () => {
    const { log, pages, read } = build();
    log.newest = 100;
    log.size = 500_000;
    expect(read(0, 64).length).toBe(64);
    expect(pages.held.size).toBeLessThanOrEqual(8);
    expect(read(99, 10)).toEqual([100]);
    log.size = 10_000_000;
    log.newest = 101;
    expect(read(100, 10)).toEqual([101]);
    expect(pages.held.size).toBe(0);
    expect(read(100, 10)).toEqual([101]);
    expect(read(101, 10)).toEqual([]);
  });

  it('knows the size of a record', () => {
    expect(sizeOf({ event: '["a"]', attachments: [new Uint8Array(7)] })).toBe(12);
  });
});
