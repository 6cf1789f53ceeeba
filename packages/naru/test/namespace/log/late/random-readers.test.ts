/** Many readers of one log on another machine, at random places and in random rooms, while records are added. */
import { expect, it } from 'vitest';
import { FakeClock, SeededRandom } from '../../../../../testing/src/index.js';
import { encodeOffset, lowerOffset, type Page, type StoredRecord } from '../../../../src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../../src/backplane/own-records.js';
import { LatePages } from '../../../../src/namespace/log/late/late-pages.js';
import { isFor } from '../../../../src/namespace/log/records.js';
import { lateHome } from '../numbers.js';

const ROOMS = ['a', 'b', 'c', 'd'];
const SEEDS = Array.from({ length: 12 }, (_, at) => at + 1);

/** A log that grows, of which a process has delivered up to `offset`. Its home answers later. */
class GrowingLog {
  readonly records: StoredRecord[] = [];
  readonly erasures = 0;
  offset = encodeOffset(0);
  readonly earlier = lowerOffset;
  readonly home = lateHome(false);
  readonly pages: LatePages = new LatePages(this);
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;

  constructor(clock: FakeClock, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
  }

  grow(): void {
    const count = this.#random.integer(1, 40);
    for (let at = 0; at < count; at += 1) {
      const offset = encodeOffset(this.records.length + 1);
      const rooms = this.#random.chance(0.1) ? [] : [this.#random.pick(ROOMS)];
      const told = this.#random.chance(0.1) ? { rooms: [TOLD_ROOM], except: [TOLD_ROOM] } : { rooms, except: [] };
      this.records.push({ ...told, event: '["e"]', attachments: [], at: 0, offset });
    }
    // The process has not heard of all of them yet.
    const heard = this.#random.integer(0, this.records.length);
    const offset = encodeOffset(heard);
    if (offset > this.offset) this.offset = offset;
  }

  async read(after: string, limit: number): Promise<Page> {
    const from = Number.parseInt(after, 36);
    const page = await this.#later(() => ({ records: this.records.slice(from, from + limit), hasGap: false }));
    return this.pages.note(page, after);
  }

  #later<T>(answer: () => T): Promise<T> {
    const [there, back] = [this.#random.integer(0, 20), this.#random.integer(0, 20)];
    return new Promise((resolve) =>
      this.#clock.setTimeout(
        () => {
          const value = answer();
          this.#clock.setTimeout(() => resolve(value), back, undefined);
        },
        there,
        undefined,
      ),
    );
  }
}

it('give each reader exactly its records, whatever the others read', async () => {
  for (const seed of SEEDS) {
    const random = new SeededRandom(seed);
    const clock = new FakeClock();
    const log = new GrowingLog(clock, random.fork());
    const { pages } = log;
    const wrong: string[] = [];
    const readers: Promise<void>[] = [];
    const start = (): void => {
      const own = random.fork();
      const rooms = new Set(ROOMS.filter(() => own.chance(0.4)));
      let from = own.integer(0, Number.parseInt(log.offset, 36));
      const got: number[] = [];
      const first = from;
      const run = async (): Promise<void> => {
        for (let turns = 0; turns < 400; turns += 1) {
          if (encodeOffset(from) >= log.offset) return;
          const mark = own.integer(from + 1, from + 60);
          const until = own.chance(0.5) && encodeOffset(mark) < log.offset ? encodeOffset(mark) : log.offset;
          const limit = own.integer(1, 64);
          const page = await pages.read(encodeOffset(from), limit, until, rooms);
          const passed = page.passed ?? until;
          if (passed > until) wrong.push(`passed ${passed} is beyond ${until}`);
          for (const record of page.records) {
            if (record.offset > passed) wrong.push(`a record beyond ${passed}`);
            else if (isFor(record, rooms)) got.push(Number.parseInt(record.offset, 36));
          }
          from = Number.parseInt(passed, 36);
        }
      };
      readers.push(
        run().then(() => {
          const due = log.records
            .slice(first, from)
            .filter((record) => isFor(record, rooms))
            .map(({ offset }) => Number.parseInt(offset, 36));
          if (String(got) !== String(due)) wrong.push(`after ${first}: ${got.length} of ${due.length}`);
        }),
      );
    };
    for (let step = 0; step < 120; step += 1) {
      log.grow();
      if (random.chance(0.5)) start();
      await clock.advance(random.integer(1, 30));
    }
    await clock.advance(20_000);
    await Promise.all(readers);
    expect([seed, wrong]).toEqual([seed, []]);
  }
});
