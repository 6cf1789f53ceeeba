/**
 * A queue that sends each event until it is acknowledged. It is bounded in count, bytes and age, and can outlive the
 * page.
 */

import type { Timers } from '../../base/clock.js';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { randomSecret } from '../../base/jitter.js';
import { inMicrotask } from '../microtask.js';
import { type EmitFlags, type EventQueue, type QueueClass, RetryQueue, type Send } from '../socket/retry-queue.js';
import { fullError, type QueueBounds, settleBounds, sizeOf } from './bounds.js';
import { isWaitingEvent, type QueueStore, rowOf, type WaitingEvent } from './store.js';

/** The reason why an event was dropped. */
export type DropReason = 'age' | 'count' | 'bytes' | 'retries';

/** Options of a queue. */
export interface OfflineQueueOptions extends QueueBounds {
  /** A store that also keeps the events. @default memory only */
  store?: QueueStore | undefined;
  /** Called with each dropped event. A waiting acknowledgement also gets an error. */
  onDrop?: (event: WaitingEvent, reason: DropReason) => void;
  /** Called with the answer to an event that an earlier page emitted. `error` is null when an answer came. */
  onAnswer?: (event: WaitingEvent, error: Error | null, ...answer: unknown[]) => void;
  /** Called when the store fails. The events still wait in memory. @default an uncaught error */
  onStoreError?: (error: unknown) => void;
  /** Source of time, for tests. @default the clock of the machine */
  timers?: Pick<Timers, 'now'> | undefined;
}

type Settled = ReturnType<typeof settleBounds<OfflineQueueOptions>>;
type Answer = (error: unknown, ...answer: unknown[]) => void;

interface Entry {
  readonly event: WaitingEvent;
  readonly size: number;
  readonly onLeave: Answer;
}

/**
 * Returns a class for the option `queue` of a socket. Set `retries` only to limit the tries, and set an `ackTimeout`.
 */
export function offlineQueue(options: OfflineQueueOptions = {}): QueueClass {
  const settled = settleBounds(options);
  return class extends OfflineQueue {
    constructor(retries: number | undefined, canSend: () => boolean, send: Send) {
      super(settled, retries, canSend, send);
    }
  };
}

/**
 * Invariant: `#entries` is in sending order, only its first event is being sent, and `#bytes` is the sum of the sizes.
 */
class OfflineQueue implements EventQueue {
  readonly #options: Settled;
  readonly #row: string;
  readonly #canSend: () => boolean;
  readonly #createSender: () => RetryQueue;
  #sending: RetryQueue;
  #entries: Entry[] = [];
  #bytes = 0;
  #count = 0;
  #isReady = false;

