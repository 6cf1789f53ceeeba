/**
 * Work queues in the store of any backplane. Every process that uses them carries out the same entries, so each knows
 * which messages there are and who holds them.
 */
import type { Backplane } from 'naru/backplane';
import type { Clock, Random } from 'naru/base';
import { getOrCreate, UnavailableError, utf8Size } from 'naru/base';
import type { Place, QueueCommand, QueueEntry } from './queue-entry.js';
import type { QueueAnswer, QueueFold, Taken } from './queue-fold.js';
import { QueueJournal, sequenceOf } from './queue-journal.js';
import { QueueSaver } from './queue-saver.js';
import { TextCache } from './text-cache.js';
import type { HeldMessage, QueueBounds, QueueExtent, QueueFull, QueuePut, WorkQueueStore } from './work-queue-store.js';

/** Tells the other processes of the same home that there are new entries. A call may be lost. */
export interface QueueBell {
  /** `isWanted` asks them to let this process write next. */
  ring(isWanted: boolean): void;
  /** Calls `onRing` when another process rings. */
  hear(onRing: (isWanted: boolean) => void): void;
}

/** The parts that the queues use. */
export interface SharedQueuesContext {
  readonly backplane: Pick<Backplane, 'store' | 'onState'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly bell: QueueBell | undefined;
  /** Places of entries in the store. All processes need the same number. @default 4096 */
  readonly places?: number;
  /** Entries after which the state is stored. @default 1024 */
  readonly savedAfter?: number;
}

/** A command or a question that waits. */
interface Request {
  readonly bytes: number;
  readonly texts: readonly string[];
  /** Whether the entry ends with its command. */
  readonly isLast: boolean;
  /** Returns the command for an entry that is written now, or `undefined` for a question. */
  command(now: number): QueueCommand | undefined;
  /** Called when the answer is known, in the state that gave it. */
  settle(answer: QueueAnswer): void;
  reject(error: unknown): void;
}

const PLACES = 4_096;
const SAVED_AFTER = 1_024;
/** Bytes of entries after which the state is stored. */
const SAVED_AFTER_BYTES = 4 * 1024 * 1024;
/** Places that are left for the entries with which a process stores the state. */
const SPARE_PLACES = 64;
/** Bytes of texts that go into one entry, unless one request has more. */
const ENTRY_BYTES = 256 * 1024;
const ENTRY_COMMANDS = 512;
/** Bytes of texts that wait. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** Places that are read at once. */
const READ_AT_ONCE = 64;
/** Places that others have won in a row, before this process asks them to wait. */
const LOST_MAX = 4;
/** Milliseconds for which a process waits that was asked to. */
const YIELD_MS = 30;
/** Milliseconds between two looks whether the ring has room again, and for which requests wait for that. */
const ROOM_MS = 50;
const ROOM_WAIT_MS = 20_000;

