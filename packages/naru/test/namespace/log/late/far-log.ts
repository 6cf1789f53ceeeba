/** A log on another machine, for tests of those who read it. Every answer takes a random time. */

import type { FakeClock, SeededRandom } from '../../../../../testing/src/index.js';
import {
  type Appended,
  type Batch,
  encodeOffset,
  type Log,
  type LogFollower,
  type LogRecord,
  type Offset,
  type StoredRecord,
  storedAs,
} from '../../../../src/backplane/backplane.js';
import { erasedRecord } from '../../../../src/backplane/own-records.js';

/** A log to which the process under test and others append. */
export class FarLog {
  readonly records: StoredRecord[] = [];
  readonly log: Log;
  /** The most milliseconds of each way. */
  readonly #slowestMs: number;
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;
  #follower: LogFollower | undefined;
  /** The newest append and the newest batch. Each waits for those before it. */
  #appended: Promise<unknown> = Promise.resolve();
  #told: Promise<unknown> = Promise.resolve();

  constructor(clock: FakeClock, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
    this.#slowestMs = random.pick([1, 5, 20, 80, 300]);
    this.log = this.#createLog();
  }

  get newest(): Offset {
    return encodeOffset(this.records.length);
  }

  /** Resolves after the time of one way. */
  travel(): Promise<void> {
    const ms = this.#random.integer(0, this.#slowestMs);
    return new Promise((resolve) => this.#clock.setTimeout(resolve, ms, undefined));
  }

  /** Another process appends. Most batches are told, some only announced, and some get lost. */
  appendElsewhere(records: readonly LogRecord[]): void {
    const batch = this.#store(records);
    const fate = this.#random.integer(0, 19);
    const way = this.travel();
    this.#told = this.#told
      .then(() => way)
      .then(() => {
        if (fate > 1) this.#follower?.onBatch(batch);
        else if (fate === 1) this.announce();
      });
  }

  /** Says that there may be more than was told. */
  announce(): void {
    this.#follower?.onMore();
  }

  #store(records: readonly LogRecord[]): Batch {
    const previous = this.newest;
    const stored = records.map((record, at) => storedAs(record, encodeOffset(this.records.length + 1 + at)));
    this.records.push(...stored);
    return { previous, records: stored };
  }

  #createLog(): Log {
    const ask = async <T>(answer: () => T): Promise<T> => {
      await this.travel();
      const value = answer();
      await this.travel();
      return value;
    };
    return {
      isRemote: true,
      append: async (_, records): Promise<Appended> => {
        const there = this.travel();
        const stored = this.#appended.then(() => there).then(() => this.#store(records));
        this.#appended = stored;
        const batch = await stored;
        await this.travel();
        return { previous: batch.previous, offsets: batch.records.map(({ offset }) => offset) };
      },
      read: (_, after, limit) => {
        const from = Number.parseInt(after, 36);
        return ask(() => ({ records: this.records.slice(from, from + limit), hasGap: false }));
      },
      readBack: () => ask(() => ({ records: [], hasGap: false })),
      knows: (_, offset) => ask(() => offset <= this.newest),
      newest: () => ask(() => this.newest),
      extent: () => ask(() => ({ oldest: undefined, newest: this.newest, count: this.records.length, bytes: 0 })),
      erase: (_, what) =>
        ask(() => {
          const at = this.records.findIndex(({ offset }) => 'offset' in what && offset === what.offset);
          const record = this.records[at];
          if (record) this.records[at] = storedAs(erasedRecord(record), record.offset);
          return record ? 1 : 0;
        }),
      retain: () => undefined,
      follow: (_, follower) => ({
        ready: ask(() => {
          this.#follower = follower;
          return this.newest;
        }),
        end: () => {
          this.#follower = undefined;
        },
      }),
    };
  }
}
