/** What a STOMP client may use, and where that ends: set once a server, by the options of the endpoint. */
import type { StompLimits } from '../../protocol/stomp/decoder.js';
import type { DurableLimits } from './subscriptions/durables.js';

/** A message of a work queue that nobody will get any more. */
export interface DroppedMessage {
  /** The namespace. */
  readonly namespace: string;
  /** The queue, as its destination: `/queue/<name>`. */
  readonly queue: string;
  /** Why: it was given back too often. */
  readonly reason: 'too many deliveries';
  /** How often it was delivered. */
  readonly deliveries: number;
  /** The headers that its sender gave. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** Bounds of work queues. */
export interface QueueLimits {
  /** Queues of one namespace. */
  readonly queuesMax: number;
  /** Messages of one queue, those that wait for their ACK included. */
  readonly queueMessagesMax: number;
  /** Bytes of one queue, those that wait for their ACK included. */
  readonly queueBytesMax: number;
  /** Bytes of all queues of one namespace. */
  readonly queuesBytesMax: number;
  /** Deliveries of one message. */
  readonly deliveriesMax: number;
  /** Told of each message that is dropped. */
  readonly onDropped: ((message: DroppedMessage) => void) | undefined;
}

/** Bounds of transactions. */
export interface TransactionLimits {
  /** Transactions that one connection may have open. */
  readonly transactionsMax: number;
  /** Frames in all open transactions of one connection. */
  readonly transactionFramesMax: number;
  /** Bytes of these frames. */
  readonly transactionBytesMax: number;
}

/** All settings, with their defaults in place. */
export interface StompSettings extends StompLimits, QueueLimits, TransactionLimits, DurableLimits {
  /** The shortest time in milliseconds between two heart-beats, either way; 0: there are none. */
  readonly heartBeatMin: number;
  /** Subscriptions of one connection. */
  readonly subscriptionsMax: number;
  /** Messages that may wait for their ACK on one subscription to a topic. */
  readonly unackedMax: number;
  /** Messages of a queue that one subscriber may hold without ACK; the others wait. */
  readonly prefetchMax: number;
}
