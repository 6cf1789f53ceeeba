import { expect, it } from 'vitest';
import { encodeOffset, lowerOffset, type Page, type StoredRecord } from '../../../../src/backplane/backplane.js';
import { LatePages } from '../../../../src/namespace/log/late/late-pages.js';
import { deliver, lateHome, pagesOf, recordOf } from '../numbers.js';

const COUNT = 40_000;
const PAGE = 256;
const ROOMS = new Set(['a']);

/** A log with a record in room `a` from time to time, and what was read of it. */
function logOf(): { readonly pages: LatePages; readonly readCount: () => number } {
  const records = Array.from({ length: COUNT }, (_, at): StoredRecord => {
    const room = at % 100 === 0 ? 'a' : 'b';
    return { offset: encodeOffset(at + 1), rooms: [room], except: [], event: '["say"]', attachments: [], at: 0 };
  });
  let count = 0;
  const read = (after: string, limit: number): Page => {
    const from = records.findIndex(({ offset }) => offset > after);
    const page = from < 0 ? [] : records.slice(from, from + limit);
    count += page.length;
    return { records: page, hasGap: false };
  };
  return {
    pages: pagesOf(read, true, { offset: encodeOffset(COUNT) }),
    readCount: () => count,
  };
}

/** Reads to the end, as a late reader does, and returns how many records it got. */
function readAll(pages: LatePages, from: number): number {
  let [after, count] = [encodeOffset(from), 0];
  for (let isOver = false; !isOver; ) {
    const page = pages.read(after, PAGE, encodeOffset(COUNT), ROOMS);
    if (page instanceof Promise) throw new Error('this log answers at once');
    count += page.records.filter(({ rooms }) => rooms.includes('a')).length;
    after = page.passed ?? page.records.at(-1)?.offset ?? after;
    isOver = !page.isPart && page.records.length < PAGE;
  }
  return count;
}

it('reads the end of the log once for clients that were away for a short time, whatever others read', () => {
  const { pages, readCount } = logOf();
  for (let n = 0; n < 20; n += 1) {
    expect(readAll(pages, COUNT - 4_000 + n * 100)).toBe(40 - n);
    // A part only: a reader that is far behind lets others read.
    pages.read(encodeOffset(n * 50), PAGE, encodeOffset(COUNT), ROOMS);
  }
  expect(readCount()).toBeLessThan(COUNT);
});

it('gives a reader everything on its way from far back to the end', () => {
  expect(readAll(logOf().pages, 0)).toBe(COUNT / 100);
});

/** Pages whose index knows all records, and how many records were read by their places in each request. */
function knownLog() {
  const records = Array.from({ length: COUNT }, (_, at): StoredRecord => {
    const rooms = [at % 100 === 0 ? 'a' : 'b'];
    return { offset: encodeOffset(at + 1), rooms, except: [], event: '["say"]', attachments: [], at: 0 };
  });
  const asked: number[] = [];
  const read = (after: string, limit: number): Page => {
    const from = records.findIndex(({ offset }) => offset > after);
    return { records: records.slice(from, from + limit), hasGap: false };
  };
  const readAt = async (offsets: readonly string[]): Promise<StoredRecord[]> => {
    asked.push(offsets.length);
    return records.filter(({ offset }) => offsets.includes(offset));
  };
  const pages = pagesOf(read, false, { offset: encodeOffset(COUNT), readAt });
  pages.expect();
  pages.note({ records, hasGap: false }, encodeOffset(0));
  const offsetsAfter = async (from: number, limit = 100, rooms?: ReadonlySet<string>) => {
    const page = await pages.read(encodeOffset(from), limit, encodeOffset(COUNT), rooms);
    return page.records.map(({ offset }) => offset);
  };
  return { pages, asked, offsetsAfter };
}

it('asks the log once for records by their places that several readers need at the same time', async () => {
  const { asked, offsetsAfter } = knownLog();
  const readOf = (from: number) => offsetsAfter(from, 100, ROOMS);
  const got = await Promise.all([readOf(0), readOf(0), readOf(0), readOf(20_000)]);
  const [first, , , last] = got;
  expect(got).toEqual([first, first, first, last]);
  expect(first?.length).toBeGreaterThan(10);
  expect(asked).toEqual([first?.length, last?.length]);
});

it('holds records that were read by their places from the second reader on', async () => {
  const { pages, asked, offsetsAfter } = knownLog();
  const first = await offsetsAfter(0, 20, ROOMS);
  expect([asked.splice(0), pages.held.size]).toEqual([[20], 0]);
  expect(await offsetsAfter(0, 20, ROOMS)).toEqual(first);
  expect([asked.splice(0), pages.held.size]).toEqual([[20], 20]);
  // Ten of these records are new for a reader from the middle on.
  expect(await offsetsAfter(1_000, 20, ROOMS)).toEqual([...first.slice(10), ...(await offsetsAfter(2_000, 10, ROOMS))]);
  expect(asked.splice(0)).toEqual([10, 10]);
  expect(await offsetsAfter(0, 20, ROOMS)).toEqual(first);
  expect(asked).toEqual([]);
});

it('reads the place of a session alone', async () => {
  const { asked, offsetsAfter } = knownLog();
  expect(await offsetsAfter(77, 1)).toEqual([encodeOffset(78)]);
  expect(asked).toEqual([1]);
});

it('tells whether a reader needs few records, if all of them are known', () => {
  const others: Readonly<Record<number, string[]>> = { 20: ['a'], 30: ['b', 'a'], 90: ['c'] };
  const log = { offset: encodeOffset(10) };
  const pages = pagesOf(() => ({ records: [], hasGap: false }), true, log);
  pages.expect();
  for (let n = 11; n <= 110; n += 1) deliver(pages, recordOf(n, 1, others[n] ?? ['busy']));
  const needs = (limit: number, from: number, until: number): boolean => {
    const known = pagesOf(() => ({ records: [], hasGap: false }), true, { offset: encodeOffset(until) });
    Object.assign(known, { index: pages.index });
    return known.needsAtMost(limit, encodeOffset(from), new Set(['a', 'b', 'c', 'none']));
  };
  expect([needs(3, 10, 110), needs(2, 10, 110), needs(1, 30, 110), needs(0, 90, 110)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect([needs(2, 10, 89), needs(1, 10, 89)]).toEqual([true, false]);
  expect([needs(100, 9, 110), needs(100, 10, 111)]).toEqual([false, false]);
});

it('reads again if records were erased before the page is there', async () => {
  const texts = ['["old"]', '["naru:gap",{}]'];
  const log = {
    ...{ home: lateHome(false), earlier: lowerOffset, offset: encodeOffset(1), erasures: 0 },
    read: async (): Promise<Page> => {
      const [event = ''] = texts.splice(0, 1);
      log.erasures = 1;
      pages.clear();
      return pages.note({ records: [{ ...recordOf(1, 0, []), event }], hasGap: false }, encodeOffset(0));
    },
  };
  const pages: LatePages = new LatePages(log);
  const { records } = await pages.read(encodeOffset(0), PAGE, encodeOffset(1));
  expect(records.map(({ event }) => event)).toEqual(['["naru:gap",{}]']);
});
