/** Where a queue may write down what waits, so that it outlives the page: the contract, and a Map that keeps it. */
import type { EmitFlags } from '../socket/retry-queue.js';

/** An event that waits for its acknowledgement. */
export interface WaitingEvent {
  /** What the server knows it by. */
  readonly key: string;
  /** Its name and its arguments, without the acknowledgement. */
  readonly args: readonly unknown[];
  readonly flags: Pick<EmitFlags, 'compress' | 'timeout'>;
  /** When it was emitted, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Whether what was kept is an event still: stores outlive programs, and others may write to them. */
export function isWaitingEvent(kept: unknown): kept is WaitingEvent {
  const { key, args, flags, at } = (kept ?? {}) as Partial<WaitingEvent>;
  return (
    typeof key === 'string' &&
    Array.isArray(args) &&
    typeof flags === 'object' &&
    flags !== null &&
    typeof at === 'number'
  );
}

/** Keeps events by key. What is put is there for the next page unless the machine dies at once. */
export interface QueueStore {
  /**
   * Takes over the events that pages before have left, in no order; each is given to one page. `row` is what the keys of the
   * caller's own events begin with: nobody takes over these while its page is open.
   */
  load(row: string): Promise<readonly WaitingEvent[]>;
  put(event: WaitingEvent): Promise<void>;
  delete(key: string): Promise<void>;
}

/** A key without its number. */
export function rowOf(key: string): string {
  return key.replace(/\d+$/, '');
}

/** Keeps events in memory: they outlive the socket, and not the page. Give the same `events` to whoever goes on. */
export function memoryStore(events = new Map<string, WaitingEvent>()): QueueStore {
  return {
    load: async (row) => [...events.values()].filter(({ key }) => rowOf(key) !== row),
    put: async (event) => void events.set(event.key, event),
    delete: async (key) => void events.delete(key),
  };
}
