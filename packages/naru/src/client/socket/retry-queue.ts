/** Resends events until the server acknowledges them: one at a time, in order. */

import { ConfigError } from '../../base/errors.js';
import { randomSecret } from '../../base/jitter.js';
import { hasNode } from '../features.js';
import { LIMITED } from './acks.js';
import type { Ack } from './events.js';

/** The settings of an emit besides its arguments. */
export interface EmitFlags {
  compress?: boolean;
  volatile?: boolean;
  /** Milliseconds to wait for the acknowledgement. */
  timeout?: number;
  /** The idempotency key, which tries of the same event share. Set on each event that may be sent again. */
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

/** A queue of events to send or resend: the one below, or one that the application chose. */
export interface EventQueue {
  readonly length: number;
  add(args: unknown[], flags: EmitFlags): void;
  drain(isForced?: boolean): void;
}

/**
 * The class of a queue. `retries` and `ackTimeout` are the socket's options. `canSend` tells whether the socket can
 * send now, and `send` sends an event.
 */
export type QueueClass = new (
  retries: number | undefined,
  canSend: () => boolean,
  send: Send,
  ackTimeout?: number,
) => EventQueue;

/**
 * Invariant: only the first event is being sent. An event leaves when it is acknowledged or was sent `1 + retries`
 * times. A try that a limit of the server refused does not count.
 */
export class RetryQueue implements EventQueue {
  /** The prefix of this queue's keys. Empty without `crypto.getRandomValues`, as in React Native without a polyfill. */
  readonly #row = hasNode && !globalThis.crypto?.getRandomValues ? '' : randomSecret();
  #count = 0;
  readonly #retries: number;
  readonly #canSend: () => boolean;
  readonly #send: Send;
  #events: QueuedEvent[] = [];

  constructor(retries: number | undefined, canSend: () => boolean, send: Send) {
    // A socket creates this queue only if it has `retries`.
    this.#retries = retries as number;
    this.#canSend = canSend;
    this.#send = send;
  }

  /** The number of waiting events, including the one that is being sent. */
  get length(): number {
    return this.#events.length;
  }

  /** Adds an event. The last argument may be its acknowledgement. */
  add(args: unknown[], flags: EmitFlags): void {
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as QueuedEvent['ack']) : undefined;
    // Without a secret prefix, events get no key.
    if (!hasNode || this.#row) flags.key ??= this.#row + this.#count++;
    this.#events.push({ args, flags, ack, tryCount: 0 });
    this.drain();
  }

  /**
   * Sends the first event unless it is already being sent. `isForced` sends it again, because the connection is new.
   */
  drain(isForced?: boolean): void {
    const event = this.#events[0];
    if (!event || !this.#canSend() || (event.isPending && !isForced)) return;
    event.isPending = true;
    event.tryCount += 1;
    const onAnswer: Ack = (error, ...answer) => {
      // An answer to an earlier try may come after the event has left.
      if (event !== this.#events[0]) return;
      event.isPending = false;
      if ((error as { code?: string } | null)?.code === LIMITED) event.tryCount -= 1;
      try {
        if (!error || event.tryCount > this.#retries) {
          this.#events.shift();
          event.ack?.(error, ...answer);
        }
      } finally {
        this.drain();
      }
    };
    // With a key, the socket sets this.
    if (hasNode) onAnswer.takesError = true;
    try {
      this.#send([...event.args, onAnswer], event.flags);
    } catch (error) {
      // No answer will come. The next `drain` sends the event again.
      event.isPending = false;
      if (!(error instanceof ConfigError)) throw error;
      // An event that cannot be encoded now never can, and must not block the events after it.
      event.tryCount = Number.POSITIVE_INFINITY;
      onAnswer(error);
    }
  }

  /** Forgets all events. Later answers to them are ignored. */
  stop(): void {
    this.#events = [];
  }
}
