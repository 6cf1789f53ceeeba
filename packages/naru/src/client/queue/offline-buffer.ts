/**
 * A buffer for events that are emitted while disconnected, bounded in count, bytes and age. Each event is sent once.
 */

import type { Timer, Timers } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { attempt } from '../../base/uncaught.js';
import { inMicrotask } from '../microtask.js';
import type { EmitFlags, EventQueue, QueueClass, Send } from '../socket/retry-queue.js';
import { chooseDropped, type Dropped, type QueueBounds, settleBounds, sizeOf } from './bounds.js';

/** The reason why an event was dropped. */
export type BufferDropReason = 'age' | 'count' | 'bytes';

/** Options of a buffer. */
export interface OfflineBufferOptions extends QueueBounds {
  /** Called with the name and arguments of each dropped event. An acknowledgement that takes an error also gets one. */
  onDrop?: (event: readonly unknown[], reason: BufferDropReason) => void;
  /** Source of time, for tests. @default the clock of the machine */
  timers?: Timers | undefined;
}

type Settled = ReturnType<typeof settleBounds<OfflineBufferOptions>>;
type Ack = ((...args: unknown[]) => void) & { takesError?: boolean };

interface Entry {
  /** The arguments, with the acknowledgement if there is one. */
  readonly args: unknown[];
  readonly flags: EmitFlags;
  readonly size: number;
  readonly at: number;
  timer: Timer | undefined;
}

/**
 * Returns a class for the option `queue` of a socket. Events that are emitted while disconnected wait within bounds and
 * are sent once, without waiting for acknowledgements. Do not combine it with `retries`.
 */
export function offlineBuffer(options: OfflineBufferOptions = {}): QueueClass {
  const settled = settleBounds(options);
  return class extends OfflineBuffer {
    constructor(_retries: number | undefined, canSend: () => boolean, send: Send, ackTimeout?: number) {
      super(settled, canSend, send, ackTimeout);
    }
  };
}

/**
 * Invariant: `#entries` holds the waiting events in the order of their emits, and `#bytes` is the sum of their sizes.
 */
class OfflineBuffer implements EventQueue {
  readonly #options: Settled;
  readonly #canSend: () => boolean;
  readonly #send: Send;
  readonly #ackTimeout: number | undefined;
  #entries: Entry[] = [];
  #bytes = 0;
  /** Whether callbacks of dropped events are being called. */
  #isDropping = false;

  constructor(options: Settled, canSend: () => boolean, send: Send, ackTimeout: number | undefined) {
    this.#options = options;
    this.#canSend = canSend;
    this.#send = send;
    this.#ackTimeout = ackTimeout;
  }

  get length(): number {
    return this.#entries.length;
  }

  add(args: unknown[], flags: EmitFlags): void {
    if (this.#entries.length === 0 && this.#canSend()) {
      this.#send(args, flags);
      return;
    }
    const { timers } = this.#options;
    this.#expire();
    // `sizeOf` throws for an event that cannot be sent, so the buffer does not accept it.
    const size = sizeOf(args);
    const waiting = { entries: this.#entries, bytes: this.#bytes, sendingCount: 0, mayDrop: !this.#isDropping };
    const dropped = chooseDropped(waiting, size, this.#options);
    for (const { entry: oldest } of dropped) this.#remove(oldest);
    flags.timeout ??= this.#ackTimeout;
    const entry: Entry = { args, flags, size, at: timers.now(), timer: undefined };
    // The timeout of the acknowledgement starts now, even while disconnected.
    if (flags.timeout !== undefined && typeof args.at(-1) === 'function')
      entry.timer = timers.setTimeout(
        () => {
          this.#remove(entry);
          tell(entry, new UnavailableError('TIMEOUT', 'operation has timed out'));
        },
        flags.timeout,
        undefined,
      );
    this.#entries.push(entry);
    this.#bytes += size;
    this.drain();
    this.#drop(dropped);
  }

  drain(): void {
    this.#expire();
    for (let [entry] = this.#entries; entry && this.#canSend(); [entry] = this.#entries) {
      this.#remove(entry);
      const { args, flags, at } = entry;
      const { timeout } = flags;
      const left = timeout === undefined ? undefined : Math.max(0, at + timeout - this.#options.timers.now());
      try {
        // A copy, because the socket takes the acknowledgement out.
        this.#send([...args], { ...flags, timeout: left });
      } catch (error) {
        // Later events must not wait for one that cannot be sent.
        attempt(() => {
          if (!tell(entry, error)) throw error;
        });
      }
    }
  }

  /** Drops events that are too old. */
  #expire(): void {
    const oldestAt = this.#options.timers.now() - this.#options.ageMax;
    const dropped: Dropped<Entry>[] = [];
    for (let [entry] = this.#entries; entry && entry.at <= oldestAt; [entry] = this.#entries) {
      this.#remove(entry);
      dropped.push({ entry, reason: 'age' });
    }
    this.#drop(dropped);
  }

  /** Tells of removed events. The last step of a change, because the callbacks may emit. */
  #drop(dropped: readonly Dropped<Entry>[]): void {
    const wasDropping = this.#isDropping;
    for (const { entry, reason } of dropped) {
      this.#isDropping = true;
      const event = entry.args.filter((arg) => typeof arg !== 'function');
      try {
        this.#options.onDrop?.(event, reason);
        const code = reason === 'age' ? 'TIMEOUT' : 'BUFFER_FULL';
        tell(entry, new UnavailableError(code, `the event was dropped (${reason}Max)`));
      } catch (error) {
        // The caller has emitted another event, which was accepted.
        inMicrotask(() => Promise.reject(error));
      }
    }
    this.#isDropping = wasDropping;
  }

  #remove(entry: Entry): void {
    // It is the first, unless its timeout has passed.
    if (this.#entries[0] === entry) this.#entries.shift();
    else this.#entries = this.#entries.filter((each) => each !== entry);
    this.#bytes -= entry.size;
    if (entry.timer !== undefined) this.#options.timers.clearTimeout(entry.timer);
  }
}

/** Tells the acknowledgement of an event that was not sent why. Returns whether there is one that takes an error. */
function tell({ args, flags }: Entry, error: unknown): boolean {
  const ack = args.at(-1) as Ack | undefined;
  const isTold = typeof ack === 'function' && (ack.takesError || flags.timeout !== undefined);
  if (isTold) ack(error);
  return isTold;
}
