/**
 * A queue that sends each event until it is acknowledged. It is bounded in count, bytes and age, and can outlive the
 * page.
 */

import type { Timers } from '../../base/clock.js';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { randomSecret } from '../../base/jitter.js';
import { inMicrotask } from '../microtask.js';
import { type EmitFlags, type EventQueue, type QueueClass, RetryQueue, type Send } from '../socket/retry-queue.js';
import { chooseDropped, type Dropped, type QueueBounds, settleBounds, sizeOf } from './bounds.js';
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
  /** Whether callbacks of dropped events are being called. */
  #isDropping = false;

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
      // The events of an earlier page come first. The queue also starts when `onStoreError` throws.
      this.#attempt(() => store.load(this.#row).then((events) => this.#restore(store, events))).finally(() =>
        this.#start(),
      );
    } else this.#isReady = true;
  }

  get length(): number {
    return this.#entries.length;
  }

  add(args: unknown[], { compress, timeout }: EmitFlags): void {
    this.#drop(this.#expire());
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as Answer) : undefined;
    const event = { key: this.#row + this.#count, args, flags: { compress, timeout }, at: this.#options.timers.now() };
    // `sizeOf` throws for an event that cannot be sent, so the queue does not accept it.
    const size = sizeOf(args);
    const dropped = this.#makeRoom(size);
    this.#count += 1;
    this.#push(event, size, (...answer) => ack?.(...answer));
    const { store } = this.#options;
    if (store) this.#attempt(() => store.put(event));
    try {
      this.drain();
    } finally {
      this.#drop(dropped);
    }
  }

  drain(isForced = false): void {
    if (!this.#isReady) return;
    const old = this.#expire();
    try {
      this.#sendFirst(isForced);
    } finally {
      this.#drop(old);
    }
  }

  #sendFirst(isForced: boolean): void {
    if (this.#sending.length > 0) {
      this.#sending.drain(isForced);
      return;
    }
    const entry = this.#entries[0];
    if (!entry || !this.#canSend()) return;
    const { key, args, flags } = entry.event;
    const onAnswer: Answer = (error, ...answer) => {
      if (!this.#remove(entry)) return;
      try {
        this.#tell(entry, error ? 'retries' : undefined, error, ...answer);
      } finally {
        this.drain();
      }
    };
    this.#sending.add([...args, onAnswer], { ...flags, key });
  }

  #start(): void {
    this.#isReady = true;
    this.drain();
  }

  #restore(store: QueueStore, loaded: readonly WaitingEvent[] | null | undefined): void {
    // An application's own store may return anything, in any order. One that parses JSON has `null` at first.
    const events = loaded ?? [];
    const waiting = inOrder(events.filter(isWaitingEvent));
    const emitted = this.#entries;
    this.#entries = [];
    for (const event of events) {
      const key: unknown = event?.key;
      if (typeof key === 'string' && !isWaitingEvent(event)) this.#attempt(() => store.delete(key));
    }
    for (const event of waiting) {
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

  /** Removes an event. Returns `false` if it has left before. */
  #remove(entry: Entry): boolean {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    this.#bytes -= entry.size;
    const { store } = this.#options;
    if (store) this.#attempt(() => store.delete(entry.event.key));
    return true;
  }

  /** Removes the events that an event of this size pushes out, and returns them. */
  #makeRoom(size: number): Dropped<Entry>[] {
    const waiting = { entries: this.#entries, bytes: this.#bytes, mayDrop: !this.#isDropping };
    const dropped = chooseDropped({ ...waiting, sendingCount: this.#sending.length }, size, this.#options);
    for (const { entry } of dropped) this.#remove(entry);
    return dropped;
  }

  /** Removes the events that are too old, and returns them. */
  #expire(): Dropped<Entry>[] {
    const oldestAt = this.#options.timers.now() - this.#options.ageMax;
    const dropped: Dropped<Entry>[] = [];
    for (let entry = this.#entries[0]; entry && entry.event.at <= oldestAt; entry = this.#entries[0]) {
      if (this.#sending.length > 0) {
        // The answer to a try that is still under way must not make the old sender try again.
        this.#sending.stop();
        this.#sending = this.#createSender();
      }
      this.#remove(entry);
      dropped.push({ entry, reason: 'age' });
    }
    return dropped;
  }

  /** Tells of removed events. The last step of a change, because the callbacks may emit. */
  #drop(dropped: readonly Dropped<Entry>[]): void {
    const wasDropping = this.#isDropping;
    for (const { entry, reason } of dropped) {
      this.#isDropping = true;
      const code = reason === 'age' ? 'TIMEOUT' : 'BUFFER_FULL';
      try {
        this.#tell(entry, reason, new UnavailableError(code, `the event was dropped (${reason}Max)`));
      } catch (error) {
        // The caller has emitted another event, which was accepted.
        inMicrotask(() => Promise.reject(error));
      }
    }
    this.#isDropping = wasDropping;
  }

  /** Tells of an event that was removed, with the reason if it was dropped. */
  #tell({ event, onLeave }: Entry, reason: DropReason | undefined, error: unknown, ...answer: unknown[]): void {
    if (reason) this.#options.onDrop?.(event, reason);
    onLeave(error, ...answer);
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
