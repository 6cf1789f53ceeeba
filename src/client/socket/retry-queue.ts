/** Events that are sent again until the server acknowledges them: one at a time, in order. */

import { ConfigError } from '../../base/errors.js';
import { randomSecret } from '../../base/jitter.js';
import { hasNode } from '../features.js';

/** What an emit was asked for besides its arguments. */
export interface EmitFlags {
  compress?: boolean;
  volatile?: boolean;
  /** Milliseconds to wait for the acknowledgement. */
  timeout?: number;
  /** What says that a try is of the same event as another; set on each event that may be sent again. */
  key?: string;
}

interface QueuedEvent {
  readonly args: readonly unknown[];
  readonly flags: EmitFlags;
  readonly ack: ((...args: unknown[]) => void) | undefined;
  tryCount: number;
  isPending?: boolean;
}

/** Sends arguments with an acknowledgement that gets an error first. */
export type Send = (args: unknown[], flags: EmitFlags) => void;

/** What keeps events that are sent again: the queue below, or one that an application chose. */
export interface EventQueue {
  readonly length: number;
  add(args: unknown[], flags: EmitFlags): void;
  drain(isForced?: boolean): void;
}

/** A class of queues: for so many retries, where the socket names a number, and for a socket that can send or cannot. */
export type QueueClass = new (retries: number | undefined, canSend: () => boolean, send: Send) => EventQueue;

/** Invariant: only the first event is on its way. An event leaves when it is acknowledged or was sent `1 + retries` times. */
export class RetryQueue implements EventQueue {
  /** What the keys of this queue begin with; nothing where there are no secrets, as in React Native by itself. */
  readonly #row = hasNode && !globalThis.crypto?.getRandomValues ? '' : randomSecret();
  #count = 0;
  readonly #retries: number;
  readonly #canSend: () => boolean;
  readonly #send: Send;
  #events: QueuedEvent[] = [];

  constructor(retries: number | undefined, canSend: () => boolean, send: Send) {
    // A socket without the number makes no such queue.
    this.#retries = retries as number;
    this.#canSend = canSend;
    this.#send = send;
  }

  /** How many events wait, the one on its way included. */
  get length(): number {
    return this.#events.length;
  }

  /** Adds an event; the last argument may be its acknowledgement. */
  add(args: unknown[], flags: EmitFlags): void {
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as QueuedEvent['ack']) : undefined;
    // Without a secret the server is not asked for anything.
    if (!hasNode || this.#row) flags.key ??= this.#row + this.#count++;
    this.#events.push({ args, flags, ack, tryCount: 0 });
    this.drain();
  }

  /** Sends the first event, unless it is on its way; `isForced` sends it again because the connection is new. */
  drain(isForced?: boolean): void {
    const event = this.#events[0];
    if (!event || !this.#canSend() || (event.isPending && !isForced)) return;
    event.isPending = true;
    event.tryCount += 1;
    const onAnswer = (error: unknown, ...answer: unknown[]): void => {
      // An answer to an earlier try may come after the event has left.
      if (event !== this.#events[0]) return;
      event.isPending = false;
      if (!error || event.tryCount > this.#retries) {
        this.#events.shift();
        event.ack?.(error, ...answer);
      }
      this.drain();
    };
    try {
      this.#send([...event.args, onAnswer], event.flags);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      // An event that cannot be encoded never can, and must not hold up those after it.
      event.tryCount = Number.POSITIVE_INFINITY;
      onAnswer(error);
    }
  }
}
