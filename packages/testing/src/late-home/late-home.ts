/** A simulated home for tests: answers take time, uplinks break, batches come late, and new records can get lost. */

import type { HomeMethods, HomeRequest, StoreName } from '@naru/broker';
import { RemoteBackplane } from '@naru/broker';
import {
  type Appended,
  audienceOf,
  type Backplane,
  type Batch,
  type LeaseTable,
  type LogRecord,
  MemoryStore,
  type Offset,
  type StoredRecord,
  storedAs,
  type TableList,
} from 'naru/backplane';
import type { Bytes, Clock } from 'naru/base';
import { getOrCreate, readOptions } from 'naru/base';
import { FakeClock } from '../fake-clock.js';
import { SeededRandom } from '../seeded-random.js';
import { ForgetfulLog } from './forgetful-log.js';
import { LateLine, type LineHome } from './late-line.js';
import { type LateHomeOptions, type LateHomeSettings, lateHomeTable } from './options.js';

/** Sees the requests that are carried out for a line, each once. */
export type HomeWitness = (request: HomeRequest, answer: unknown, line: LateLine) => void;

/** A server's part in a home. */
export interface LatePart {
  readonly line: LateLine;
  /** Makes the backplane that uses the line. Call it once. */
  connect(): RemoteBackplane;
  /** The server is dead: its uplink breaks, and nothing that it does from now on arrives. */
  break(): void;
}

/** An append that may get lost. */
interface Journal {
  readonly namespace: string;
  readonly at: number;
  readonly appended: Appended;
  readonly writer: string;
  readonly number: number;
}

/** Appends that can get lost. */
const JOURNAL_MAX = 10_000;

/**
 * A home that outlives servers. Each server gets its own backplane from `open`. The same seed, options and calls lead
 * to the same events.
 */
export class LateHome implements LineHome {
  readonly clock: FakeClock;
  readonly settings: LateHomeSettings;
  readonly log: ForgetfulLog;
  /** The texts that belong to no namespace. */
  readonly store: MemoryStore;
  readonly #random: SeededRandom;
  readonly #witness: HomeWitness | undefined;
  readonly #lines = new Set<LateLine>();
  /** The answers to the writes of each writer and kind that may be sent again. */
  readonly #answers = new Map<string, Map<number, unknown>>();
  readonly #journal: Journal[] = [];
  readonly #stores = new Map<string, MemoryStore>();
  #isThere = true;
  #stillUntil = 0;
  #takeovers = 0;

  constructor(given: LateHomeOptions = {}, witness?: HomeWitness) {
    const settings = readOptions(lateHomeTable, given);
    const { clock = new FakeClock(), seed, ageMs, bytes: bytesMax } = settings;
    this.settings = settings;
    this.clock = clock;
    this.#witness = witness;
    this.#random = new SeededRandom(seed);
    this.log = new ForgetfulLog(clock, { ageMs, bytes: bytesMax });
    this.store = new MemoryStore(clock);
  }

