import { describe, expect, it } from 'vitest';
import { encodeOffset, type Offset, type Page } from '../../../../src/backplane/backplane.js';
import { deliver, Numbers, numbersOf, pagesOf, range, recordOf } from '../numbers.js';

/** Pages of a log whose answers come when they are called. */
function answeringLater(log: Numbers) {
  const answers: (() => void)[] = [];
  const read = (after: Offset, limit: number): Promise<Page> => {
    const page = log.read(after, limit);
    return new Promise((resolve) => answers.push(() => resolve(page)));
  };
  const answer = async (): Promise<void> => {
    for (const each of answers.splice(0)) each();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { pages: pagesOf(read, false), answer };
}

describe('LatePages while events keep coming', () => {
  it('asks a log that answers later once for all readers at one place, and again for what has come since', async () => {
    const log = new Numbers();
    const { pages, answer } = answeringLater(log);
    const read = async (until: number): Promise<number[]> =>
      numbersOf(await pages.read(encodeOffset(10), 64, encodeOffset(until)));
    log.newest = 20;
    const readers = [read(20), read(20), read(20)];
    await answer();
    expect([await Promise.all(readers), log.readings]).toEqual([[range(11, 20), range(11, 20), range(11, 20)], 1]);
    pages.clear();
    log.newest = 10;
    const early = read(11);
    log.newest = 12;
    const late = read(12);
    await answer();
    await answer();
    expect([await early, await late]).toEqual([[], [11, 12]]);
  });

  it('reads for readers at several places together, from the first of them on', async () => {
    const log = new Numbers();
    log.newest = 100;
    const { pages, answer } = answeringLater(log);
    const read = async (after: number, limit: number): Promise<number[]> =>
      numbersOf(await pages.read(encodeOffset(after), limit, encodeOffset(100)));
    const readers = [read(50, 10), read(20, 60), read(70, 10)];
    await answer();
    await answer();
    expect([await Promise.all(readers), log.readings]).toEqual([[range(51, 60), range(21, 80), range(71, 80)], 2]);
    expect([await read(60, 20), log.readings]).toEqual([range(61, 80), 2]);
  });

  it('reads a log that answers later about once for many readers that begin at many places', async () => {
    const log = new Numbers();
    log.newest = 10_000;
    const pages = pagesOf(async (after, limit) => log.read(after, limit), false);
    const follow = async (begin: number): Promise<void> => {
      let after = begin;
      while (after < log.newest) {
        const page = await pages.read(encodeOffset(after), 64, encodeOffset(log.newest));
        const numbers = numbersOf(page);
        expect(numbers).toEqual(range(after + 1, after + numbers.length));
        after += numbers.length;
      }
    };
    await follow(9_000);
    log.readings = 0;
    const begins = Array.from({ length: 50 }, (_, at) => (at * 7_919) % 8_000);
    await Promise.all(begins.map(follow));
    // Each begin that is earlier than all before it has the range read anew.
    expect(log.readings).toBeLessThan(200);
  });

  it('takes records as they are delivered, as long as readers ask', () => {
    const log = new Numbers();
    const pages = pagesOf((after, limit) => log.read(after, limit));
    const read = (after: number, limit: number): number[] =>
      numbersOf(pages.read(encodeOffset(after), limit, encodeOffset(log.newest)) as Page);
    const deliverNumber = (n: number): void => {
      log.newest = n;
      deliver(pages, recordOf(n, 1, []));
    };
    deliverNumber(1);
    expect(pages.held.size).toBe(0);
    log.newest = 10;
    expect(read(5, 64)).toEqual(range(6, 10));
    for (let n = 11; n <= 20; n += 1) deliverNumber(n);
    expect([read(5, 64), log.readings]).toEqual([range(6, 20), 1]);
    for (let n = 21; n <= 10_000; n += 1) deliverNumber(n);
    expect(pages.held.size).toBeLessThan(5_000);
    expect(read(9_000, 5_000)).toEqual(range(9_001, 10_000));
  });
});
