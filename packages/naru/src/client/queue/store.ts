/** The contract of stores, which let a queue's events outlive the page, and a store in memory. */
import { RESERVED_EVENTS } from '../socket/packet-codec.js';
import type { EmitFlags } from '../socket/retry-queue.js';

/** An event that waits for its acknowledgement. */
export interface WaitingEvent {
  /** The idempotency key of the event on the server. */
  readonly key: string;
  /** Its name and its arguments, without the acknowledgement. */
  readonly args: readonly unknown[];
  readonly flags: Pick<EmitFlags, 'compress' | 'timeout'>;
  /** When it was emitted, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/**
 * Whether a stored value is a valid event. Stores outlive programs, and others may write to them. A server ends the
 * connection at an event without a name, or with a reserved one.
 */
export function isWaitingEvent(kept: unknown): kept is WaitingEvent {
  const { key, args, flags, at } = (kept ?? {}) as Partial<WaitingEvent>;
  const name: unknown = Array.isArray(args) ? args[0] : undefined;
  return (
    typeof key === 'string' &&
    (typeof name === 'string' ? !RESERVED_EVENTS.test(name) : Number.isFinite(name)) &&
    typeof flags === 'object' &&
    flags !== null &&
    Number.isFinite(at)
  );
}

/** Keeps events by key. The next page finds every event that was put, unless the machine fails right afterwards. */
export interface QueueStore {
  /**
   * Takes over the events that earlier pages have left, in any order. Each event goes to one page. The keys of the
   * caller's own events begin with `row`. Other pages do not take these over while this page is open.
   */
  load(row: string): Promise<readonly WaitingEvent[]>;
  put(event: WaitingEvent): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Returns a key without its number. */
export function rowOf(key: string): string {
  return key.replace(/\d+$/, '');
}

/**
 * Returns a store in memory. Its events outlive the socket, but not the page. Pass the same `events` to the next store.
 */
export function memoryStore(events = new Map<string, WaitingEvent>()): QueueStore {
  return {
    load: async (row) => [...events.values()].filter(({ key }) => rowOf(key) !== row),
    put: async (event) => void events.set(event.key, event),
    delete: async (key) => void events.delete(key),
  };
}