/** The queues of a home, as one process sees them. */
export class SharedQueues implements WorkQueueStore {
  readonly #context: SharedQueuesContext;
  readonly #journal: QueueJournal;
  readonly #saver: QueueSaver;
  readonly #cache = new TextCache();
  readonly #places: number;
  /** Names this process in its entries. */
  readonly #writer: string;
  #written = 0;
  #fold: QueueFold | undefined;
  /** Bytes of entries since the newest stored state. */
  #bytes = 0;
  #requests: Request[] = [];
  #waitingBytes = 0;
  #isRunning = false;
  /** Whether the store may have lost what this process has read or written. */
  #isUnsure = false;
  #lost = 0;
  /** Since when the ring has no room. */
  #fullSince: number | undefined;
  #waitsUntil = 0;
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(context: SharedQueuesContext) {
    const { backplane, random, bell, places = PLACES, savedAfter = SAVED_AFTER } = context;
    this.#context = context;
    this.#places = places;
    this.#writer = random.id().slice(0, 8);
    this.#journal = new QueueJournal(backplane.store, places);
    this.#saver = new QueueSaver(this.#journal, {
      clock: context.clock,
      savedAfter: Math.min(savedAfter, places / 4),
      bytesMax: SAVED_AFTER_BYTES,
      placesMax: places / 2,
      fold: () => this.#fold,
      textOf: (message) => this.#textOf(message),
      ask: (command, onAnswer) => this.#run(command, { isLast: true, onAnswer }),
    });
    // A connection that was lost may lead to a store that has lost the newest entries.
    backplane.onState?.((state) => {
      this.#isUnsure = true;
      // The bell may have rung while nobody could hear it.
      if (state === 'up') this.#onRing(false);
    });
    bell?.hear((isWanted) => this.#onRing(isWanted));
  }

  async put(puts: readonly QueuePut[], bounds: QueueBounds): Promise<'kept' | QueueFull> {
    const texts = puts.flatMap(({ messages }) => messages);
    const sized = puts.map(({ queue, messages }) => [queue, messages.map(utf8Size)] as const);
    return this.#run(() => ({ op: 'put', puts: sized, bounds }), { texts }) as Promise<'kept' | QueueFull>;
  }

  async extent(queue: string): Promise<QueueExtent> {
    let extent: QueueExtent | undefined;
    const onAnswer = (): void => {
      extent = this.#fold?.extent(queue);
    };
    await this.#run(() => undefined, { onAnswer });
    return extent ?? { count: 0, bytes: 0 };
  }

  async take(queue: string, count: number, leaseMs: number): Promise<readonly HeldMessage[]> {
    const command = (now: number): QueueCommand => {
      const ended = this.#fold?.endedAt(queue, now) ?? [];
      return { op: 'take', queue, count, leaseMs, ended };
    };
    const taken = (await this.#run(command)) as readonly Taken[];
    const held = await Promise.all(taken.map((each) => this.#held(queue, each)));
    return held.flatMap((each) => each ?? []);
  }

  async finish(queue: string, ids: readonly string[]): Promise<void> {
    await this.#run(() => ({ op: 'finish', queue, ids }));
  }

  async giveBack(queue: string, ids: readonly string[], isUnsent = false): Promise<void> {
    await this.#run(() => ({ op: 'giveBack', queue, ids, ...(isUnsent ? { isUnsent } : {}) }));
  }

  async renew(queue: string, ids: readonly string[], leaseMs: number): Promise<readonly string[]> {
    return (await this.#run(() => ({ op: 'renew', queue, ids, leaseMs }))) as readonly string[];
  }

  watch(queue: string, onMore: () => void): () => void {
    const watchers = getOrCreate(this.#watchers, queue, () => new Set());
    const own = (): void => onMore();
    watchers.add(own);
    return () => {
      watchers.delete(own);
      if (watchers.size === 0 && this.#watchers.get(queue) === watchers) this.#watchers.delete(queue);
    };
  }

  // Requests.

  #run(
    command: Request['command'],
    more: { texts?: readonly string[]; isLast?: boolean; onAnswer?(answer: QueueAnswer): void } = {},
  ): Promise<QueueAnswer> {
    const { texts = [], isLast = false, onAnswer } = more;
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    if (this.#waitingBytes > 0 && bytes > 0 && this.#waitingBytes + bytes > WAITING_BYTES_MAX)
      return Promise.reject(
        new UnavailableError('NOT_KEPT', `Nothing was written, because ${WAITING_BYTES_MAX} bytes wait already.`),
      );
    this.#waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      const settle = (answer: QueueAnswer): void => {
        this.#waitingBytes -= bytes;
        onAnswer?.(answer);
        resolve(answer);
      };
      const refuse = (error: unknown): void => {
        this.#waitingBytes -= bytes;
        reject(error);
      };
      this.#requests.push({ bytes, texts, isLast, command, settle, reject: refuse });
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // The requests of this turn go together.
    await undefined;
    while (this.#requests.length > 0) {
      const requests = this.#next();
      try {
        if (!(await this.#answer(requests))) continue;
      } catch (error) {
        this.#isUnsure = true;
        for (const { reject } of requests) reject(error);
      }
      this.#requests.splice(0, requests.length);
    }
    this.#isRunning = false;
  }

  /** Returns the first requests, as far as they fit into one entry. */
  #next(): readonly Request[] {
    let [count, bytes] = [0, 0];
    for (const request of this.#requests) {
      bytes += request.bytes;
      if (count > 0 && (bytes > ENTRY_BYTES || count === ENTRY_COMMANDS)) break;
      count += 1;
      if (request.isLast) break;
    }
    return this.#requests.slice(0, count);
  }

  /** Answers requests. Resolves with `false` if they are to be tried again, because there are newer entries. */
  async #answer(requests: readonly Request[]): Promise<boolean> {
    const { clock } = this.#context;
    const fold = await this.#current();
    const now = clock.now();
    const commands = requests.map((request) => request.command(now));
    const idle = commands.map((command) => (command ? fold.idle(command) : null));
    // A request that changes nothing is answered as soon as this process knows of all entries.
    if (idle.every((answer) => answer !== undefined)) {
      if ((await this.#look()) || this.#isUnsure) return false;
      for (const [at, request] of requests.entries()) request.settle(idle[at] ?? null);
      return true;
    }
    await this.#wait();
    this.#written += 1;
    const entry: QueueEntry = {
      sequence: fold.sequence + 1,
      id: `${this.#writer}${this.#written}`,
      previous: fold.id,
      commands: commands.flatMap((command) => command ?? []),
      texts: requests.flatMap(({ texts }) => texts),
    };
    if (!requests.some(({ isLast }) => isLast) && !(await this.#hasRoom(entry.sequence))) return false;
    const there = await this.#journal.append(entry);
    if (there) {
      this.#lost += 1;
      if (this.#lost % LOST_MAX === 0) this.#context.bell?.ring(true);
      this.#take(there);
      if (this.#lost > 1) await this.#look();
      return false;
    }
    const before = this.#isUnsure ? await this.#find(fold) : 'there';
    // The entry stands after a loss, and counts for nothing.
    if (before === 'lost') {
      this.#fold = undefined;
      return false;
    }
    this.#lost = 0;
    const answers = this.#apply(entry, now) ?? [];
    let at = 0;
    for (const [n, request] of requests.entries()) {
      request.settle(commands[n] ? (answers[at] ?? null) : null);
      if (commands[n]) at += 1;
    }
    if (entry.commands.some(({ op }) => op === 'put' || op === 'giveBack')) this.#context.bell?.ring(false);
    this.#saver.onWritten(this.#fold as QueueFold, this.#bytes);
    // The places after it may be free as well, so the state is read.
    if (before === 'stored') this.#fold = undefined;
    return true;
  }

  /**
   * Whether the ring has room for an entry. If it is full of entries that are in no stored state, somebody stores it
   * first. Rejects if that takes too long.
   */
  async #hasRoom(sequence: number): Promise<boolean> {
    const isFull = (): boolean => sequence - (this.#journal.head?.sequence ?? 0) > this.#places - SPARE_PLACES;
    if (isFull()) await this.#journal.readHead();
    if (!isFull()) {
      this.#fullSince = undefined;
      return true;
    }
    const { clock } = this.#context;
    this.#fullSince ??= clock.now();
    if (this.#fold) this.#saver.onWritten(this.#fold, Number.POSITIVE_INFINITY);
    if (clock.now() - this.#fullSince > ROOM_WAIT_MS)
      throw new UnavailableError('NOT_KEPT', 'Nothing was written, because the work queues cannot store their state.');
    if (!this.#requests.some(({ isLast }) => isLast))
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, ROOM_MS, undefined));
    await this.#look();
    // The request that stores the state goes before those that wait for room.
    const saving = this.#requests.findIndex(({ isLast }) => isLast);
    if (saving >= 0) this.#requests.unshift(...this.#requests.splice(saving, 1));
    return false;
  }

  // Reading.

  /** Returns the state as far as it is known, and reads it if that may be wrong. */
  async #current(): Promise<QueueFold> {
    if (this.#fold && this.#isUnsure && (await this.#find(this.#fold)) !== 'there') this.#fold = undefined;
    if (this.#fold) return this.#fold;
    for (;;) {
      this.#isUnsure = false;
      this.#fold = await this.#journal.load(this.#context.clock);
      this.#bytes = 0;
      for (const queue of this.#watchers.keys()) this.#tell(queue);
      await this.#look();
      if (this.#fold) return this.#fold;
    }
  }

  /** Looks for the newest entry of a state in the store. Others may have stored a later state, and freed its place. */
  async #find({ sequence, id }: QueueFold): Promise<'there' | 'stored' | 'lost'> {
    this.#isUnsure = false;
    const place = sequence === 0 ? undefined : await this.#journal.at(sequence);
    if (sequence === 0 || (place && 'entry' in place && place.entry.id === id)) return 'there';
    const isPassed = place !== undefined && ('freed' in place ? place.freed >= sequence : sequenceOf(place) > sequence);
    return isPassed ? 'stored' : 'lost';
  }

  /** Reads newer entries. Resolves with whether there were any. */
  async #look(): Promise<boolean> {
    let isMore = false;
    for (let count = 1; this.#fold; count = Math.min(READ_AT_ONCE, 2 * count)) {
      const first = this.#fold.sequence + 1;
      const places = await Promise.all(Array.from({ length: count }, (_, at) => this.#journal.at(first + at)));
      for (const place of places) {
        if (!place || !this.#fold || sequenceOf(place) <= this.#fold.sequence) return isMore;
        this.#take(place);
        isMore = true;
      }
    }
    return isMore;
  }

  /** Carries out the entry of another process that comes next. If it is gone, the state is read again. */
  #take(place: NonNullable<Place>): void {
    const isNext = 'entry' in place && place.entry.sequence === (this.#fold?.sequence ?? 0) + 1;
    if (isNext) this.#apply(place.entry, this.#context.clock.now());
    else this.#fold = undefined;
  }

  #apply(entry: QueueEntry, now: number): readonly QueueAnswer[] | undefined {
    const fold = this.#fold as QueueFold;
    const more = new Set<string>();
    for (const [at, text] of entry.texts.entries()) {
      this.#cache.set(`${entry.id}.${at}`, text);
      this.#bytes += text.length;
    }
    const { saved } = fold;
    const answers = fold.apply(entry, now, (queue) => more.add(queue));
    if (fold.saved !== saved) this.#bytes = 0;
    this.#saver.onApplied(fold);
    for (const queue of more) this.#tell(queue);
    return answers;
  }

  #tell(queue: string): void {
    for (const watcher of this.#watchers.get(queue) ?? []) this.#context.clock.defer(watcher, undefined);
  }

  // Other processes.

  #onRing(isWanted: boolean): void {
    const { clock } = this.#context;
    if (isWanted) this.#waitsUntil = clock.now() + YIELD_MS;
    // A state that was never read is read by the first request.
    if (this.#watchers.size > 0 && this.#fold) this.#run(() => undefined).catch(() => undefined);
  }

  /** Lets another process write that was too late too often. */
  async #wait(): Promise<void> {
    const { clock, random } = this.#context;
    const ms = this.#waitsUntil - clock.now();
    if (ms <= 0 || this.#lost > 0) return;
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, ms * (0.5 + random.fraction() / 2), undefined));
  }

  // Texts.

  async #held(queue: string, { id, deliveries, message }: Taken): Promise<HeldMessage | undefined> {
    const text = await this.#textOf(message);
    if (text !== undefined) return { id, body: text, deliveries };
    // Somebody has finished the message after this hold had ended. Otherwise the store has lost its text.
    return this.#fold?.has(queue, id) ? { id, body: '', deliveries } : undefined;
  }

  async #textOf({ key, sequence }: { readonly key: string; readonly sequence: number }): Promise<string | undefined> {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const place = sequence > 0 ? await this.#journal.at(sequence) : undefined;
    const [id, at] = key.split('.');
    if (place && 'entry' in place && place.entry.id === id) return place.entry.texts[Number(at)];
    return this.#journal.text(key);
  }
}