  /** Returns the store of the texts that belong to a namespace, or to none. */
  storeOf(namespace: StoreName): MemoryStore {
    if (namespace === undefined) return this.store;
    return getOrCreate(this.#stores, namespace, () => new MemoryStore(this.clock));
  }

  /** Opens the home for a server. */
  open(): Backplane {
    return this.part(this.clock, this.#random.fork()).connect();
  }

  /** Opens the home for a server with a clock and a randomness of its own. */
  part(clock: Clock, random: SeededRandom, isDurable = true): LatePart {
    const line = new LateLine(this, clock, random.fork());
    this.#lines.add(line);
    const onClosed = (): void => {
      this.#lines.delete(line);
    };
    return {
      line,
      connect: () =>
        new RemoteBackplane({
          name: 'late',
          home: line,
          isDurable,
          canTrim: true,
          hasTags: true,
          keepsTagsApart: this.settings.keepsTagsApart,
          onClosed,
          clock,
          random: random.fork(),
        }),
      break: () => {
        line.cut(Number.POSITIVE_INFINITY);
        onClosed();
      },
    };
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  get takeovers(): number {
    return this.#takeovers;
  }

  get stillMs(): number {
    return Math.max(0, this.#stillUntil - this.clock.now());
  }

  /** Breaks all uplinks. */
  cut(): void {
    for (const line of this.#lines) line.cut();
  }

  /** Ends the home: all uplinks break, and nobody gets a new one until `start`. Records and texts stay. */
  stop(): void {
    this.#isThere = false;
    this.cut();
  }

  /** Starts the home again. */
  start(): void {
    this.#isThere = true;
  }

  /** Makes the home stand still for `ms` milliseconds. Uplinks stay, and nothing is answered. */
  pause(ms: number): void {
    this.#stillUntil = Math.max(this.#stillUntil, this.clock.now() + ms);
  }

  /** Returns the appends of the last `ms` milliseconds, newest first. */
  tail(ms: number): readonly { readonly namespace: string; readonly offsets: readonly Offset[] }[] {
    const since = this.clock.now() - ms;
    return this.#journal
      .filter(({ at }) => at >= since)
      .map(({ namespace, appended: { offsets } }) => ({ namespace, offsets }))
      .reverse();
  }

  /** Loses appends of the last `ms` milliseconds, and breaks all uplinks, as in a failover. Returns their number. */
  forget(ms: number): number {
    const since = this.clock.now() - ms;
    let count = 0;
    for (let last = this.#journal.at(-1); last && last.at >= since; last = this.#journal.at(-1)) {
      const { namespace, appended, writer, number } = last;
      this.#journal.pop();
      this.log.forget(namespace, appended.offsets);
      this.#answers.get(`${writer} appends to ${namespace}`)?.delete(number);
      count += appended.offsets.length;
    }
    this.#takeovers += 1;
    this.cut();
    return count;
  }

  carryOut(request: HomeRequest, line: LateLine): unknown {
    const { write } = request;
    if (!write) return this.#run(request, line);
    const answers = getOrCreate(this.#answers, kindOf(request, write.writer), () => new Map<number, unknown>());
    for (const number of answers.keys())
      if (number <= write.settled && request.method !== 'erase') answers.delete(number);
    if (answers.has(write.number)) return answers.get(write.number);
    const answer = this.#run(request, line);
    answers.set(write.number, answer);
    if (request.method === 'append') this.#onAppended(request.args, answer as Appended, write.writer, write.number);
    return answer;
  }

  passOn(channel: string, bytes: Bytes): boolean {
    const hearing = [...this.#lines].filter((line) => line.hears(channel));
    for (const line of hearing) line.tellSaid(channel, bytes);
    return hearing.length > 0;
  }

  #run(request: HomeRequest, line: LateLine): unknown {
    const { log } = this;
    const tableOf = (store: StoreName, table: string): LeaseTable => this.storeOf(store).table(table);
    const methods: HomeMethods = {
      append: (...args) => ({ ...log.append(...args), told: line.toldOf(args[0]) }),
      read: (...args) => log.read(...args),
      readBack: (...args) => log.readBack(...args),
      readAt: (...args) => log.readAt(...args),
      knows: (...args) => log.knows(...args),
      extent: (...args) => log.extent(...args),
      newest: (namespace) => {
        const { newest } = log.extent(namespace);
        // Says that the server has everything, if it has.
        if (line.follows(namespace)) line.tell({ namespace, batch: { previous: newest, records: [] }, writer: '' });
        return newest;
      },
      namespaces: () => log.namespaces(),
      erase: (...args) => log.erase(...args),
      retain: (...args) => log.retain(...args),
      follow: (namespace, tags) => {
        const { newest } = log.extent(namespace);
        line.follow(namespace, tags, newest);
        return newest;
      },
      unfollow: (namespace) => line.unfollow(namespace),
      get: (store, ...args) => this.storeOf(store).get(...args),
      list: (...args) => this.store.list(...args),
      trim: (...args) => void this.store.trim(...args),
      set: (store, ...args) => this.storeOf(store).set(...args),
      delete: (store, ...args) => this.storeOf(store).delete(...args),
      swap: (store, key, expected, value, expiresInMs) => this.storeOf(store).swap(key, expected, value, expiresInMs),
      tablePut: (store, table, ...args) => tableOf(store, table).put(...args) as undefined,
      tableGet: (store, table, key) => tableOf(store, table).get(key) as string | undefined,
      tableRemove: (store, table, ...args) => tableOf(store, table).remove(...args) as undefined,
      tableList: (store, table, ...args) => tableOf(store, table).list(...args) as TableList | 'same',
      ping: () => undefined,
    };
    const answer = (methods[request.method] as (...args: readonly unknown[]) => unknown)(...request.args);
    this.#witness?.(request, answer, line);
    return answer;
  }

  #onAppended(
    [namespace, records]: readonly [string, readonly LogRecord[]],
    appended: Appended,
    writer: string,
    number: number,
  ): void {
    if (records.length === 0) return;
    this.#journal.push({ namespace, at: this.clock.now(), appended, writer, number });
    if (this.#journal.length > JOURNAL_MAX) this.#journal.shift();
    const { previous, offsets } = appended;
    // Retention may have removed the first records already. A batch is told whole.
    const stored = records.map((record, at) => storedAs(record, offsets[at] ?? ''));
    for (const line of this.#lines)
      for (const batch of batchesFor(line, namespace, previous, stored)) line.tell({ namespace, batch, writer });
  }
}

/** Returns the runs of records that a line is told of. */
function batchesFor(line: LateLine, namespace: string, previous: Offset, records: readonly StoredRecord[]): Batch[] {
  const batches: { previous: Offset; records: StoredRecord[] }[] = [];
  let [before, isOpen] = [previous, false];
  for (const record of records) {
    const isTold = line.follows(namespace, audienceOf(record));
    if (isTold && isOpen) batches.at(-1)?.records.push(record);
    else if (isTold) batches.push({ previous: before, records: [record] });
    [before, isOpen] = [record.offset, isTold];
  }
  return batches;
}

/** Names the writes of a writer whose answers are settled together. */
function kindOf({ method, args }: HomeRequest, writer: string): string {
  if (method === 'append') return `${writer} appends to ${args[0]}`;
  return method === 'erase' ? `${writer} erases` : writer;
}
