/** The port between a bridge and the adapter whose messages it speaks. */
import type { Clock } from 'naru/base';
import type { BridgedNamespace, Span } from 'naru/bridge';
import type { Heard } from './kept-messages.js';
import type { Said } from './ledger.js';

/** The way in which the nodes of a Socket.IO cluster exchange messages: one for each adapter. */
export interface Exchange {
  /**
   * Connects to Redis, and returns the function that disconnects. That resolves when everything is on its way. A server
   * that listens again calls this again, perhaps before it is disconnected.
   */
  open(): () => Promise<void>;
  /**
   * The other nodes reach the sockets of a namespace from now on, until its span is closed, which calls `onClose`.
   */
  join(namespace: BridgedNamespace, onClose: () => void): Span;
  /** Tells the other nodes of Naru something, in order with what the nodes of Socket.IO say. */
  say(message: Said): void;
  /** Returns the count of the nodes of Naru that hear the same Redis. */
  countNodes(): Promise<number>;
}

/** The parts of a bridge that its exchange uses. */
export interface ExchangeContext {
  readonly clock: Clock;
  /** The name of this node. */
  readonly uid: string;
  /** Milliseconds that the other nodes have to answer. */
  readonly requestsTimeout: number;
  /** Milliseconds for which a client that is away may come back to what it has missed. */
  readonly recoveryMs: number;
  createId(): string;
  /** A node of Socket.IO has sent an event, or a change of sockets. */
  onHeard(heard: Heard): void;
  /** Takes what another node of Naru said. Returns `false` if it cannot be read. */
  onSaid(value: unknown): boolean;
  /** Messages are missed from now on. */
  onLost(): void;
  /** Messages come late, and none is missed. */
  onLate(): void;
  /** Messages arrive from now on, and earlier ones may have been missed. */
  onGap(): void;
  /** A message was passed over, because no adapter sends it. */
  onStrange(): void;
  onError(error: unknown): void;
}
