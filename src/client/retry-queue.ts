/** Events that are sent again until the server acknowledges them: one at a time, in order. */

import { randomSecret } from '../base/jitter.js';
import { hasNode } from './features.js';

/** What an emit was asked for besides its arguments. */
export interface EmitFlags {
  compress?: boolean;
  volatile?: boolean;
  /** Milliseconds to wait for the acknowledgement. */
  timeout?: number;
  /** What says that a try is of the same event as another; set on each event that may be sent again. */
  key?: string;
}

/** Called with the answer of the server, or with an error first. */
export type Ack = (...args: never[]) => void;

interface QueuedEvent {
  readonly args: readonly unknown[];
  readonly flags: EmitFlags;
  readonly ack: ((...args: unknown[]) => void) | undefined;
  tryCount: number;
  isPending: boolean;
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

/** What the keys of a queue begin with: 128 random bits, and `==` at the end; nothing where a platform has no such bits. */
export function createRow(): string {
  // React Native has none by itself.
  return hasNode && !globalThis.crypto?.getRandomValues ? '' : randomSecret();
}

/** Invariant: only the first event is on its way. An event leaves when it is acknowledged or was sent `1 + retries` times. */
export class RetryQueue implements EventQueue {
  readonly #row = createRow();
  #count = 0;
  readonly #retries: number;
  readonly #canSend: () => boolean;
  readonly #send: Send;
  #events: QueuedEvent[] = [];

  constructor(retries = 0, canSend: () => boolean, send: Send) {
    this.#retries = retries;
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
    flags.key ??= this.#row && this.#row + this.#count++;
    this.#events.push({ args, flags, ack, tryCount: 0, isPending: false });
    this.drain();
  }

  /** Sends the first event, unless it is on its way; `isForced` sends it again because the connection is new. */
  drain(isForced = false): void {
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
    this.#send([...event.args, onAnswer], event.flags);
  }
}
