/** Holds some messages between a connection and a `for await` loop, and makes the peer wait if the loop is slow. */
import type { ProtocolError, UnavailableError } from '../../../base/errors.js';
import type { WebSocketConnection } from '../connection.js';

// A pause costs a turn of the event loop. With this many messages in the queue, pauses are rare.
const MESSAGES_HIGH = 64;
const MESSAGES_LOW = 16;

/** The queue of one connection. Invariant: a loop waits only while the queue is empty. */
export class MessageQueue {
  readonly #connection: WebSocketConnection;
  readonly #isHeld: () => boolean;
  readonly #messages: (string | Buffer)[] = [];
  #waiting: { resolve(result: IteratorResult<string | Buffer>): void; reject(error: Error): void }[] = [];
  #isPaused = false;
  #isEnded: boolean;
  #error: Error | undefined = undefined;

  /** `isHeld` tells whether the program has paused the connection, which the queue must not resume then. */
  constructor(connection: WebSocketConnection, isHeld: () => boolean) {
    this.#connection = connection;
    this.#isHeld = isHeld;
    this.#isEnded = connection.readyState === 'closed';
  }

  /** Whether the connection has to wait for a slow loop. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Adds a message, or delivers it to a waiting loop. */
  push(message: string | Buffer): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: message });
      return;
    }
    if (this.#messages.push(message) >= MESSAGES_HIGH && !this.#isPaused) {
      this.#isPaused = true;
      this.#connection.pause();
    }
  }

  /** Ends the queue. The remaining messages are still delivered; then `error`, if any, is thrown. */
  end(error: ProtocolError | UnavailableError | undefined): void {
    this.#isEnded = true;
    this.#error = error;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (error === undefined) waiter.resolve({ done: true, value: undefined });
      else waiter.reject(error);
    }
  }

  /** Drops the messages. */
  clear(): void {
    this.#messages.length = 0;
    this.#resume();
  }

  /** Returns an iterator over the queue. `onReturn` is called when a loop ends early. */
  iterate(onReturn: () => void): AsyncIterableIterator<string | Buffer> {
    return {
      next: () => this.#next(),
      return: () => {
        onReturn();
        this.clear();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #next(): Promise<IteratorResult<string | Buffer>> {
    const message = this.#messages.shift();
    if (this.#messages.length <= MESSAGES_LOW) this.#resume();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isHeld()) this.#connection.resume();
  }
}
