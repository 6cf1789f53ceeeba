/** The receiving half of a stream: reads ahead up to a bound, and then makes the peer wait. */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { UnavailableError } from 'naru/base';
import { systemClock } from 'naru/base';
import { type Cut, Inbox } from '../datagram/inbox.js';

/**
 * Reads from one of Node's sockets, beginning with the first `recv`. Callers are served in order. Invariant: at most
 * `bytesMax` bytes and one chunk wait here. Node buffers up to another 128 KiB; the system and the peer hold the rest.
 */
export class StreamReader {
  readonly #socket: Socket;
  readonly #bytesMax: number;
  readonly #canBeReset: boolean;
  readonly #inbox = new Inbox<Buffer>();
  #bytesWaiting = 0;
  #isReading = false;

  /** `canBeReset` says that the socket is plain TCP. */
  constructor(socket: Socket, bytesMax: number, canBeReset: boolean) {
    this.#socket = socket;
    this.#bytesMax = bytesMax;
    this.#canBeReset = canBeReset;
  }

  /** Bytes that were received and wait for `recv`. */
  get bytesWaiting(): number {
    return this.#bytesWaiting;
  }

  /** Resolves with the next bytes, at most `bytesMax` and at least one; `null` at the end. */
  recv(what: string, bytesMax: number | undefined, signal: AbortSignal | undefined): Promise<Buffer | null> {
    const took = this.#inbox.take(what, signal, bytesMax === undefined ? this.#takeAll : this.#takeUpTo(bytesMax));
    if (!this.#isReading && this.#bytesWaiting < this.#bytesMax) this.#read();
    return took;
  }

  /** Ends the reader. Waiting callers reject with `error`, and so do later ones once the remaining bytes are taken. */
  fail(error: UnavailableError): void {
    // Bytes that Node has already read were received, and are not lost with the connection.
    this.#socket.off('data', this.#onData);
    for (let chunk = this.#readLeft(); chunk !== null; chunk = this.#readLeft()) this.#onData(chunk);
    this.#inbox.end(error);
  }

  /** Drops the received bytes. Every caller rejects with `error`. */
  abandon(error: UnavailableError): void {
    this.#inbox.abandon(error);
    this.#bytesWaiting = 0;
  }

  #readLeft(): Buffer | null {
    return this.#inbox.isOver ? null : (this.#socket.read() as Buffer | null);
  }

  #read(): void {
    if (this.#inbox.isOver) return;
    this.#isReading = true;
    if (this.#socket.listenerCount('data') > 0) this.#socket.resume();
    else this.#socket.on('data', this.#onData).on('end', this.#onEnd);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytesWaiting += chunk.byteLength;
    this.#inbox.put(chunk);
    if (this.#bytesWaiting < this.#bytesMax || !this.#isReading) return;
    this.#isReading = false;
    this.#socket.pause();
  };

  /**
   * libuv also reports an end when a reset comes right after data. If this side may still send, an empty write finds
   * out: on a socket that was reset it fails. The socket's `error` event then fails the reader first, and the deferred
   * end has no effect.
   */
  readonly #onEnd = (): void => {
    const socket = this.#socket;
    if (!socket.writable || !this.#canBeReset) this.#inbox.end();
    else if (socket.writableLength > 0) systemClock.defer(endInbox, this.#inbox);
    else socket.write(NOTHING, () => systemClock.defer(endInbox, this.#inbox));
  };

  readonly #takeAll: Cut<Buffer> = (chunk) => {
    this.#bytesWaiting -= chunk.byteLength;
    return { taken: chunk, rest: undefined };
  };

  #takeUpTo(bytesMax: number): Cut<Buffer> {
    return (chunk) => {
      if (chunk.byteLength <= bytesMax) return this.#takeAll(chunk);
      this.#bytesWaiting -= bytesMax;
      return { taken: chunk.subarray(0, bytesMax), rest: chunk.subarray(bytesMax) };
    };
  }
}

function endInbox(inbox: Inbox<Buffer>): void {
  inbox.end();
}

const NOTHING = Buffer.alloc(0);
