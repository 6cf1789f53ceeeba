/** The contract of work queues: each message goes to one taker at a time, whichever process that is in. */
/** Bounds of the queues of a home. */
export interface QueueBounds {
  /** Messages of one queue, waiting or held. */
  readonly countMax: number;
  /** Bytes of their texts, as UTF-8. */
  readonly bytesMax: number;
  /** Queues that have messages, in the whole home. */
  readonly queuesMax: number;
  /** Bytes of the texts of all queues of the home. */
  readonly totalBytesMax: number;
}

/** Messages for one queue. */
export interface QueuePut {
  readonly queue: string;
  readonly messages: readonly string[];
}

/** The bound that messages would exceed, and the queue that they are for. */
export interface QueueFull {
  readonly queue: string;
  readonly bound: keyof QueueBounds;
}

/** The messages of one queue, waiting or held. */
export interface QueueExtent {
  readonly count: number;
  /** Bytes of their texts, as UTF-8. */
  readonly bytes: number;
}

/** A message that a taker holds. */
export interface HeldMessage {
  /** Identifies the message in its queue, and this hold. Another taker of the message gets another id. */
  readonly id: string;
  readonly body: string;
  /** How often the message was taken, this time included. Takes that were given back unsent do not count. */
  readonly deliveries: number;
}

/** Returns the id of a hold. The name of the holder tells the holds of a message apart. */
export function encodeHold(number: number, holder: string): string {
  return `${number}.${holder}`;
}

/** Returns the number of the message and the name of the holder, or `undefined` for another text. */
export function decodeHold(id: string): { readonly number: number; readonly holder: string } | undefined {
  const [, number, holder] = /^(\d{1,15})\.(.+)$/.exec(id) ?? [];
  return number === undefined || holder === undefined ? undefined : { number: Number(number), holder };
}

/** Messages for one queue, by their sizes in bytes. */
export type SizedPut = readonly [queue: string, sizes: readonly number[]];

/** Adds messages to the extents of queues. Returns the bound that they would exceed, and the new extents otherwise. */
export function extend(
  puts: readonly SizedPut[],
  bounds: QueueBounds,
  total: QueueExtent,
  extentOf: (queue: string) => QueueExtent,
): QueueFull | ReadonlyMap<string, QueueExtent> {
  const extents = new Map<string, QueueExtent>();
  let { count: queues, bytes: totalBytes } = total;
  for (const [queue, sizes] of puts) {
    const before = extents.get(queue) ?? extentOf(queue);
    const size = sizes.reduce((sum, each) => sum + each, 0);
    const [count, bytes] = [before.count + sizes.length, before.bytes + size];
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
 * effect. Each process counts the lease from the moment at which it learns of the hold, so no two clocks are compared.
 * Messages are taken in the order in which they were put. All methods reject with UnavailableError when the home fails.
 */
export interface WorkQueueStore {
  /** Adds all of the messages to their queues, or none. Answers with the bound that they would exceed. */
  put(puts: readonly QueuePut[], bounds: QueueBounds): Promise<'kept' | QueueFull>;
  /** Returns how much is in a queue. */
  extent(queue: string): Promise<QueueExtent>;
  /** Takes at most `count` messages, and holds them for `leaseMs`. */
  take(queue: string, count: number, leaseMs: number): Promise<readonly HeldMessage[]>;
  /**
   * Removes messages that are done. Ids that are not in the queue have no effect. No later message gets the id of an
   * earlier one.
   */
  finish(queue: string, ids: readonly string[]): Promise<void>;
  /** Ends holds, so that the messages can be taken again. With `isUnsent`, these takes do not count as deliveries. */
  giveBack(queue: string, ids: readonly string[], isUnsent?: boolean): Promise<void>;
  /**
   * Holds messages for `leaseMs` from now. Returns the ids whose messages are in the queue and were not taken since.
   */
  renew(queue: string, ids: readonly string[], leaseMs: number): Promise<readonly string[]>;
  /**
   * Calls `onMore` when there may be messages to take: after all puts and returns of this process, and after those of
   * others that it hears of. Returns the function that ends this.
   */
  watch(queue: string, onMore: () => void): () => void;
}
