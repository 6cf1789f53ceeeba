/**
 * A buffer for events that are emitted while disconnected, bounded in count, bytes and age. Each event is sent once.
 */

import type { Timer, Timers } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import type { EmitFlags, EventQueue, QueueClass, Send } from '../socket/retry-queue.js';
import { fullError, type QueueBounds, settleBounds, sizeOf } from './bounds.js';

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
    constructor(_retries: number | undefined, canSend: () => boolean, send: Send) {
      super(settled, canSend, send);
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
  #entries: Entry[] = [];
  #bytes = 0;

  constructor(options: Settled, canSend: () => boolean, send: Send) {
    this.#options = options;
    this.#canSend = canSend;
    this.#send = send;
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
    this.#makeRoom(size);
    const entry: Entry = { args, flags, size, at: timers.now(), timer: undefined };
    // The timeout of the acknowledgement starts now, even while disconnected.
    if (flags.timeout !== undefined && typeof args.at(-1) === 'function')
      entry.timer = timers.setTimeout(
        () => this.#leave(entry, 'TIMEOUT', 'operation has timed out'),
        flags.timeout,
        undefined,
      );
    this.#entries.push(entry);
    this.#bytes += size;
    this.drain();
  }

  drain(): void {
    this.#expire();
    for (let [entry] = this.#entries; entry && this.#canSend(); [entry] = this.#entries) {
      this.#remove(entry);
      const { args, flags, at } = entry;
      const { timeout } = flags;
      const left = timeout === undefined ? undefined : Math.max(0, at + timeout - this.#options.timers.now());
      this.#send(args, { ...flags, timeout: left });
    }
  }

  #makeRoom(size: number): void {
    const { countMax, bytesMax, whenFull } = this.#options;
    while (this.#entries.length >= countMax || this.#bytes + size > bytesMax) {
      const reason = size <= bytesMax && this.#entries.length >= countMax ? 'count' : 'bytes';
      const oldest = whenFull === 'drop-oldest' && size <= bytesMax ? this.#entries[0] : undefined;
      if (!oldest) throw fullError(this.#entries.length, this.#bytes, reason);
      this.#drop(oldest, reason);
    }
  }

  /** Drops events that are too old. */
  #expire(): void {
    const oldestAt = this.#options.timers.now() - this.#options.ageMax;
    for (let [entry] = this.#entries; entry && entry.at <= oldestAt; [entry] = this.#entries) this.#drop(entry, 'age');
  }

  #drop(entry: Entry, reason: BufferDropReason): void {
    this.#options.onDrop?.(
      entry.args.filter((arg) => typeof arg !== 'function'),
      reason,
    );
    this.#leave(entry, reason === 'age' ? 'TIMEOUT' : 'BUFFER_FULL', `the event was dropped (${reason}Max)`);
  }

  /** Removes an event that was not sent, and tells its acknowledgement why. */
  #leave(entry: Entry, code: 'TIMEOUT' | 'BUFFER_FULL', message: string): void {
    this.#remove(entry);
    const ack = entry.args.at(-1) as Ack | undefined;
    const isTold = typeof ack === 'function' && (ack.takesError || entry.flags.timeout !== undefined);
    if (isTold) ack(new UnavailableError(code, message));
  }

  #remove(entry: Entry): void {
    // It is the first, unless its timeout has passed.
    if (this.#entries[0] === entry) this.#entries.shift();
    else this.#entries = this.#entries.filter((each) => each !== entry);
    this.#bytes -= entry.size;
    if (entry.timer !== undefined) this.#options.timers.clearTimeout(entry.timer);
  }
}
