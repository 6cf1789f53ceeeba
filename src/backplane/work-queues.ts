/** The contract of work queues: each message goes to one taker at a time, whichever process that is in. */
import type { Bytes } from '../base/bytes.js';

/** Bounds of one queue. */
export interface QueueBounds {
  /** Messages, waiting or held. */
  readonly countMax: number;
  /** Bytes of their bodies. */
  readonly bytesMax: number;
}

/** The messages of one queue, waiting or held. */
export interface QueueExtent {
  readonly count: number;
  /** Bytes of their bodies. */
  readonly bytes: number;
}

/** A message that a taker holds. */
export interface HeldMessage {
  /** Identifies the message in its queue. */
  readonly id: string;
  readonly body: Bytes;
  /** How often the message was taken, this time included. */
  readonly deliveries: number;
}

/**
 * Queues with competing takers. Guarantees: at most one taker holds a message. A hold that is not renewed within its lease ends, and the message
 * can be taken again before all that waits. Messages are taken in the order in which they were put. All methods reject with or throw
 * UnavailableError when the home fails.
 */
export interface WorkQueueStore {
  /** Whether messages outlive the process. */
  readonly isDurable: boolean;
  /** Adds all of the messages or none. Answers `full` if they would exceed the bounds. */
  put(queue: string, messages: readonly Bytes[], bounds: QueueBounds): 'kept' | 'full' | Promise<'kept' | 'full'>;
  /** Returns how much is in a queue. */
  extent(queue: string): QueueExtent | Promise<QueueExtent>;
  /** Takes at most `count` messages, and holds them for `leaseMs`. */
  take(queue: string, count: number, leaseMs: number): readonly HeldMessage[] | Promise<readonly HeldMessage[]>;
  /** Removes messages that are done. Ids that are not in the queue have no effect. */
  finish(queue: string, ids: readonly string[]): void | Promise<void>;
  /** Ends holds, so that the messages can be taken again. */
  giveBack(queue: string, ids: readonly string[]): void | Promise<void>;
  /** Holds messages for `leaseMs` from now. Returns the ids that are still in the queue. */
  renew(queue: string, ids: readonly string[], leaseMs: number): readonly string[] | Promise<readonly string[]>;
  /** Calls `onMore` when there may be messages to take: after puts and returns of any process. Returns the function that ends this. */
  watch(queue: string, onMore: () => void): () => void;
}