  constructor(options: Settled, retries = Number.POSITIVE_INFINITY, canSend: () => boolean, send: Send) {
    this.#options = options;
    if (!globalThis.crypto?.getRandomValues)
      throw new ConfigError('WRONG_STATE', 'the queue needs crypto.getRandomValues: install a polyfill for it');
    this.#row = randomSecret();
    this.#canSend = canSend;
    this.#createSender = () => new RetryQueue(retries, canSend, send);
    this.#sending = this.#createSender();
    if (options.store) {
      const { store } = options;
      // The events of an earlier page come first.
      this.#attempt(() => store.load(this.#row).then((events) => this.#restore(store, events))).then(() =>
        this.#start(),
      );
    } else this.#isReady = true;
  }

  get length(): number {
    return this.#entries.length;
  }

  add(args: unknown[], { compress, timeout }: EmitFlags): void {
    this.#expire();
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as Answer) : undefined;
    const event = { key: this.#row + this.#count, args, flags: { compress, timeout }, at: this.#options.timers.now() };
    // `sizeOf` throws for an event that cannot be sent, so the queue does not accept it.
    const size = sizeOf(args);
    this.#makeRoom(size);
    this.#count += 1;
    this.#push(event, size, (...answer) => ack?.(...answer));
    const { store } = this.#options;
    if (store) this.#attempt(() => store.put(event));
    this.drain();
  }

  drain(isForced = false): void {
    if (!this.#isReady) return;
    this.#expire();
    if (this.#sending.length > 0) {
      this.#sending.drain(isForced);
      return;
    }
    const entry = this.#entries[0];
    if (!entry || !this.#canSend()) return;
    const { key, args, flags } = entry.event;
    const onAnswer: Answer = (error, ...answer) => {
      if (!this.#entries.includes(entry)) return;
      if (error) this.#options.onDrop?.(entry.event, 'retries');
      this.#remove(entry, error, ...answer);
      this.drain();
    };
    this.#sending.add([...args, onAnswer], { ...flags, key });
  }

  #start(): void {
    this.#isReady = true;
    this.drain();
  }

  #restore(store: QueueStore, events: readonly WaitingEvent[]): void {
    const emitted = this.#entries;
    this.#entries = [];
    // An application's own store may return anything, in any order.
    for (const event of inOrder(events.filter(isWaitingEvent))) {
      const onLeave: Answer = (error, ...answer) =>
        this.#options.onAnswer?.(event, error ? (error as Error) : null, ...answer);
      this.#attempt(async () => {
        try {
          this.#push(event, sizeOf(event.args), onLeave);
        } catch (error) {
          // Otherwise every later page would read the event again, although it cannot be sent.
          await store.delete(event.key);
          throw error;
        }
      });
    }
    this.#entries.push(...emitted);
  }

  #push(event: WaitingEvent, size: number, onLeave: Answer): void {
    this.#entries.push({ event, size, onLeave });
    this.#bytes += size;
  }

  #remove(entry: Entry, error: unknown, ...answer: unknown[]): void {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    this.#bytes -= entry.size;
    const { store } = this.#options;
    if (store) this.#attempt(() => store.delete(entry.event.key));
    entry.onLeave(error, ...answer);
  }

  #makeRoom(size: number): void {
    const { countMax, bytesMax, whenFull } = this.#options;
    while (this.#entries.length >= countMax || this.#bytes + size > bytesMax) {
      const reason = this.#entries.length >= countMax ? 'count' : 'bytes';
      const oldest = whenFull === 'drop-oldest' && size <= bytesMax ? this.#entries[this.#sending.length] : undefined;
      if (!oldest) throw fullError(this.#entries.length, this.#bytes, reason);
      this.#drop(oldest, reason);
    }
  }

  /** Drops events that are too old. */
  #expire(): void {
    const oldestAt = this.#options.timers.now() - this.#options.ageMax;
    for (let entry = this.#entries[0]; entry && entry.event.at <= oldestAt; entry = this.#entries[0]) {
      // A new sender ignores the answer to a try that is still under way.
      if (this.#sending.length > 0) this.#sending = this.#createSender();
      this.#drop(entry, 'age');
    }
  }

  #drop(entry: Entry, reason: DropReason): void {
    this.#options.onDrop?.(entry.event, reason);
    const code = reason === 'age' ? 'TIMEOUT' : 'BUFFER_FULL';
    this.#remove(entry, new UnavailableError(code, `the event was dropped (${reason}Max)`));
  }

  #attempt(work: () => Promise<void>): Promise<void> {
    const { onStoreError = (error) => inMicrotask(() => Promise.reject(error)) } = this.#options;
    return work().catch(onStoreError);
  }
}

/** Sorts events by their times, and those of one row by their numbers: the clock may have gone back in between. */
function inOrder(events: readonly WaitingEvent[]): WaitingEvent[] {
  const times = new Map<string, number>();
  const placed = events
    .map((event) => ({ event, number: Number(/\d+$/.exec(event.key)) }))
    .sort((one, other) => one.number - other.number)
    .map(({ event, number }) => {
      const row = rowOf(event.key);
      const at = Math.max(event.at, times.get(row) ?? event.at);
      times.set(row, at);
      return { event, number, at };
    });
  return placed.sort((one, other) => one.at - other.at || one.number - other.number).map(({ event }) => event);
}
