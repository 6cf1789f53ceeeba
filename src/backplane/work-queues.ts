/** The contract of work queues: each message goes to one taker at a time, whichever process that is in. */
import type { Bytes } from '../base/bytes.js';

/** Bounds of the queues of a home. */
export interface QueueBounds {
  /** Messages of one queue, waiting or held. */
  readonly countMax: number;
  /** Bytes of their bodies. */
  readonly bytesMax: number;
  /** Queues that have messages, in the whole home. */
  readonly queuesMax: number;
  /** Bytes of the bodies of all queues of the home. */
  readonly totalBytesMax: number;
}

/** Messages for one queue. */
export interface QueuePut {
  readonly queue: string;
  readonly messages: readonly Bytes[];
}

/** The bound that messages would exceed, and the queue that they are for. */
export interface QueueFull {
  readonly queue: string;
  readonly bound: keyof QueueBounds;
}

/** The messages of one queue, waiting or held. */
export interface QueueExtent {
  readonly count: number;
  /** Bytes of their bodies. */
  readonly bytes: number;
}

/** A message that a taker holds. */
export interface HeldMessage {
  /** Identifies the message in its queue, and this hold. Another taker of the message gets another id. */
  readonly id: string;
  readonly body: Bytes;
  /** How often the message was taken, this time included. */
  readonly deliveries: number;
}

/** Returns the id of a hold. The number of deliveries tells the holds of a message apart. */
export function encodeHold(number: number, deliveries: number): string {
  return `${number}.${deliveries}`;
}

/** Returns the number of the message and of its deliveries, or `undefined` when the text is not the id of a hold. */
export function decodeHold(id: string): { readonly number: number; readonly deliveries: number } | undefined {
  const [, number, deliveries] = /^(\d{1,15})\.(\d{1,15})$/.exec(id) ?? [];
  return number === undefined ? undefined : { number: Number(number), deliveries: Number(deliveries) };
}

/** Adds messages to the extents of queues. Returns the bound that they would exceed, and the new extents otherwise. */
export function extend<E extends QueueExtent>(
  puts: readonly { readonly queue: string; readonly messages: readonly { readonly byteLength: number }[] }[],
  bounds: QueueBounds,
  total: QueueExtent,
  extentOf: (queue: string) => E,
): QueueFull | ReadonlyMap<string, QueueExtent> {
  const extents = new Map<string, QueueExtent>();
  let { count: queues, bytes: totalBytes } = total;
  for (const { queue, messages } of puts) {
    const before = extents.get(queue) ?? extentOf(queue);
    const size = messages.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const [count, bytes] = [before.count + messages.length, before.bytes + size];
    if (before.count === 0) queues += 1;
    totalBytes += size;
    if (count > bounds.countMax) return { queue, bound: 'countMax' };
    if (bytes > bounds.bytesMax) return { queue, bound: 'bytesMax' };
    if (queues > bounds.queuesMax) return { queue, bound: 'queuesMax' };
    if (totalBytes > bounds.totalBytesMax) return { queue, bound: 'totalBytesMax' };
    extents.set(queue, { count, bytes });
  }
  return extents;
}

/**
 * Queues with competing takers. Guarantees: at most one taker holds a message. A hold that is not renewed within its
 * lease ends, and the message can be taken again before all that waits. From then on, the id of its earlier hold has no
 * effect. Messages are taken in the order in which they were put. All methods reject with or throw UnavailableError
 * when the home fails.
 */
export interface WorkQueueStore {
  /** Whether messages outlive the process. */
  readonly isDurable: boolean;
  /** Adds all of the messages to their queues, or none. Answers with the bound that they would exceed. */
  put(puts: readonly QueuePut[], bounds: QueueBounds): 'kept' | QueueFull | Promise<'kept' | QueueFull>;
  /** Returns how much is in a queue. */
  extent(queue: string): QueueExtent | Promise<QueueExtent>;
  /** Takes at most `count` messages, and holds them for `leaseMs`. */
  take(queue: string, count: number, leaseMs: number): readonly HeldMessage[] | Promise<readonly HeldMessage[]>;
  /**
   * Removes messages that are done. Ids that are not in the queue have no effect. No later message gets the id of an
   * earlier one.
   */
  finish(queue: string, ids: readonly string[]): void | Promise<void>;
  /** Ends holds, so that the messages can be taken again. */
  giveBack(queue: string, ids: readonly string[]): void | Promise<void>;
  /**
   * Holds messages for `leaseMs` from now. Returns the ids whose messages are in the queue and were not taken since.
   */
  renew(queue: string, ids: readonly string[], leaseMs: number): readonly string[] | Promise<readonly string[]>;
  /**
   * Calls `onMore` when there may be messages to take: after all puts and returns of any process that a later request
   * of this one would find. Returns the function that ends this.
   */
  watch(queue: string, onMore: () => void): () => void;
}
