/** Events that are sent again until the server acknowledges them: one at a time, in order. */

/** What an emit was asked for besides its arguments. */
export interface EmitFlags {
  compress?: boolean;
  volatile?: boolean;
  /** Milliseconds to wait for the acknowledgement. */
  timeout?: number;
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

/** Invariant: only the first event is on its way. An event leaves when it is acknowledged or was sent `1 + retries` times. */
export class RetryQueue {
  readonly #retries: number;
  readonly #canSend: () => boolean;
  readonly #send: Send;
  #events: QueuedEvent[] = [];

  constructor(retries: number, canSend: () => boolean, send: Send) {
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
