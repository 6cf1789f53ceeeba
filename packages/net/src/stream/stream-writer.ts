/** The sending half of a stream: sends in order, and settles each send when the system has taken it. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { UnavailableError } from 'naru/base';
import { abortError } from '../failures.js';

interface Sending {
  readonly data: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: (() => void) | undefined;
}

/**
 * Writes to one of Node's sockets in the order of the calls. Sends that arrive while the system takes an earlier one
 * wait here, and go out together. Invariant: a send waits only while the system is taking another.
 */
export class StreamWriter {
  readonly #socket: Socket;
  readonly #bytesMax: number;
  /** Called when a send was given up halfway. Nobody knows how much of it went out, so the stream cannot continue. */
  readonly #onBroken: (error: Error) => void;
  #taking: readonly Sending[] = [];
  readonly #waiting = new Set<Sending>();
  #bytesWaiting = 0;
  #finish: { readonly promise: Promise<void>; readonly settle: () => void; isAsked: boolean } | undefined;
  #failure: Error | undefined;

  constructor(socket: Socket, bytesMax: number, onBroken: (error: Error) => void) {
    this.#socket = socket;
    this.#bytesMax = bytesMax;
    this.#onBroken = onBroken;
  }

  /** Bytes of sends that the system has not begun to take. */
  get bytesWaiting(): number {
    return this.#bytesWaiting;
  }

  /** Whether `finish` was called. */
  get isFinishing(): boolean {
    return this.#finish !== undefined;
  }

  /**
   * Resolves when the system has taken all of `data`, which must not be changed until then. A send that is aborted
   * while it waits sends nothing. One that is aborted later breaks the stream. Rejects with BUFFER_FULL when too much
   * waits already.
   */
  send(what: string, data: Buffer, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(abortError(what, signal));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#taking.length > 0 && this.#bytesWaiting + data.byteLength > this.#bytesMax) {
      const text = `${what}: ${this.#bytesWaiting} bytes already wait, and sendBytesMax is ${this.#bytesMax}; await each send`;
      return Promise.reject(new UnavailableError('BUFFER_FULL', text));
    }
    return new Promise((resolve, reject) => {
      const onAbort = signal && (() => this.#giveUp(what, sending));
      const sending: Sending = { data, resolve, reject, signal, onAbort };
      if (onAbort !== undefined) signal?.addEventListener('abort', onAbort);
      if (this.#taking.length === 0) this.#write([sending]);
      else {
        this.#waiting.add(sending);
        this.#bytesWaiting += data.byteLength;
      }
    });
  }

  /**
   * Ends the stream after everything that was sent. Resolves when the system has taken all of it, or when the stream
   * has failed.
   */
  finish(): Promise<void> {
    if (this.#finish === undefined) {
      let settle = (): void => {};
      const promise = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#finish = { promise, settle, isAsked: false };
      if (this.#failure !== undefined) settle();
      else if (this.#taking.length === 0) this.#end();
    }
    return this.#finish.promise;
  }

  /** Ends the stream with an error. Rejects all sends that the system has not taken, and all later ones. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    const all = [...this.#taking, ...this.#waiting];
    this.#taking = [];
    this.#waiting.clear();
    this.#bytesWaiting = 0;
    for (const sending of all) this.#settle(sending, error);
    this.#finish?.settle();
  }

  #write(sendings: readonly Sending[]): void {
    this.#taking = sendings;
    const last = sendings.length - 1;
    if (last > 0) this.#socket.cork();
    for (const [index, { data }] of sendings.entries()) {
      if (index < last) this.#socket.write(data);
      else this.#socket.write(data, this.#onTaken);
    }
    if (last > 0) this.#socket.uncork();
  }

  readonly #onTaken = (error?: Error | null): void => {
    // For a destroyed socket, Node calls back without an error. The socket's own events report what happened.
    if (error || this.#failure !== undefined || this.#socket.destroyed) return;
    const taken = this.#taking;
    this.#taking = [];
    const next = this.#takeWaiting();
    if (next.length > 0) this.#write(next);
    else if (this.#finish !== undefined) this.#end();
    for (const sending of taken) this.#settle(sending);
  };

  /** Takes the sends that go out next: at most JOINED_BYTES_MAX, or one larger send alone. */
  #takeWaiting(): Sending[] {
    const next: Sending[] = [];
    let size = 0;
    for (const sending of this.#waiting) {
      size += sending.data.byteLength;
      if (next.length > 0 && size > JOINED_BYTES_MAX) break;
      next.push(sending);
      this.#waiting.delete(sending);
      this.#bytesWaiting -= sending.data.byteLength;
    }
    return next;
  }

  #end(): void {
    const finish = this.#finish;
    if (finish === undefined || finish.isAsked) return;
    finish.isAsked = true;
    this.#socket.end(() => finish.settle());
  }

  // When Node holds no more bytes, the system has them all and the send is about to resolve.
  #giveUp(what: string, sending: Sending): void {
    if (sending.signal === undefined) return;
    const error = abortError(what, sending.signal);
    if (this.#waiting.delete(sending)) {
      this.#bytesWaiting -= sending.data.byteLength;
      this.#settle(sending, error);
    } else if (this.#socket.writableLength > 0) {
      this.#taking = this.#taking.filter((each) => each !== sending);
      this.#settle(sending, error);
      this.#onBroken(error);
    }
  }

  #settle(sending: Sending, error?: Error): void {
    if (sending.onAbort !== undefined) sending.signal?.removeEventListener('abort', sending.onAbort);
    if (error === undefined) sending.resolve();
    else sending.reject(error);
  }
}

/** The most bytes that one write combines. With this bound, an aborted send has rarely begun to go out. */
const JOINED_BYTES_MAX = 262_144;
